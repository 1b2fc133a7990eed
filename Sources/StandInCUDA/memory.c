#include "objects.h"

#include <stdlib.h>
#include <string.h>

// A Jetson's GPU shares the CPU's memory, so a device pointer is a host pointer. Copies happen at once: no kernel reads
// what they carry, so nothing can see that they ran ahead of the queue.

CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
    if (!stand_in_current) return CUDA_ERROR_INVALID_CONTEXT;
    if (!address || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    void *memory = malloc(bytes);
    if (!memory) return CUDA_ERROR_OUT_OF_MEMORY;
    *address = (CUdeviceptr)(uintptr_t)memory;
    return CUDA_SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr address) {
    if (!stand_in_current) return CUDA_ERROR_INVALID_CONTEXT;
    free((void *)(uintptr_t)address);
    return CUDA_SUCCESS;
}

static CUresult copy(void *to, const void *from, size_t bytes, CUstream stream) {
    CUcontext context;
    uint64_t last;
    CUresult result = stand_in_stream(stream, &context, &last);
    if (result != CUDA_SUCCESS) return result;
    if (bytes != 0 && (!to || !from)) return CUDA_ERROR_INVALID_VALUE;
    if (bytes != 0) memmove(to, from, bytes);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
    return copy((void *)(uintptr_t)to, from, bytes, stream);
}

CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return copy(to, (const void *)(uintptr_t)from, bytes, stream);
}
