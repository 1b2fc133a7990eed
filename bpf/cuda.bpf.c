// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
// Level `boundaries`: the host-side waits of the CUDA driver API, one record per return, and the exit of the processes
// that made them. No kernel structure is read and no register is looked at, so the object needs no BTF of the kernel
// and is the same on every architecture.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "abi.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// When each waiting thread went in, by pid_tgid. Evicting is right here: a thread killed inside a wait never returns.
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FULCRUM_PROBE_MAX_WAITS);
    __type(key, __u64);
    __type(value, __u64);
} wait_begin_ns SEC(".maps");

// Start time of each process that has waited, by tgid. Made here with 0 and only ever replaced by user space, which so
// cannot bring back the entry of a process that exited meanwhile and stamp its successor with the wrong time.
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FULCRUM_PROBE_MAX_PROCESSES);
    __type(key, __u32);
    __type(value, __u64);
} start_time_ticks SEC(".maps");

// Waits of each process. Not in one value with the start time: replacing that would lose an addition made meanwhile.
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FULCRUM_PROBE_MAX_PROCESSES);
    __type(key, __u32);
    __type(value, __u64);
} boundaries SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, FULCRUM_PROBE_RING_BYTES);
} records SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, FULCRUM_LOSS_COUNT);
    __type(key, __u32);
    __type(value, __u64);
} losses SEC(".maps");

static __always_inline void count_loss(__u32 what) {
    __u64 *count = bpf_map_lookup_elem(&losses, &what);
    if (count)
        *count += 1;
}

static __always_inline void emit(__u16 kind, __u64 id, __u64 start, __u64 count, __u64 begin, __u64 end) {
    struct fulcrum_probe_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
    if (!record) {
        count_loss(FULCRUM_LOSS_RECORDS);
        return;
    }
    record->abi_version = FULCRUM_PROBE_ABI_VERSION;
    record->kind = kind;
    record->pid = id >> 32;
    record->tid = (__u32)id;
    record->reserved = 0;
    record->start_time_ticks = start;
    record->boundaries = count;
    record->wait_begin_ns = begin;
    record->wait_end_ns = end;
    bpf_ringbuf_submit(record, 0);
}

static __always_inline int enter(void) {
    __u64 id = bpf_get_current_pid_tgid();
    __u64 now = bpf_ktime_get_ns();
    bpf_map_update_elem(&wait_begin_ns, &id, &now, BPF_ANY);
    return 0;
}

static __always_inline int leave(__u16 kind) {
    __u64 end = bpf_ktime_get_ns();
    __u64 id = bpf_get_current_pid_tgid();
    __u32 pid = id >> 32;
    __u64 zero = 0, start = 0, count = 0, *value;

    value = bpf_map_lookup_elem(&wait_begin_ns, &id);
    if (!value) {
        count_loss(FULCRUM_LOSS_WAITS);
        return 0;
    }
    __u64 begin = *value;
    // A wait that the driver builds on another wait must count once: the inner return takes the stamp away.
    bpf_map_delete_elem(&wait_begin_ns, &id);

    value = bpf_map_lookup_elem(&boundaries, &pid);
    if (!value) {
        if (bpf_map_update_elem(&boundaries, &pid, &zero, BPF_NOEXIST) == 0)
            bpf_map_update_elem(&start_time_ticks, &pid, &zero, BPF_NOEXIST);
        value = bpf_map_lookup_elem(&boundaries, &pid);
    }
    if (value) {
        // Add, then read: the add that returns its result is not in the arm64 JIT before Linux 5.18.
        __c11_atomic_fetch_add((_Atomic __u64 *)value, 1, __ATOMIC_RELAXED);
        count = *(volatile __u64 *)value;
    } else {
        count_loss(FULCRUM_LOSS_PROCESSES);
    }
    value = bpf_map_lookup_elem(&start_time_ticks, &pid);
    if (value)
        start = *value;
    emit(kind, id, start, count, begin, end);
    return 0;
}

#define WAIT(name, kind)                                                                                               \
    SEC("uprobe/" #name) int name##_enter(void *ctx) { return enter(); }                                               \
    SEC("uretprobe/" #name) int name##_leave(void *ctx) { return leave(kind); }

WAIT(stream_wait, FULCRUM_RECORD_STREAM_WAIT)
WAIT(context_wait, FULCRUM_RECORD_CONTEXT_WAIT)
WAIT(event_wait, FULCRUM_RECORD_EVENT_WAIT)

SEC("raw_tp/sched_process_exit")
int process_exit(void *ctx) {
    __u64 now = bpf_ktime_get_ns();
    __u64 id = bpf_get_current_pid_tgid();
    __u32 pid = id >> 32;
    __u64 *count, *start;

    // Only the first thread stands for the process. It may go before the others; user space takes a later wait of the
    // same process as proof that it lives.
    if (pid != (__u32)id)
        return 0;
    count = bpf_map_lookup_elem(&boundaries, &pid);
    if (!count)
        return 0;
    start = bpf_map_lookup_elem(&start_time_ticks, &pid);
    emit(FULCRUM_RECORD_EXIT, id, start ? *start : 0, *count, 0, now);
    bpf_map_delete_elem(&boundaries, &pid);
    bpf_map_delete_elem(&start_time_ticks, &pid);
    bpf_map_delete_elem(&wait_begin_ns, &id);
    return 0;
}
