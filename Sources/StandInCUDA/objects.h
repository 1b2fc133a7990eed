// What the opaque handles point to, and the calls that the exported functions share. None of these is exported: an
// exported wait is entered exactly once for each call that a program makes, so a probe on it counts calls.
#ifndef STAND_IN_CUDA_OBJECTS_H
#define STAND_IN_CUDA_OBJECTS_H

#include "stand_in_cuda.h"
#include "virtual_gpu.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define TAG_CONTEXT 0x43545843u
#define TAG_MODULE 0x444f4d43u
#define TAG_STREAM 0x52545343u
#define TAG_EVENT 0x54564543u
#define TAG_GRAPH 0x48505247u
#define TAG_EXECUTABLE 0x43455847u

struct CUctx_st {
    uint32_t tag;
    struct vgpu_client *gpu;
    _Atomic uint64_t memory_bytes;
};

struct CUfunc_st {
    struct CUmod_st *module;
    struct CUfunc_st *next;
    char name[]; // each name has a handle of its own, as in CUDA; all functions of a module are priced alike
};

struct CUmod_st {
    uint32_t tag;
    CUcontext context;
    bool has_surface;
    pthread_mutex_t lock;
    struct CUfunc_st *functions;
};

// What a graph is made of: a launch, or a copy where `bytes` is not 0.
struct stand_in_node {
    struct vgpu_work work;
    void *to;
    const void *from;
    size_t bytes;
};

struct CUgraph_st {
    uint32_t tag;
    CUcontext context;
    size_t count, capacity;
    struct stand_in_node *nodes;
};

struct CUgraphExec_st {
    uint32_t tag;
    CUcontext context;
    size_t launches, copies;
    struct vgpu_work *work;
    struct stand_in_node *copied;
};

struct CUstream_st {
    uint32_t tag;
    CUcontext context;
    _Atomic uint64_t last; // the context's launch count after this stream's last launch
    struct CUgraph_st *capture; // what it captures into; NULL for none
    bool is_invalidated;        // the capture will fail
};

struct CUevent_st {
    uint32_t tag;
    CUcontext context;   // NULL until recorded
    uint64_t target;     // launches of the context that the event waits for
    uint64_t recorded_ns;
    uint64_t completed_ns; // 0 until seen complete
};

#pragma GCC visibility push(hidden)

extern _Atomic bool stand_in_initialised;
// The calling thread's current context.
extern _Thread_local CUcontext stand_in_current;

const char *stand_in_board_path(void);
// What stream 0 means to the function that was called.
enum stand_in_default { LEGACY_DEFAULT, THREAD_DEFAULT };

// The stream behind a handle; NULL for the legacy default stream, which means the whole context.
CUresult stand_in_stream(CUstream handle, enum stand_in_default form, CUcontext *context, CUstream *stream);
// The launch that a stream's work ends with.
uint64_t stand_in_last(CUcontext context, CUstream stream);
// Notes that `count` launches were queued when the stream's last one was.
void stand_in_note(CUstream stream, uint64_t count);
// CUDA_SUCCESS, unless the stream captures: then the capture is spoilt.
CUresult stand_in_refuse_capture(CUstream stream);
// Takes a launch or copy into the graph that the stream captures.
CUresult stand_in_capture(CUstream stream, const struct stand_in_node *node);
CUresult stand_in_wait(CUcontext context, uint64_t count);
CUresult stand_in_query(CUcontext context, uint64_t count);
// An error of the shared-memory client as the driver tells it.
CUresult stand_in_error(int negated_errno);
void *stand_in_symbol(const char *name, cuuint64_t flags);

#pragma GCC visibility pop

#endif
