// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
// Uprobes of the CUDA driver API. Level `boundaries`: the host-side waits, one record per return. Level `launches`: also
// the launches, one record per call, and what tells them apart: streams, recorded events, contexts. At both levels the
// exit of the processes that are known.
//
// No kernel structure is read, so the object needs no BTF of the kernel; it is compiled for one architecture as it reads
// the arguments of functions. What is launched is counted at the call, also if the driver then refuses it; a wait covers
// what its process launched before it was called. A wait for the legacy default stream covers all streams, as it does
// for all but those made with CU_STREAM_NON_BLOCKING; a wait for a context covers all contexts of the process.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "registers.h"

#include "accounts.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// By pid_tgid. Evicting is right here: a thread killed inside a wait never returns.
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FULCRUM_PROBE_MAX_WAITS);
    __type(key, __u64);
    __type(value, struct fulcrum_wait);
} waits SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, FULCRUM_PROBE_RING_BYTES);
} records SEC(".maps");

// A record without its counts; NULL when the ring is full.
static __always_inline struct fulcrum_probe_record *new_record(
    __u16 kind, __u64 id, struct fulcrum_account *account, __u32 loss) {
    struct fulcrum_probe_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
    if (!record) {
        count_loss(loss);
        return NULL;
    }
    __u64 left = account ? in_flight(account) : 0;
    record->abi_version = FULCRUM_PROBE_ABI_VERSION;
    record->kind = kind;
    record->pid = id >> 32;
    record->tid = (__u32)id;
    record->in_flight = left > 0xffffffff ? 0xffffffff : (__u32)left;
    record->instance = account ? account->instance : 0;
    record->launches = account ? READ(account->launches) : 0;
    record->waits = account ? READ(account->waits) : 0;
    return record;
}

static __always_inline int launch(__u16 kind, __u64 id, __u64 stream, __u64 token) {
    __u64 now = bpf_ktime_get_ns(), wake_up = BPF_RB_NO_WAKEUP;
    struct fulcrum_account *account = account_of(id >> 32);
    if (account) {
        if (now - account->last_launch_ns > FULCRUM_PROBE_QUIET_NS)
            wake_up = BPF_RB_FORCE_WAKEUP;
        account->last_launch_ns = now;
        add(&account->launches, 1);
        __u32 place = take_place(account, stream);
        if (place < PLACES)
            add(&account->streams[place].launched, 1);
        if (!READ(account->busy_begin_ns))
            account->busy_begin_ns = now;
    }
    struct fulcrum_probe_record *record = new_record(kind, id, account, FULCRUM_LOSS_LAUNCH_RECORDS);
    if (!record)
        return 0;
    record->begin_ns = now;
    record->end_ns = now;
    record->busy_begin_ns = 0;
    record->stream = stream;
    record->token = token;
    if (bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) > FULCRUM_PROBE_RING_BYTES / 4)
        wake_up = BPF_RB_FORCE_WAKEUP;
    bpf_ringbuf_submit(record, wake_up);
    return 0;
}

