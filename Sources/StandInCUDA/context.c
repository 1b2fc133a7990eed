#include "objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Atomic bool stand_in_initialised;
_Thread_local CUcontext stand_in_current;

const char *stand_in_board_path(void) {
    const char *path = getenv("VIRTUAL_JETSON_GPU");
    return path && *path ? path : VGPU_DEFAULT_PATH;
}

CUresult stand_in_error(int negated_errno) {
    switch (-negated_errno) {
    case 0: return CUDA_SUCCESS;
    case ENOMEM:
    case EUSERS: return CUDA_ERROR_OUT_OF_MEMORY;
    case ENODEV: return CUDA_ERROR_NO_DEVICE;
    case EPIPE: return CUDA_ERROR_DEVICE_UNAVAILABLE;
    case ECANCELED: return CUDA_ERROR_LAUNCH_FAILED;
    default: return CUDA_ERROR_UNKNOWN;
    }
}

CUresult cuInit(unsigned int flags) {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    if (access(stand_in_board_path(), R_OK | W_OK) != 0) return CUDA_ERROR_NO_DEVICE;
    stand_in_initialised = true;
    return CUDA_SUCCESS;
}

CUresult cuDriverGetVersion(int *version) {
    if (!version) return CUDA_ERROR_INVALID_VALUE;
    *version = STAND_IN_CUDA_VERSION;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
    if (!stand_in_initialised) return CUDA_ERROR_NOT_INITIALIZED;
    if (!device) return CUDA_ERROR_INVALID_VALUE;
    if (ordinal != 0) return CUDA_ERROR_INVALID_DEVICE;
    *device = 0;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *count) {
    if (!stand_in_initialised) return CUDA_ERROR_NOT_INITIALIZED;
    if (!count) return CUDA_ERROR_INVALID_VALUE;
    *count = 1;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
    if (!stand_in_initialised) return CUDA_ERROR_NOT_INITIALIZED;
    if (!name || length < 1) return CUDA_ERROR_INVALID_VALUE;
    if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
    snprintf(name, (size_t)length, "Orin (virtual)");
    return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice device) {
    (void)flags; // how a host thread waits; the engine knows one way
    if (!stand_in_initialised) return CUDA_ERROR_NOT_INITIALIZED;
    if (!context) return CUDA_ERROR_INVALID_VALUE;
    if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
    struct CUctx_st *made = calloc(1, sizeof *made);
    if (!made) return CUDA_ERROR_OUT_OF_MEMORY;
    int result = vgpu_open(stand_in_board_path(), &made->gpu);
    if (result != 0) {
        free(made);
        return stand_in_error(result);
    }
    made->tag = TAG_CONTEXT;
    *context = stand_in_current = made;
    return CUDA_SUCCESS;
}

CUresult cuCtxDestroy_v2(CUcontext context) {
    if (!context || context->tag != TAG_CONTEXT) return CUDA_ERROR_INVALID_CONTEXT;
    (void)vgpu_wait(context->gpu, vgpu_submitted_count(context->gpu));
    vgpu_close(context->gpu);
    context->tag = 0;
    free(context);
    if (stand_in_current == context) stand_in_current = NULL;
    return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context) {
    if (context && context->tag != TAG_CONTEXT) return CUDA_ERROR_INVALID_CONTEXT;
    stand_in_current = context;
    return CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext *context) {
    if (!stand_in_initialised) return CUDA_ERROR_NOT_INITIALIZED;
    if (!context) return CUDA_ERROR_INVALID_VALUE;
    *context = stand_in_current;
    return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize(void) {
    CUcontext context = stand_in_current;
    if (!context) return CUDA_ERROR_INVALID_CONTEXT;
    return stand_in_wait(context, vgpu_submitted_count(context->gpu));
}
