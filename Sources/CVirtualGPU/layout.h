// The shared memory, word for word. Both sides are built from this file; VGPU_VERSION changes with it.
#ifndef VIRTUAL_GPU_LAYOUT_H
#define VIRTUAL_GPU_LAYOUT_H

#include "virtual_gpu.h"

#define VGPU_MAGIC 0x55504756u
#define VGPU_VERSION 2u
#define VGPU_LINE __attribute__((aligned(64)))

struct vgpu_entry {
    uint64_t submitted_ns;
    uint64_t cycles;
    uint64_t completed_ns; // written by the engine
    uint32_t share_ppm;
    uint32_t reserved;
};

struct vgpu_context {
    // Written by the client.
    VGPU_LINE uint32_t closing;
    uint64_t submitted;
    uint64_t loads_submitted;
    uint64_t load_submitted_ns[VGPU_LOAD_RING];
    uint64_t memory_bytes;
    char surface[VGPU_SURFACE_BYTES];
    // Written by the engine.
    VGPU_LINE uint32_t completion; // futex, moves with `completed`
    uint32_t loaded;               // futex, moves with `loads_completed`
    uint64_t completed;
    uint64_t loads_completed;
    uint32_t fault;
    VGPU_LINE struct vgpu_entry ring[VGPU_RING];
};

struct vgpu_board {
    uint32_t magic;
    uint32_t version;
    uint32_t engine_pid;
    VGPU_LINE uint32_t doorbell; // futex
    VGPU_LINE uint64_t calls[VGPU_CONTEXT_WORDS];
    // Beside each other, so that a client finds a free context without touching a page of each one.
    VGPU_LINE uint32_t owners[VGPU_CONTEXTS];
    VGPU_LINE char surfaces[VGPU_SURFACES][VGPU_SURFACE_BYTES];
    struct vgpu_context contexts[VGPU_CONTEXTS];
};

_Static_assert((VGPU_RING & (VGPU_RING - 1)) == 0, "indices are masked");
_Static_assert((VGPU_LOAD_RING & (VGPU_LOAD_RING - 1)) == 0, "indices are masked");
_Static_assert((VGPU_CONTEXTS & (VGPU_CONTEXTS - 1)) == 0, "indices are masked");
_Static_assert(VGPU_CONTEXTS % 64 == 0, "whole words of calls");

#define VGPU_LOAD(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define VGPU_STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELEASE)

#pragma GCC visibility push(hidden)

// Sleeps while *word is `seen`. 0 when woken or changed, -ETIMEDOUT, -EINTR.
int vgpu_futex_wait(uint32_t *word, uint32_t seen, uint64_t timeout_ns);
void vgpu_futex_wake(uint32_t *word);
// Locks byte `byte` of the file: 0, or -EAGAIN where another open file holds it.
int vgpu_lock(int descriptor, uint32_t byte);
void vgpu_unlock(int descriptor, uint32_t byte);
// Whether some other open file holds byte `byte`.
bool vgpu_is_locked(int descriptor, uint32_t byte);
uint64_t vgpu_now_ns(void);

#define VGPU_ENGINE_BYTE 0u
#define VGPU_CONTEXT_BYTE(context) ((context) + 1u)

#pragma GCC visibility pop

#endif
