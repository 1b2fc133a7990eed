/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the BPF programs and the governor say to each other: every structure, enumeration and constant of both sides.
 * Fixed-width members, no padding, native byte order. A change of layout or meaning raises FULCRUM_PROBE_ABI_VERSION.
 */
#ifndef FULCRUM_ABI_H
#define FULCRUM_ABI_H

#include <linux/types.h>

#define FULCRUM_PROBE_ABI_VERSION 2

/* Processes known at one time; also the size of the governor's own table. */
#define FULCRUM_PROBE_MAX_PROCESSES 4096
/* Threads inside a wait at one time. An LRU map hoards up to 128 entries per CPU: this leaves room for 12 CPUs. */
#define FULCRUM_PROBE_MAX_WAITS 8192
/* Event handles that were recorded, the latest of all processes. */
#define FULCRUM_PROBE_MAX_EVENTS 8192
/* Streams of a process that are told apart; a power of two. More of them share one further place. */
#define FULCRUM_PROBE_STREAMS 16
/* Bytes of the ring; a power of two and a multiple of every page size of Linux. 5,957 records. */
#define FULCRUM_PROBE_RING_BYTES 524288
/* A launch wakes the reader when its process was quiet for this long, and else when the ring is a quarter full. */
#define FULCRUM_PROBE_QUIET_NS 500000000ULL

enum fulcrum_record_kind {
    FULCRUM_RECORD_STREAM_WAIT = 1,  /* cuStreamSynchronize returned */
    FULCRUM_RECORD_CONTEXT_WAIT = 2, /* cuCtxSynchronize returned */
    FULCRUM_RECORD_EVENT_WAIT = 3,   /* cuEventSynchronize returned */
    FULCRUM_RECORD_EXIT = 4,         /* the first thread of a process that has an account went away */
    FULCRUM_RECORD_EXEC = 5,         /* a process that has an account became another program; its account ends */
    FULCRUM_RECORD_LAUNCH = 6,       /* cuLaunchKernel, cuLaunchKernelEx or cuLaunchCooperativeKernel was called */
    FULCRUM_RECORD_GRAPH_LAUNCH = 7, /* cuGraphLaunch was called */
    FULCRUM_RECORD_COPY_WAIT = 8,    /* a copy to the host that waits for the default stream returned */
};

/* One record of the ring buffer. The counts are those of the process with this record. */
struct fulcrum_probe_record {
    __u16 abi_version; /*  0: FULCRUM_PROBE_ABI_VERSION */
    __u16 kind;        /*  2: enum fulcrum_record_kind */
    __u32 pid;         /*  4: thread group id in the initial pid namespace */
    __u32 tid;         /*  8: thread id in the initial pid namespace */
    __u32 in_flight;   /* 12: launches that no wait has covered at end_ns, at most 2^32 - 1 */
    /* 16: bpf_ktime_get_boot_ns (CLOCK_BOOTTIME) when the account was opened, which with pid names the process: it is
     * later than the start of that one and earlier than the start of the next with this pid. 0 = the table is full, and
     * so are the counts. */
    __u64 instance;
    /* 24, 32: two threads that come at once may both carry the higher number: the maximum is exact, a step is not. */
    __u64 launches;
    __u64 waits;
    __u64 begin_ns;      /* 40: bpf_ktime_get_ns (CLOCK_MONOTONIC) at the call; at the exit in an exit record */
    __u64 end_ns;        /* 48: the same clock at the return of a wait; else as begin_ns */
    __u64 busy_begin_ns; /* 56: first launch of the work that this wait found all done; 0 = some is left, or none was */
    __u64 stream;        /* 64: as fulcrum_stream has it; 0 = not known, as for a context wait */
    __u64 token;         /* 72: the launched kernel mixed with its grid, or the launched graph; 0 for waits and exits */
};                       /* 80 */

/* Launches of one stream. Both numbers only grow, also when the place is given to another stream, which happens when
 * they are equal and no place is free. */
struct fulcrum_stream {
    /*  0: the program's handle; 1 = the legacy default stream; thread id << 32 | 2 = that thread's own default stream;
     * 0 = never used; 2^64 - 1 = several streams */
    __u64 stream;
    __u64 launched; /*  8 */
    __u64 drained;  /* 16: of them, those that a wait has covered */
};                  /* 24 */

