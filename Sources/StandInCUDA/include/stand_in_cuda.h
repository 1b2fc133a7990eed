// The CUDA driver API of the virtual board: the symbols and signatures that frameworks look up, our own declarations.
//
// Only the calls below exist. Each launch goes to the board's GPU engine through shared memory; nothing is computed.
// A module's image is text: "surface=NAME" gives the name of a workload surface of the board, and a launch of one of its
// functions is gridDimX parts per million of that workload's minibatch. In a module with any other image a launch costs
// STAND_IN_CYCLES_PER_THREAD GPU cycles for each thread, 2048 threads at a time, as on AGX Orin.
// VIRTUAL_JETSON_GPU names the board's file; without a board there is no device.
#ifndef STAND_IN_CUDA_H
#define STAND_IN_CUDA_H

#include <stddef.h>
#include <stdint.h>

#define STAND_IN_CYCLES_PER_THREAD 2000u
#define STAND_IN_CUDA_CORES 2048u
#define STAND_IN_CUDA_VERSION 12060

// Uprobes are cheap only where the first instruction is a nop: others are single-stepped.
#define CU_EXPORT __attribute__((visibility("default"), patchable_function_entry(1)))

typedef enum {
    CUDA_SUCCESS = 0,
    CUDA_ERROR_INVALID_VALUE = 1,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_NOT_INITIALIZED = 3,
    CUDA_ERROR_DEVICE_UNAVAILABLE = 46,
    CUDA_ERROR_NO_DEVICE = 100,
    CUDA_ERROR_INVALID_DEVICE = 101,
    CUDA_ERROR_INVALID_IMAGE = 200,
    CUDA_ERROR_INVALID_CONTEXT = 201,
    CUDA_ERROR_INVALID_HANDLE = 400,
    CUDA_ERROR_NOT_FOUND = 500,
    CUDA_ERROR_NOT_READY = 600,
    CUDA_ERROR_LAUNCH_FAILED = 719,
    CUDA_ERROR_NOT_SUPPORTED = 801,
    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
    CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
    CUDA_ERROR_STREAM_CAPTURE_UNMATCHED = 903,
    CUDA_ERROR_UNKNOWN = 999,
} CUresult;

typedef int CUdevice;
typedef unsigned long long CUdeviceptr;
typedef uint64_t cuuint64_t;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;
typedef struct CUevent_st *CUevent;
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphExec_st *CUgraphExec;
typedef struct CUgraphNode_st *CUgraphNode;
typedef struct CUlaunchAttribute_st CUlaunchAttribute;
typedef struct {
    unsigned int gridDimX;
    unsigned int gridDimY;
    unsigned int gridDimZ;
    unsigned int blockDimX;
    unsigned int blockDimY;
    unsigned int blockDimZ;
    unsigned int sharedMemBytes;
    CUstream hStream;
    CUlaunchAttribute *attrs;
    unsigned int numAttrs;
} CUlaunchConfig;
typedef enum {
    CU_STREAM_CAPTURE_STATUS_NONE = 0,
    CU_STREAM_CAPTURE_STATUS_ACTIVE = 1,
    CU_STREAM_CAPTURE_STATUS_INVALIDATED = 2,
} CUstreamCaptureStatus;
typedef enum {
    CU_STREAM_CAPTURE_MODE_GLOBAL = 0,
    CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1,
    CU_STREAM_CAPTURE_MODE_RELAXED = 2,
} CUstreamCaptureMode;
typedef enum {
    CU_GET_PROC_ADDRESS_SUCCESS = 0,
    CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND = 1,
} CUdriverProcAddressQueryResult;

CU_EXPORT CUresult cuInit(unsigned int flags);
CU_EXPORT CUresult cuDriverGetVersion(int *version);
CU_EXPORT CUresult cuDeviceGet(CUdevice *device, int ordinal);
CU_EXPORT CUresult cuDeviceGetCount(int *count);
CU_EXPORT CUresult cuDeviceGetName(char *name, int length, CUdevice device);

CU_EXPORT CUresult cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice device);
CU_EXPORT CUresult cuCtxDestroy_v2(CUcontext context);
CU_EXPORT CUresult cuCtxSetCurrent(CUcontext context);
CU_EXPORT CUresult cuCtxGetCurrent(CUcontext *context);
CU_EXPORT CUresult cuCtxSynchronize(void);

