#include "objects.h"

#include <string.h>

#define ENTRY(function) {#function, (void *)(uintptr_t)&function}

static const struct {
    const char *name;
    void *address;
} symbols[] = {
    ENTRY(cuInit), ENTRY(cuDriverGetVersion), ENTRY(cuDeviceGet), ENTRY(cuDeviceGetCount), ENTRY(cuDeviceGetName),
    ENTRY(cuCtxCreate_v2), ENTRY(cuCtxDestroy_v2), ENTRY(cuCtxSetCurrent), ENTRY(cuCtxGetCurrent),
    ENTRY(cuCtxSynchronize), ENTRY(cuModuleLoadData), ENTRY(cuModuleGetFunction), ENTRY(cuModuleUnload),
    ENTRY(cuLaunchKernel), ENTRY(cuLaunchKernel_ptsz), ENTRY(cuLaunchKernelEx), ENTRY(cuLaunchKernelEx_ptsz),
    ENTRY(cuLaunchCooperativeKernel), ENTRY(cuLaunchCooperativeKernel_ptsz), ENTRY(cuStreamBeginCapture_v2),
    ENTRY(cuStreamEndCapture), ENTRY(cuStreamIsCapturing), ENTRY(cuGraphInstantiate_v2),
    ENTRY(cuGraphInstantiateWithFlags), ENTRY(cuGraphLaunch), ENTRY(cuGraphLaunch_ptsz), ENTRY(cuGraphExecDestroy),
    ENTRY(cuGraphDestroy), ENTRY(cuStreamSynchronize_ptsz), ENTRY(cuStreamWaitEvent), ENTRY(cuEventRecord_ptsz),
    ENTRY(cuMemcpyDtoH_v2), ENTRY(cuMemcpyHtoD_v2), ENTRY(cuStreamCreate), ENTRY(cuStreamDestroy_v2), ENTRY(cuStreamSynchronize),
    ENTRY(cuStreamQuery), ENTRY(cuEventCreate), ENTRY(cuEventRecord), ENTRY(cuEventSynchronize), ENTRY(cuEventQuery),
    ENTRY(cuEventElapsedTime), ENTRY(cuEventDestroy_v2), ENTRY(cuMemAlloc_v2), ENTRY(cuMemFree_v2),
    ENTRY(cuMemcpyHtoDAsync_v2), ENTRY(cuMemcpyDtoHAsync_v2), ENTRY(cuGetProcAddress_v2), ENTRY(cuGetProcAddress),
    ENTRY(cuGetErrorName), ENTRY(cuGetErrorString),
};

static void *find(const char *name, const char *ending) {
    size_t length = strlen(name);
    for (size_t index = 0; index < sizeof symbols / sizeof *symbols; index++) {
        const char *known = symbols[index].name;
        if (strncmp(known, name, length) == 0 && strcmp(known + length, ending) == 0) return symbols[index].address;
    }
    return NULL;
}

#define CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM 2u

// As the driver does, a name without a version gives the newest: cuCtxCreate finds cuCtxCreate_v2.
void *stand_in_symbol(const char *name, cuuint64_t flags) {
    void *found = NULL;
    // In CUDA 12 this name means the form with flags.
    if (strcmp(name, "cuGraphInstantiate") == 0) name = "cuGraphInstantiateWithFlags";
    if (flags & CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) found = find(name, "_ptsz");
    if (!found) found = find(name, "_v2");
    return found ? found : find(name, "");
}

CUresult cuGetProcAddress_v2(const char *symbol, void **address, int version, cuuint64_t flags,
                             CUdriverProcAddressQueryResult *status) {
    (void)version;
    if (!symbol || !address) return CUDA_ERROR_INVALID_VALUE;
    *address = stand_in_symbol(symbol, flags);
    if (status) *status = *address ? CU_GET_PROC_ADDRESS_SUCCESS : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    return *address ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

CUresult cuGetProcAddress(const char *symbol, void **address, int version, cuuint64_t flags) {
    (void)version;
    if (!symbol || !address) return CUDA_ERROR_INVALID_VALUE;
    *address = stand_in_symbol(symbol, flags);
    return *address ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

static const struct {
    CUresult code;
    const char *name;
    const char *text;
} errors[] = {
    {CUDA_SUCCESS, "CUDA_SUCCESS", "no error"},
    {CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory or of GPU contexts"},
    {CUDA_ERROR_NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "cuInit was not called"},
    {CUDA_ERROR_DEVICE_UNAVAILABLE, "CUDA_ERROR_DEVICE_UNAVAILABLE", "the virtual board has stopped"},
    {CUDA_ERROR_NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no virtual board is running at the path in VIRTUAL_JETSON_GPU"},
    {CUDA_ERROR_INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {CUDA_ERROR_INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "the module names a surface that the board does not know"},
    {CUDA_ERROR_INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {CUDA_ERROR_INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {CUDA_ERROR_NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {CUDA_ERROR_NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {CUDA_ERROR_LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "the virtual board refused the launch"},
    {CUDA_ERROR_NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "a context can hold modules of one surface only"},
    {CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "the stream does not capture"},
    {CUDA_ERROR_UNKNOWN, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

CUresult cuGetErrorName(CUresult error, const char **text) {
    if (!text) return CUDA_ERROR_INVALID_VALUE;
    *text = NULL;
    for (size_t index = 0; index < sizeof errors / sizeof *errors; index++)
        if (errors[index].code == error) *text = errors[index].name;
    return *text ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char **text) {
    if (!text) return CUDA_ERROR_INVALID_VALUE;
    *text = NULL;
    for (size_t index = 0; index < sizeof errors / sizeof *errors; index++)
        if (errors[index].code == error) *text = errors[index].text;
    return *text ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
