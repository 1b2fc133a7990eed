// What the opaque handles point to, and the calls that the exported functions share. None of these is exported: an
// exported wait is entered exactly once for each call that a program makes, so a probe on it counts calls.
#ifndef STAND_IN_CUDA_OBJECTS_H
#define STAND_IN_CUDA_OBJECTS_H

#include "stand_in_cuda.h"
#include "virtual_gpu.h"

#include <stdatomic.h>
#include <stdbool.h>

#define TAG_CONTEXT 0x43545843u
#define TAG_MODULE 0x444f4d43u
#define TAG_STREAM 0x52545343u
#define TAG_EVENT 0x54564543u

struct CUctx_st {
    uint32_t tag;
    struct vgpu_client *gpu;
};

struct CUfunc_st {
    struct CUmod_st *module;
};

struct CUmod_st {
    uint32_t tag;
    CUcontext context;
    bool has_surface;
    struct CUfunc_st function; // all functions of a module are alike
};

struct CUstream_st {
    uint32_t tag;
    CUcontext context;
    _Atomic uint64_t last; // the context's launch count after this stream's last launch
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
// The context and the launch to wait for behind a stream handle; NULL and the two legacy handles mean the whole context.
CUresult stand_in_stream(CUstream stream, CUcontext *context, uint64_t *last);
CUresult stand_in_wait(CUcontext context, uint64_t count);
CUresult stand_in_query(CUcontext context, uint64_t count);
// An error of the shared-memory client as the driver tells it.
CUresult stand_in_error(int negated_errno);
void *stand_in_symbol(const char *name);

#pragma GCC visibility pop

#endif
