// The virtual board's GPU as its engine and its clients see it: one file, mapped by both.
//
// A client claims one of VGPU_CONTEXTS contexts. A context has a launch ring that runs ahead of the GPU, as CUDA's
// does, and a data-loading lane, the CPU side of a training minibatch. The layout is private to this library.
//
// Life is told by open-file-description locks, one byte per context and one for the engine: the kernel drops them when
// their holder dies, whatever its pid namespace, so no pid has to be trusted and none can be reused.
//
// A client with news for the engine sets its context's bit and rings the doorbell: the engine looks at the contexts that
// called, not at all of them. The file is sparse; a context takes memory once it is used.
//
// The engine trusts nothing that a client can write: indices are masked, strings bounded, counts checked. What it cannot
// survive is a client that truncates the file; this is a test bench, and every user may open it for writing.
#ifndef VIRTUAL_GPU_H
#define VIRTUAL_GPU_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin
#pragma GCC visibility push(hidden)

#define VGPU_CONTEXTS 2048u
#define VGPU_CONTEXT_WORDS (VGPU_CONTEXTS / 64u)
#define VGPU_RING 1024u
#define VGPU_LOAD_RING 16u
#define VGPU_SURFACE_BYTES 48u
#define VGPU_SURFACES 32u
#define VGPU_PPM 1000000u
#define VGPU_DEFAULT_PATH "/run/virtual-jetson/gpu"

struct vgpu_board;
struct vgpu_client;

// One launch as its client wrote it.
struct vgpu_launch {
    uint64_t submitted_ns; // CLOCK_MONOTONIC
    uint64_t cycles;       // GPU cycles of a launch that belongs to no surface, else 0
    uint32_t share_ppm;    // share of one minibatch's GPU work, where cycles is 0
};

// One launch as its client asks for it: a share of its surface's minibatch where cycles is 0.
struct vgpu_work {
    uint64_t cycles;
    uint32_t share_ppm;
};

// ---- Client side. Functions return 0 or a negated errno. ----
// -EPIPE: the engine has gone. -ECANCELED: the engine refused this context's work. -ENODEV: no board at that path.
// -EUSERS: all contexts are claimed. Thread-safe, except that nothing may run during or after vgpu_close.

// Opens the board at `path` and claims a context.
int vgpu_open(const char *path, struct vgpu_client *_Nullable *_Nonnull out);
// Gives the context back. Launches that are still queued are dropped.
void vgpu_close(struct vgpu_client *client);
// Whether the board knows the workload surface `name`.
bool vgpu_has_surface(const struct vgpu_client *client, const char *name);
// Chooses what this context's shares and loads mean; once per context (-EBUSY for a second name, -ENOENT if unknown).
int vgpu_set_surface(struct vgpu_client *client, const char *name);
// Queues `length` launches, nobody else's between them; blocks while the ring is full. `count` becomes the number of
// launches queued so far.
int vgpu_submit(struct vgpu_client *client, const struct vgpu_work *work, uint32_t length, uint64_t *count);
// Queues the loading of one minibatch; blocks while the lane is full.
int vgpu_submit_load(struct vgpu_client *client, uint64_t *count);
// Blocks until `count` launches (loads) of this context are complete.
int vgpu_wait(struct vgpu_client *client, uint64_t count);
int vgpu_wait_load(struct vgpu_client *client, uint64_t count);
// Whether `count` launches are complete: 1, 0 or an error.
int vgpu_poll(struct vgpu_client *client, uint64_t count);
// Launches queued so far.
uint64_t vgpu_submitted_count(const struct vgpu_client *client);
// Tells the board how much GPU memory this context has allocated, bytes; only for display.
void vgpu_set_memory(struct vgpu_client *client, uint64_t bytes);
// When launch number `count` (from 1) ended, CLOCK_MONOTONIC ns; 0 if it has not, or its ring entry was used again.
uint64_t vgpu_completion_ns(const struct vgpu_client *client, uint64_t count);

// ---- Engine side. ----

// Makes the file anew with mode 0666 and maps it; -EBUSY while another engine serves it. `descriptor` holds the
// engine's lock: it must stay open as long as the board serves, and goes to vgpu_destroy.
int vgpu_create(const char *path, struct vgpu_board *_Nullable *_Nonnull out, int *descriptor);
// Wakes all waiters, unmaps and closes. The caller unlinks the file.
void vgpu_destroy(struct vgpu_board *board, int descriptor);
// Publishes the name of surface `index`; cut to what fits.
void vgpu_publish_surface(struct vgpu_board *board, uint32_t index, const char *name);

// Lets the calling thread's sleeps end within a microsecond of their time, where the default is 50.
void vgpu_use_fine_timers(void);
// The doorbell's value; read it before looking for work.
uint32_t vgpu_doorbell(const struct vgpu_board *board);
// Sleeps until the doorbell differs from `seen`, or `timeout_ns` has passed.
void vgpu_wait_doorbell(struct vgpu_board *board, uint32_t seen, uint64_t timeout_ns);
// Wakes the engine.
void vgpu_ring_doorbell(struct vgpu_board *board);
// Takes the bits of the contexts from 64 * `word` on that have called since they were taken last.
uint64_t vgpu_take_calls(struct vgpu_board *board, uint32_t word);

// The pid its client wrote, 0 for a free context; for display only.
uint32_t vgpu_owner(const struct vgpu_board *board, uint32_t context);
// Whether the client gave the context back.
bool vgpu_is_closing(const struct vgpu_board *board, uint32_t context);
// Whether the process that claimed the context still lives; one system call.
bool vgpu_is_held(int descriptor, uint32_t context);
// The bytes of GPU memory that its client says it has allocated.
uint64_t vgpu_memory(const struct vgpu_board *board, uint32_t context);
// Copies the surface name, always terminated.
void vgpu_surface(const struct vgpu_board *board, uint32_t context, char name[_Nonnull VGPU_SURFACE_BYTES]);
uint64_t vgpu_submitted(const struct vgpu_board *board, uint32_t context);
uint64_t vgpu_loads_submitted(const struct vgpu_board *board, uint32_t context);
// Launch number `index` (from 0), as it is now.
struct vgpu_launch vgpu_launch_at(const struct vgpu_board *board, uint32_t context, uint64_t index);
// When load number `index` (from 0) was asked for.
uint64_t vgpu_load_submitted_ns(const struct vgpu_board *board, uint32_t context, uint64_t index);
// Tells the clients that launch number `index` (from 0) ended at `when_ns`; index + 1 are complete.
void vgpu_complete(struct vgpu_board *board, uint32_t context, uint64_t index, uint64_t when_ns);
void vgpu_complete_load(struct vgpu_board *board, uint32_t context, uint64_t index);
// Refuses this context's work from now on.
void vgpu_fault(struct vgpu_board *board, uint32_t context);
// Empties a context and makes it free.
void vgpu_reset(struct vgpu_board *board, uint32_t context);

#pragma GCC visibility pop
#pragma clang assume_nonnull end

#endif
