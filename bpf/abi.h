/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the BPF programs and the governor say to each other: every structure, enumeration and constant of both sides.
 * Fixed-width members, no padding, native byte order. A change of layout or meaning raises FULCRUM_PROBE_ABI_VERSION.
 */
#ifndef FULCRUM_ABI_H
#define FULCRUM_ABI_H

#include <linux/types.h>

#define FULCRUM_PROBE_ABI_VERSION 1

/* Processes known at one time; also the size of the governor's own table. */
#define FULCRUM_PROBE_MAX_PROCESSES 4096
/* Threads inside a wait at one time. An LRU map hoards up to 128 entries per CPU: this leaves room for 12 CPUs. */
#define FULCRUM_PROBE_MAX_WAITS 8192
/* Bytes of the ring; a power of two and a multiple of every page size of Linux. 4,681 records. */
#define FULCRUM_PROBE_RING_BYTES 262144

enum fulcrum_record_kind {
    FULCRUM_RECORD_STREAM_WAIT = 1,  /* cuStreamSynchronize returned */
    FULCRUM_RECORD_CONTEXT_WAIT = 2, /* cuCtxSynchronize returned */
    FULCRUM_RECORD_EVENT_WAIT = 3,   /* cuEventSynchronize returned */
    FULCRUM_RECORD_EXIT = 4,         /* the first thread of a process that has waited before went away */
};

/* One record of the ring buffer. */
struct fulcrum_probe_record {
    __u16 abi_version;      /*  0: FULCRUM_PROBE_ABI_VERSION */
    __u16 kind;             /*  2: enum fulcrum_record_kind */
    __u32 pid;              /*  4: thread group id in the initial pid namespace */
    __u32 tid;              /*  8: thread id in the initial pid namespace */
    __u32 reserved;         /* 12: 0 */
    __u64 start_time_ticks; /* 16: field 22 of /proc/PID/stat; 0 = user space has not filled it in yet */
    /* 24: waits of the process so far, with this one; 0 = unknown, as the process table is full. Two threads that
     * return at once may both carry the higher number: the maximum is exact, a single step is not. */
    __u64 boundaries;
    __u64 wait_begin_ns; /* 32: bpf_ktime_get_ns (CLOCK_MONOTONIC) at the call; 0 in an exit record */
    __u64 wait_end_ns;   /* 40: the same clock at the return, or at the exit */
};                       /* 48 */

/* Index into the per-CPU array of what went missing; each element is a __u64. */
enum fulcrum_loss {
    FULCRUM_LOSS_RECORDS = 0,   /* records that found the ring full */
    FULCRUM_LOSS_PROCESSES = 1, /* waits of processes that found the process table full */
    FULCRUM_LOSS_WAITS = 2,     /* returns whose begin was evicted or never seen */
    FULCRUM_LOSS_COUNT = 3,
};

#define FULCRUM_ABI_ASSERT(condition) _Static_assert(condition, #condition)
FULCRUM_ABI_ASSERT(sizeof(struct fulcrum_probe_record) == 48);
FULCRUM_ABI_ASSERT(__builtin_offsetof(struct fulcrum_probe_record, start_time_ticks) == 16);
FULCRUM_ABI_ASSERT(__builtin_offsetof(struct fulcrum_probe_record, wait_end_ns) == 40);
FULCRUM_ABI_ASSERT((FULCRUM_PROBE_RING_BYTES & (FULCRUM_PROBE_RING_BYTES - 1)) == 0);

#endif