// The finaliser of SplitMix64.
static __always_inline __u64 mix(__u64 value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

// Never 0. Block sizes follow from the kernel and are left out.
static __always_inline __u64 kernel_token(__u64 function, __u32 x, __u32 y, __u32 z) {
    __u64 token = mix(mix(function ^ (__u64)z << 48) ^ ((__u64)y << 32 | x));
    return token ? token : 1;
}

// cuLaunchKernel and cuLaunchCooperativeKernel: (function, grid x, y, z, block x, y, z, shared bytes, stream, ...).
static __always_inline int kernel_call(struct registers *registers, int per_thread) {
    __u64 id = bpf_get_current_pid_tgid(), stream = 0;
    bpf_probe_read_user(&stream, sizeof(stream), (const void *)ADDRESS_OF_ARGUMENT_9(registers));
    return launch(
        FULCRUM_RECORD_LAUNCH, id, stream_name(stream, id, per_thread),
        kernel_token(
            ARGUMENT_1(registers), (__u32)ARGUMENT_2(registers), (__u32)ARGUMENT_3(registers),
            (__u32)ARGUMENT_4(registers)));
}

// The head of CUlaunchConfig (cuda.h): grid, block, shared bytes, stream.
struct launch_config {
    __u32 grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes, padding;
    __u64 stream;
};
FULCRUM_ABI_ASSERT(__builtin_offsetof(struct launch_config, stream) == 32);

// cuLaunchKernelEx: (config, function, ...).
static __always_inline int configured_call(struct registers *registers, int per_thread) {
    __u64 id = bpf_get_current_pid_tgid();
    struct launch_config config = {};
    bpf_probe_read_user(&config, sizeof(config), (const void *)ARGUMENT_1(registers));
    return launch(
        FULCRUM_RECORD_LAUNCH, id, stream_name(config.stream, id, per_thread),
        kernel_token(ARGUMENT_2(registers), config.grid_x, config.grid_y, config.grid_z));
}

// cuGraphLaunch: (executable graph, stream).
static __always_inline int graph_call(struct registers *registers, int per_thread) {
    __u64 id = bpf_get_current_pid_tgid();
    return launch(
        FULCRUM_RECORD_GRAPH_LAUNCH, id, stream_name(ARGUMENT_2(registers), id, per_thread), ARGUMENT_1(registers));
}

// cuEventRecord and cuEventRecordWithFlags: (event, stream, ...). No record: only a wait for the event matters.
static __always_inline int record_call(struct registers *registers, int per_thread) {
    __u64 id = bpf_get_current_pid_tgid();
    __u32 pid = id >> 32;
    struct fulcrum_account *account = bpf_map_lookup_elem(&accounts, &pid);
    if (!account)
        return 0;
    struct event_key key = {.pid = pid, .event = ARGUMENT_1(registers)};
    __u64 stream = stream_name(ARGUMENT_2(registers), id, per_thread);
    __u32 place = find_place(account, stream);
    struct event_mark mark = {.instance = account->instance, .stream = stream, .place = place};
    if (place < PLACES)
        mark.reach = READ(account->streams[place].launched);
    bpf_map_update_elem(&events, &key, &mark, BPF_ANY);
    return 0;
}

// Notes that the thread is inside, and how far the streams have come that it waits for.
static __always_inline int enter(__u16 kind, __u64 id, __u64 stream, __u64 event) {
    __u32 pid = id >> 32;
    struct fulcrum_wait wait = {.begin_ns = bpf_ktime_get_ns(), .kind = kind, .stream = stream};
    struct fulcrum_account *account = bpf_map_lookup_elem(&accounts, &pid);
    if (account && account->launches && kind != FULCRUM_RECORD_EVENT_WAIT) {
        for (__u32 place = 0; place < PLACES; place++)
            wait.reach[place] = READ(account->streams[place].launched);
    }
    if (kind == FULCRUM_RECORD_EVENT_WAIT) {
        struct event_key key = {.pid = pid, .event = event};
        struct event_mark *mark = bpf_map_lookup_elem(&events, &key);
        // An event that is not known drains nothing: the name fits no stream.
        wait.stream = FULCRUM_STREAM_MIXED;
        if (account && mark && mark->instance == account->instance) {
            __u64 place = mark->place, reach = mark->reach;
            wait.stream = mark->stream;
            for (__u32 index = 0; index < PLACES; index++)
                if (index == place)
                    wait.reach[index] = reach;
        }
    }
    bpf_map_update_elem(&waits, &id, &wait, BPF_ANY);
    return 0;
}

static __always_inline int leave(struct registers *registers) {
    __u64 end = bpf_ktime_get_ns(), id = bpf_get_current_pid_tgid(), busy_begin = 0, wake_up = 0;
    struct fulcrum_account *account;
    struct fulcrum_wait *wait = bpf_map_lookup_elem(&waits, &id);
    if (!wait) {
        count_loss(FULCRUM_LOSS_WAITS);
        return 0;
    }
    __u64 begin = wait->begin_ns, stream = wait->stream;
    __u16 kind = wait->kind;
    account = account_of(id >> 32);
    if (account) {
        if (account->launches) {
            // A wait that failed has waited for nothing.
            if (RESULT(registers) == 0)
                drain(account, wait);
            busy_begin = close_busy(account, end);
            // Launch records lie unread before this one, and the kernel would not wake for it.
            wake_up = BPF_RB_FORCE_WAKEUP;
        }
        add(&account->waits, 1);
    }
    // A wait that the driver builds on another wait must count once: the inner return takes the entry away.
    bpf_map_delete_elem(&waits, &id);
    struct fulcrum_probe_record *record = new_record(kind, id, account, FULCRUM_LOSS_WAIT_RECORDS);
    if (!record)
        return 0;
    record->begin_ns = begin;
    record->end_ns = end;
    record->busy_begin_ns = busy_begin;
    record->stream = stream == FULCRUM_STREAM_MIXED ? 0 : stream;
    record->token = 0;
    bpf_ringbuf_submit(record, wake_up);
    return 0;
}

// The legacy default stream waits for all others.
static __always_inline __u64 awaited(__u64 stream) {
    return stream == FULCRUM_STREAM_LEGACY ? 0 : stream;
}

#define CALL(name, body)                                                                                               \
    SEC("uprobe/" #name) int name(struct registers *registers) { return body; }
#define RETURN(name, body)                                                                                             \
    SEC("uretprobe/" #name) int name(struct registers *registers) { return body; }
#define ID bpf_get_current_pid_tgid()
// The entry of one wait. What is waited for travels with the thread, so that one program serves all returns.
#define WAIT(name, kind, stream, event) CALL(name, enter(kind, ID, stream, event))

RETURN(wait_return, leave(registers))
WAIT(stream_wait, FULCRUM_RECORD_STREAM_WAIT, awaited(stream_name(ARGUMENT_1(registers), ID, 0)), 0)
WAIT(stream_wait_ptsz, FULCRUM_RECORD_STREAM_WAIT, awaited(stream_name(ARGUMENT_1(registers), ID, 1)), 0)
WAIT(context_wait, FULCRUM_RECORD_CONTEXT_WAIT, 0, 0)
WAIT(event_wait, FULCRUM_RECORD_EVENT_WAIT, 0, ARGUMENT_1(registers))
WAIT(copy_wait, FULCRUM_RECORD_COPY_WAIT, 0, 0)
WAIT(copy_wait_ptds, FULCRUM_RECORD_COPY_WAIT, stream_name(0, ID, 1), 0)

CALL(kernel_launch, kernel_call(registers, 0))
CALL(kernel_launch_ptsz, kernel_call(registers, 1))
CALL(configured_launch, configured_call(registers, 0))
CALL(configured_launch_ptsz, configured_call(registers, 1))
CALL(graph_launch, graph_call(registers, 0))
CALL(graph_launch_ptsz, graph_call(registers, 1))
CALL(event_record, record_call(registers, 0))
CALL(event_record_ptsz, record_call(registers, 1))

static __always_inline int count_context(struct registers *registers, int made, int is_primary) {
    if (RESULT(registers) != 0)
        return 0;
    struct fulcrum_account *account = account_of(ID >> 32);
    if (!account)
        return 0;
    add32(is_primary ? &account->primary : &account->contexts, made);
    // With the last context goes all work. One that was made before the probes were attached makes the sum negative.
    if (made < 0 && READ(account->contexts) == 0 && READ(account->primary) == 0) {
        drain_all(account);
        account->busy_begin_ns = 0;
    }
    return 0;
}

RETURN(context_created, count_context(registers, 1, 0))
RETURN(context_destroyed, count_context(registers, -1, 0))
RETURN(primary_retained, count_context(registers, 1, 1))
RETURN(primary_released, count_context(registers, -1, 1))

// Closes the account of the calling process. If the ring is full the governor finds the account later and removes it.
static __always_inline int close_account(__u16 kind, __u64 id) {
    __u64 now = bpf_ktime_get_ns();
    __u32 pid = id >> 32;
    struct fulcrum_account *account = bpf_map_lookup_elem(&accounts, &pid);
    if (!account || account->ended_ns)
        return 0;
    struct fulcrum_probe_record *record = new_record(kind, id, account, FULCRUM_LOSS_EXIT_RECORDS);
    if (!record) {
        account->ended_ns = now;
        return 0;
    }
    record->begin_ns = now;
    record->end_ns = now;
    record->busy_begin_ns = account->busy_begin_ns;
    record->stream = 0;
    record->token = 0;
    bpf_map_delete_elem(&accounts, &pid);
    bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
    return 0;
}

SEC("raw_tp/sched_process_exit")
int process_exit(void *context) {
    __u64 id = bpf_get_current_pid_tgid();
    bpf_map_delete_elem(&waits, &id);
    // Only the first thread stands for the process. It may go before the others; user space takes a later call of the
    // same process as proof that it lives.
    return id >> 32 == (__u32)id ? close_account(FULCRUM_RECORD_EXIT, id) : 0;
}

// The old program's contexts go with its memory. All other threads are gone by now, and the caller bears the first one's
// id. A forked child needs nothing: it has a pid of its own, and so no account.
SEC("raw_tp/sched_process_exec")
int process_exec(void *context) {
    __u64 id = bpf_get_current_pid_tgid();
    bpf_map_delete_elem(&waits, &id);
    return close_account(FULCRUM_RECORD_EXEC, id);
}
