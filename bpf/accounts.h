/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The accounts of processes: what each launched and what its waits have covered, exact also when records are lost.
 *
 * Nothing here subtracts or adds a difference twice: a wait writes down how far each stream had come when it began, and
 * its return raises `drained` to that. Two waits at once, of whatever threads, so drain each launch once. A store of one
 * that another overtakes is made good by the next wait, and until then errs on the side of more in flight.
 *
 * Only the plain atomic add is used: the one that returns its result is not in the arm64 JIT before Linux 5.18.
 */
#ifndef FULCRUM_ACCOUNTS_H
#define FULCRUM_ACCOUNTS_H

#define PLACES (FULCRUM_PROBE_STREAMS + 1)

// By tgid. Entries are removed at exit and never evicted: a process of long standing must not lose its counts.
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FULCRUM_PROBE_MAX_PROCESSES);
    __type(key, __u32);
    __type(value, struct fulcrum_account);
} accounts SEC(".maps");

// What a new account looks like, as it is too large for the stack. Only `instance` is ever written.
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct fulcrum_account);
} new_account SEC(".maps");

struct event_key {
    __u64 pid;
    __u64 event;
};

// How far a stream had come when an event was recorded in it.
struct event_mark {
    __u64 instance;
    __u64 stream;
    __u64 reach;
    __u64 place;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FULCRUM_PROBE_MAX_EVENTS);
    __type(key, struct event_key);
    __type(value, struct event_mark);
} events SEC(".maps");

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

static __always_inline void add(__u64 *sum, __u64 what) {
    __c11_atomic_fetch_add((_Atomic __u64 *)sum, what, __ATOMIC_RELAXED);
}

static __always_inline void add32(void *sum, __u32 what) {
    __c11_atomic_fetch_add((_Atomic __u32 *)sum, what, __ATOMIC_RELAXED);
}

#define READ(place) (*(volatile __typeof__(place) *)&(place))

/* The account of the calling process, opened if there is none. NULL: the table is full. */
static __always_inline struct fulcrum_account *account_of(__u32 pid) {
    struct fulcrum_account *account = bpf_map_lookup_elem(&accounts, &pid), *blank;
    __u32 zero = 0;
    if (account && !account->ended_ns)
        return account;
    blank = bpf_map_lookup_elem(&new_account, &zero);
    if (!blank)
        return NULL;
    blank->instance = bpf_ktime_get_boot_ns();
    if (account)
        count_loss(FULCRUM_LOSS_ACCOUNTS);
    // Without an old account only the first of two threads opens one.
    bpf_map_update_elem(&accounts, &pid, blank, account ? BPF_ANY : BPF_NOEXIST);
    account = bpf_map_lookup_elem(&accounts, &pid);
    if (!account)
        count_loss(FULCRUM_LOSS_PROCESSES);
    return account;
}

/* Summed up each time: a sum that is kept would be wrong for good once two threads store theirs in the wrong order. */
static __always_inline __u64 in_flight(struct fulcrum_account *account) {
    __u64 sum = 0;
    for (__u32 place = 0; place < PLACES; place++) {
        __u64 drained = READ(account->streams[place].drained), launched = READ(account->streams[place].launched);
        if (launched > drained)
            sum += launched - drained;
    }
    return sum;
}

/* One name for one stream: see fulcrum_stream. `per_thread`: the function is one of those where 0 means the thread's. */
static __always_inline __u64 stream_name(__u64 handle, __u64 id, int per_thread) {
    if (handle == 0)
        handle = per_thread ? FULCRUM_STREAM_PER_THREAD : FULCRUM_STREAM_LEGACY;
    return handle == FULCRUM_STREAM_PER_THREAD ? id << 32 | FULCRUM_STREAM_PER_THREAD : handle;
}

static __always_inline __u32 first_place(__u64 stream) {
    return (__u32)(stream >> 4 ^ stream >> 9 ^ stream >> 33);
}

/* The place of a stream; the last one for a stream that has none. */
static __always_inline __u32 find_place(struct fulcrum_account *account, __u64 stream) {
    __u32 first = first_place(stream);
    for (__u32 step = 0; step < FULCRUM_PROBE_STREAMS; step++) {
        __u32 place = (first + step) & (FULCRUM_PROBE_STREAMS - 1);
        __u64 found = READ(account->streams[place].stream);
        if (found == stream)
            return place;
        if (found == 0)
            break;
    }
    return FULCRUM_PROBE_STREAMS;
}

/* Finds or makes a place for a stream that is launched to: a new one, or that of a stream with nothing in flight. */
static __always_inline __u32 take_place(struct fulcrum_account *account, __u64 stream) {
    __u32 first = first_place(stream), taken = find_place(account, stream);
    if (taken < FULCRUM_PROBE_STREAMS)
        return taken;
    // Alone if the sum is one after our own addition; else this launch goes where the streams without a place go.
    add32(&account->claims, 1);
    if (READ(account->claims) == 1) {
        for (__u32 step = 0; step < FULCRUM_PROBE_STREAMS; step++) {
            __u32 place = (first + step) & (FULCRUM_PROBE_STREAMS - 1);
            __u64 found = READ(account->streams[place].stream);
            if (found == stream || found == 0) {
                taken = place;
                break;
            }
            if (taken == FULCRUM_PROBE_STREAMS && READ(account->streams[place].launched) == account->streams[place].drained)
                taken = place;
        }
        if (taken < FULCRUM_PROBE_STREAMS)
            account->streams[taken & (FULCRUM_PROBE_STREAMS - 1)].stream = stream;
    }
    add32(&account->claims, -1);
    if (taken == FULCRUM_PROBE_STREAMS) {
        struct fulcrum_stream *shared = &account->streams[FULCRUM_PROBE_STREAMS];
        if (shared->launched == shared->drained)
            shared->stream = stream;
        else if (shared->stream != stream)
            shared->stream = FULCRUM_STREAM_MIXED;
        if (shared->stream != stream)
            count_loss(FULCRUM_LOSS_STREAMS);
    }
    return taken;
}

/* Raises what is drained to what the wait covers. `wait->stream` of 0 is everything. */
static __always_inline void drain(struct fulcrum_account *account, struct fulcrum_wait *wait) {
    for (__u32 place = 0; place < PLACES; place++) {
        struct fulcrum_stream *stream = &account->streams[place];
        __u64 reach = wait->reach[place];
        if ((wait->stream == 0 || wait->stream == stream->stream) && reach > stream->drained)
            stream->drained = reach;
    }
}

/* All that was launched before this moment is done, or will never run. */
static __always_inline void drain_all(struct fulcrum_account *account) {
    for (__u32 place = 0; place < PLACES; place++)
        account->streams[place].drained = READ(account->streams[place].launched);
}

/* When the work began that is all done at `now`; 0 if some is left. A launch that comes meanwhile begins the next. */
static __always_inline __u64 close_busy(struct fulcrum_account *account, __u64 now) {
    __u64 begin = account->busy_begin_ns;
    if (begin == 0 || in_flight(account) != 0)
        return 0;
    account->busy_begin_ns = 0;
    if (in_flight(account) != 0)
        account->busy_begin_ns = now;
    return begin;
}

#endif