#define FULCRUM_STREAM_LEGACY 1ULL
#define FULCRUM_STREAM_PER_THREAD 2ULL
#define FULCRUM_STREAM_MIXED 0xffffffffffffffffULL

/* What is known of one process, by thread group id in the map `accounts`. */
struct fulcrum_account {
    __u64 instance;       /*  0: as in the record */
    __u64 launches;       /*  8 */
    __u64 waits;          /* 16 */
    __u64 busy_begin_ns;  /* 24: first launch since all was drained; 0 = nothing is in flight */
    __u64 last_launch_ns; /* 32: 0 = never */
    __u64 ended_ns;       /* 40: the process has gone but its exit record found the ring full; the governor takes it out */
    __s32 contexts;       /* 48: contexts made less contexts destroyed since the probes were attached */
    __s32 primary;        /* 52: retains less releases of primary contexts */
    __u32 claims;         /* 56: threads that look for a place for a new stream */
    __u32 reserved;       /* 60: 0 */
    /* 64: in flight is what was launched and not drained, summed over all; the last one is for streams without a place */
    struct fulcrum_stream streams[FULCRUM_PROBE_STREAMS + 1];
}; /* 472 */

/* A thread inside a wait, by pid_tgid in the map `waits`. */
struct fulcrum_wait {
    __u64 begin_ns; /*  0: bpf_ktime_get_ns at the call */
    __u32 kind;     /*  8: enum fulcrum_record_kind */
    __u32 place;    /* 12: of an event's stream in fulcrum_account.streams */
    __u64 stream;   /* 16: what is waited for; 0 = everything */
    __u64 reach[FULCRUM_PROBE_STREAMS + 1]; /* 24: launches of each stream that this wait covers */
};                                          /* 160 */

/* Index into the per-CPU array of what went missing; each element is a __u64. */
enum fulcrum_loss {
    FULCRUM_LOSS_LAUNCH_RECORDS = 0, /* launches that found the ring full */
    FULCRUM_LOSS_WAIT_RECORDS = 1,   /* waits that found the ring full */
    FULCRUM_LOSS_EXIT_RECORDS = 2,   /* exits that found the ring full */
    FULCRUM_LOSS_PROCESSES = 3,      /* launches and waits of processes that found the table full: not counted */
    FULCRUM_LOSS_WAITS = 4,          /* returns whose begin was evicted or never seen: not counted */
    FULCRUM_LOSS_STREAMS = 5,        /* launches on streams without a place of their own: only a wait for all drains them */
    FULCRUM_LOSS_ACCOUNTS = 6,       /* processes whose last counts were not fetched before their pid was used again */
    FULCRUM_LOSS_COUNT = 7,
};

#define FULCRUM_ABI_ASSERT(condition) _Static_assert(condition, #condition)
FULCRUM_ABI_ASSERT(sizeof(struct fulcrum_probe_record) == 80);
FULCRUM_ABI_ASSERT(__builtin_offsetof(struct fulcrum_probe_record, instance) == 16);
FULCRUM_ABI_ASSERT(__builtin_offsetof(struct fulcrum_probe_record, begin_ns) == 40);
FULCRUM_ABI_ASSERT(__builtin_offsetof(struct fulcrum_probe_record, token) == 72);
FULCRUM_ABI_ASSERT(sizeof(struct fulcrum_stream) == 24);
FULCRUM_ABI_ASSERT(__builtin_offsetof(struct fulcrum_account, contexts) == 48);
FULCRUM_ABI_ASSERT(__builtin_offsetof(struct fulcrum_account, streams) == 64);
FULCRUM_ABI_ASSERT(sizeof(struct fulcrum_account) == 472);
FULCRUM_ABI_ASSERT(__builtin_offsetof(struct fulcrum_wait, reach) == 24);
FULCRUM_ABI_ASSERT(sizeof(struct fulcrum_wait) == 160);
FULCRUM_ABI_ASSERT((FULCRUM_PROBE_RING_BYTES & (FULCRUM_PROBE_RING_BYTES - 1)) == 0);
FULCRUM_ABI_ASSERT((FULCRUM_PROBE_STREAMS & (FULCRUM_PROBE_STREAMS - 1)) == 0);

#endif
