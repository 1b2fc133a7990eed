#include "objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char surface_prefix[] = "surface=";

CUresult cuModuleLoadData(CUmodule *module, const void *image) {
    CUcontext context = stand_in_current;
    if (!context) return CUDA_ERROR_INVALID_CONTEXT;
    if (!module || !image) return CUDA_ERROR_INVALID_VALUE;
    struct CUmod_st *made = calloc(1, sizeof *made);
    if (!made) return CUDA_ERROR_OUT_OF_MEMORY;
    made->tag = TAG_MODULE;
    made->context = context;
    made->function.module = made;
    if (strncmp(image, surface_prefix, sizeof surface_prefix - 1) == 0) {
        char name[VGPU_SURFACE_BYTES] = {0};
        strncpy(name, (const char *)image + sizeof surface_prefix - 1, sizeof name - 1);
        name[strcspn(name, " \r\n\t")] = 0;
        int result = vgpu_set_surface(context->gpu, name);
        if (result != 0) {
            free(made);
            return result == -EBUSY ? CUDA_ERROR_NOT_SUPPORTED : CUDA_ERROR_INVALID_IMAGE;
        }
        made->has_surface = true;
    }
    *module = made;
    return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
    if (!module || module->tag != TAG_MODULE) return CUDA_ERROR_INVALID_HANDLE;
    if (!function || !name) return CUDA_ERROR_INVALID_VALUE;
    if (!*name) return CUDA_ERROR_NOT_FOUND;
    *function = &module->function;
    return CUDA_SUCCESS;
}

CUresult cuModuleUnload(CUmodule module) {
    if (!module || module->tag != TAG_MODULE) return CUDA_ERROR_INVALID_HANDLE;
    module->tag = 0;
    free(module);
    return CUDA_SUCCESS;
}

static bool multiply(uint64_t *product, unsigned int factor) {
    return !__builtin_mul_overflow(*product, (uint64_t)factor, product);
}

CUresult cuLaunchKernel(CUfunction function, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ,
                        unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ,
                        unsigned int sharedMemBytes, CUstream stream, void **kernelParams, void **extra) {
    (void)sharedMemBytes, (void)kernelParams, (void)extra; // nothing is computed
    CUcontext context;
    uint64_t last;
    CUresult result = stand_in_stream(stream, &context, &last);
    if (result != CUDA_SUCCESS) return result;
    if (!function || !function->module || function->module->tag != TAG_MODULE) return CUDA_ERROR_INVALID_HANDLE;
    if (function->module->context != context) return CUDA_ERROR_INVALID_CONTEXT;
    uint64_t threads = 1;
    const unsigned int extents[] = {gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ};
    for (size_t index = 0; index < sizeof extents / sizeof *extents; index++)
        if (extents[index] == 0 || !multiply(&threads, extents[index])) return CUDA_ERROR_INVALID_VALUE;
    uint32_t share_ppm = 0;
    uint64_t cycles = 0;
    if (function->module->has_surface) {
        if (gridDimX > VGPU_PPM) return CUDA_ERROR_INVALID_VALUE;
        share_ppm = gridDimX;
    } else {
        if (!multiply(&threads, STAND_IN_CYCLES_PER_THREAD)) return CUDA_ERROR_INVALID_VALUE;
        cycles = threads / STAND_IN_CUDA_CORES + 1;
    }
    uint64_t count = 0;
    int submitted = vgpu_submit(context->gpu, share_ppm, cycles, &count);
    if (submitted == 0 && (uintptr_t)stream > 2) atomic_store(&stream->last, count);
    return stand_in_error(submitted);
}
