#include "objects.h"

#include <stdlib.h>
#include <string.h>

// A Jetson's GPU shares the CPU's memory, so a device pointer is a host pointer. Copies happen at once: no kernel reads
// what they carry, so nothing can see that they ran ahead of the queue.

// Before each allocation, so that cuMemFree knows what goes.
struct header {
    _Alignas(16) uint64_t bytes;
};

CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
    CUcontext context = stand_in_current;
    if (!context) return CUDA_ERROR_INVALID_CONTEXT;
    if (!address || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    if (bytes > SIZE_MAX / 2) return CUDA_ERROR_OUT_OF_MEMORY;
    struct header *memory = malloc(sizeof *memory + bytes);
    if (!memory) return CUDA_ERROR_OUT_OF_MEMORY;
    memory->bytes = bytes;
    *address = (CUdeviceptr)(uintptr_t)(memory + 1);
    vgpu_set_memory(context->gpu, atomic_fetch_add(&context->memory_bytes, bytes) + bytes);
    return CUDA_SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr address) {
    CUcontext context = stand_in_current;
    if (!context) return CUDA_ERROR_INVALID_CONTEXT;
    if (!address) return CUDA_SUCCESS;
    struct header *memory = (struct header *)(uintptr_t)address - 1;
    uint64_t held = atomic_load(&context->memory_bytes), left;
    do {
        left = held > memory->bytes ? held - memory->bytes : 0; // freed in another context than it was allocated in
    } while (!atomic_compare_exchange_weak(&context->memory_bytes, &held, left));
    vgpu_set_memory(context->gpu, left);
    free(memory);
    return CUDA_SUCCESS;
}

static CUresult copy(void *to, const void *from, size_t bytes, CUstream handle) {
    CUcontext context;
    CUstream stream;
    CUresult result = stand_in_stream(handle, LEGACY_DEFAULT, &context, &stream);
    if (result != CUDA_SUCCESS) return result;
    if (bytes == 0) return CUDA_SUCCESS;
    if (!to || !from) return CUDA_ERROR_INVALID_VALUE;
    if (stream && stream->capture) {
        return stand_in_capture(stream, &(struct stand_in_node){.to = to, .from = from, .bytes = bytes});
    }
    memmove(to, from, bytes);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
    return copy((void *)(uintptr_t)to, from, bytes, stream);
}

CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return copy(to, (const void *)(uintptr_t)from, bytes, stream);
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
    return copy((void *)(uintptr_t)to, from, bytes, NULL);
}

CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
    CUcontext context = stand_in_current;
    if (!context) return CUDA_ERROR_INVALID_CONTEXT;
    CUresult result = stand_in_wait(context, vgpu_submitted_count(context->gpu));
    return result == CUDA_SUCCESS ? copy(to, (const void *)(uintptr_t)from, bytes, NULL) : result;
}
