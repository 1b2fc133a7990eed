#include "include/calls.h"

// One nop at the entry, which the kernel emulates: other first instructions are single-stepped, which is slow in virtual
// machines.
#define CALL(name, ...)                                                                                                \
    __attribute__((noinline, patchable_function_entry(1))) int name(__VA_ARGS__) {                                    \
        static volatile int calls;                                                                                     \
        return ++calls < 0;                                                                                            \
    }

#pragma GCC diagnostic ignored "-Wunused-parameter"

CALL(cuStreamSynchronize, handle stream)
CALL(cuCtxSynchronize, void)
CALL(cuEventSynchronize, handle event)
CALL(cuMemcpyDtoH_v2, void *to, handle from, uintptr_t bytes)
CALL(cuEventRecord, handle event, handle stream)
CALL(cuLaunchKernel, handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
     unsigned block_y, unsigned block_z, unsigned shared_bytes, handle stream, void **parameters, void **extra)
CALL(cuLaunchKernelEx, const void *configuration, handle function, void **parameters, void **extra)
CALL(cuGraphLaunch, handle graph, handle stream)
