#ifndef FULCRUM_BENCH_CALLS_H
#define FULCRUM_BENCH_CALLS_H

// The functions of libcuda that are probed, with as many arguments as matter. They do nothing.
#include <stdint.h>

typedef uintptr_t handle;

int cuStreamSynchronize(handle stream);
int cuCtxSynchronize(void);
int cuEventSynchronize(handle event);
int cuMemcpyDtoH_v2(void *to, handle from, uintptr_t bytes);
int cuEventRecord(handle event, handle stream);
int cuLaunchKernel(handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                   unsigned block_y, unsigned block_z, unsigned shared_bytes, handle stream, void **parameters,
                   void **extra);
int cuLaunchKernelEx(const void *configuration, handle function, void **parameters, void **extra);
int cuGraphLaunch(handle graph, handle stream);

#endif