CU_EXPORT CUresult cuModuleLoadData(CUmodule *module, const void *image);
CU_EXPORT CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name);
CU_EXPORT CUresult cuModuleUnload(CUmodule module);
CU_EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned int gridDimX, unsigned int gridDimY,
                                  unsigned int gridDimZ, unsigned int blockDimX, unsigned int blockDimY,
                                  unsigned int blockDimZ, unsigned int sharedMemBytes, CUstream stream,
                                  void **kernelParams, void **extra);
CU_EXPORT CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function, void **kernelParams,
                                    void **extra);
CU_EXPORT CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned int gridDimX, unsigned int gridDimY,
                                             unsigned int gridDimZ, unsigned int blockDimX, unsigned int blockDimY,
                                             unsigned int blockDimZ, unsigned int sharedMemBytes, CUstream stream,
                                             void **kernelParams);

// A stream that captures takes launches and copies into a graph; waiting for it is an error. Other streams do not join.
CU_EXPORT CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode);
CU_EXPORT CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph);
CU_EXPORT CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus *status);
CU_EXPORT CUresult cuGraphInstantiate_v2(CUgraphExec *executable, CUgraph graph, CUgraphNode *errorNode, char *log,
                                         size_t logBytes);
CU_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, unsigned long long flags);
CU_EXPORT CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream);
CU_EXPORT CUresult cuGraphExecDestroy(CUgraphExec executable);
CU_EXPORT CUresult cuGraphDestroy(CUgraph graph);

// The forms for which stream 0 is the calling thread's own (programs built with per-thread default streams).
CU_EXPORT CUresult cuLaunchKernel_ptsz(CUfunction function, unsigned int gridDimX, unsigned int gridDimY,
                                       unsigned int gridDimZ, unsigned int blockDimX, unsigned int blockDimY,
                                       unsigned int blockDimZ, unsigned int sharedMemBytes, CUstream stream,
                                       void **kernelParams, void **extra);
CU_EXPORT CUresult cuLaunchKernelEx_ptsz(const CUlaunchConfig *config, CUfunction function, void **kernelParams,
                                         void **extra);
CU_EXPORT CUresult cuLaunchCooperativeKernel_ptsz(CUfunction function, unsigned int gridDimX, unsigned int gridDimY,
                                                  unsigned int gridDimZ, unsigned int blockDimX,
                                                  unsigned int blockDimY, unsigned int blockDimZ,
                                                  unsigned int sharedMemBytes, CUstream stream, void **kernelParams);
CU_EXPORT CUresult cuGraphLaunch_ptsz(CUgraphExec executable, CUstream stream);
CU_EXPORT CUresult cuStreamSynchronize_ptsz(CUstream stream);
CU_EXPORT CUresult cuEventRecord_ptsz(CUevent event, CUstream stream);

CU_EXPORT CUresult cuStreamCreate(CUstream *stream, unsigned int flags);
CU_EXPORT CUresult cuStreamDestroy_v2(CUstream stream);
CU_EXPORT CUresult cuStreamSynchronize(CUstream stream);
CU_EXPORT CUresult cuStreamQuery(CUstream stream);
CU_EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int flags);

CU_EXPORT CUresult cuEventCreate(CUevent *event, unsigned int flags);
CU_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream);
CU_EXPORT CUresult cuEventSynchronize(CUevent event);
CU_EXPORT CUresult cuEventQuery(CUevent event);
CU_EXPORT CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end);
CU_EXPORT CUresult cuEventDestroy_v2(CUevent event);

CU_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes);
CU_EXPORT CUresult cuMemFree_v2(CUdeviceptr address);
CU_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream);
CU_EXPORT CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream);
// Waits for all work of the context before it copies.
CU_EXPORT CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes);
CU_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes);

CU_EXPORT CUresult cuGetProcAddress(const char *symbol, void **address, int version, cuuint64_t flags);
CU_EXPORT CUresult cuGetProcAddress_v2(const char *symbol, void **address, int version, cuuint64_t flags,
                                       CUdriverProcAddressQueryResult *status);
CU_EXPORT CUresult cuGetErrorName(CUresult error, const char **text);
CU_EXPORT CUresult cuGetErrorString(CUresult error, const char **text);

#endif
