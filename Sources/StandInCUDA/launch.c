#include "objects.h"

static bool multiply(uint64_t *product, unsigned int factor) {
    return !__builtin_mul_overflow(*product, (uint64_t)factor, product);
}

static CUresult price(CUfunction function, CUcontext context, const unsigned int extents[6], struct vgpu_work *work) {
    if (!function || !function->module || function->module->tag != TAG_MODULE) return CUDA_ERROR_INVALID_HANDLE;
    if (function->module->context != context) return CUDA_ERROR_INVALID_CONTEXT;
    uint64_t threads = 1;
    for (size_t index = 0; index < 6; index++)
        if (extents[index] == 0 || !multiply(&threads, extents[index])) return CUDA_ERROR_INVALID_VALUE;
    if (function->module->has_surface) {
        if (extents[0] > VGPU_PPM) return CUDA_ERROR_INVALID_VALUE;
        *work = (struct vgpu_work){.share_ppm = extents[0]};
    } else {
        if (!multiply(&threads, STAND_IN_CYCLES_PER_THREAD)) return CUDA_ERROR_INVALID_VALUE;
        *work = (struct vgpu_work){.cycles = threads / STAND_IN_CUDA_CORES + 1};
    }
    return CUDA_SUCCESS;
}

static CUresult launch(CUfunction function, const unsigned int extents[6], CUstream handle,
                       enum stand_in_default form) {
    CUcontext context;
    CUstream stream;
    struct stand_in_node node = {0};
    CUresult result = stand_in_stream(handle, form, &context, &stream);
    if (result == CUDA_SUCCESS) result = price(function, context, extents, &node.work);
    if (result != CUDA_SUCCESS) return result;
    if (stream && stream->capture) return stand_in_capture(stream, &node);
    uint64_t count = 0;
    int submitted = vgpu_submit(context->gpu, &node.work, 1, &count);
    if (submitted == 0) stand_in_note(stream, count);
    return stand_in_error(submitted);
}

static CUresult launch_configured(const CUlaunchConfig *config, CUfunction function, enum stand_in_default form) {
    if (!config) return CUDA_ERROR_INVALID_VALUE;
    const unsigned int extents[] = {config->gridDimX,  config->gridDimY,  config->gridDimZ,
                                    config->blockDimX, config->blockDimY, config->blockDimZ};
    return launch(function, extents, config->hStream, form);
}

// Parameters are ignored: nothing is computed.
#define LAUNCH(form)                                                                                                   \
    const unsigned int extents[] = {gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ};                    \
    (void)sharedMemBytes, (void)kernelParams;                                                                          \
    return launch(function, extents, stream, form)

CUresult cuLaunchKernel(CUfunction function, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ,
                        unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ,
                        unsigned int sharedMemBytes, CUstream stream, void **kernelParams, void **extra) {
    (void)extra;
    LAUNCH(LEGACY_DEFAULT);
}

CUresult cuLaunchKernel_ptsz(CUfunction function, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ,
                             unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ,
                             unsigned int sharedMemBytes, CUstream stream, void **kernelParams, void **extra) {
    (void)extra;
    LAUNCH(THREAD_DEFAULT);
}

CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned int gridDimX, unsigned int gridDimY,
                                   unsigned int gridDimZ, unsigned int blockDimX, unsigned int blockDimY,
                                   unsigned int blockDimZ, unsigned int sharedMemBytes, CUstream stream,
                                   void **kernelParams) {
    LAUNCH(LEGACY_DEFAULT);
}

CUresult cuLaunchCooperativeKernel_ptsz(CUfunction function, unsigned int gridDimX, unsigned int gridDimY,
                                        unsigned int gridDimZ, unsigned int blockDimX, unsigned int blockDimY,
                                        unsigned int blockDimZ, unsigned int sharedMemBytes, CUstream stream,
                                        void **kernelParams) {
    LAUNCH(THREAD_DEFAULT);
}

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function, void **kernelParams, void **extra) {
    (void)kernelParams, (void)extra;
    return launch_configured(config, function, LEGACY_DEFAULT);
}

CUresult cuLaunchKernelEx_ptsz(const CUlaunchConfig *config, CUfunction function, void **kernelParams, void **extra) {
    (void)kernelParams, (void)extra;
    return launch_configured(config, function, THREAD_DEFAULT);
}
