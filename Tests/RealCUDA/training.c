// A training loop on a real NVIDIA GPU, by the driver API alone: no CUDA toolkit is needed, libcuda is found at run time
// and the kernel is PTX. Prints what CUDA's own events say of each minibatch, for the probes to be compared with.
//
//   training MINIBATCHES LAUNCHES CYCLES PAUSE_US
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef int CUresult, CUdevice;
typedef void *CUcontext, *CUmodule, *CUfunction, *CUstream, *CUevent;

static const char ptx[] =
    ".version 6.0\n.target sm_50\n.address_size 64\n"
    ".visible .entry spin(.param .u64 cycles) {\n"
    "  .reg .u64 %rd<4>;\n  .reg .pred %p1;\n"
    "  ld.param.u64 %rd1, [cycles];\n  mov.u64 %rd2, %clock64;\n"
    "again:\n  mov.u64 %rd3, %clock64;\n  sub.u64 %rd3, %rd3, %rd2;\n"
    "  setp.lt.u64 %p1, %rd3, %rd1;\n  @%p1 bra again;\n  ret;\n}\n";

static void *library;

static void *find(const char *name) {
    void *address = dlsym(library, name);
    if (!address) {
        fprintf(stderr, "training: libcuda.so.1 has no %s\n", name);
        exit(1);
    }
    return address;
}

static void check(CUresult result, const char *call) {
    if (result == 0) return;
    fprintf(stderr, "training: %s failed with CUDA error %d\n", call, result);
    exit(1);
}

#define CALL(name, types, ...) check(((CUresult(*) types)find(#name))(__VA_ARGS__), #name)

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: training MINIBATCHES LAUNCHES CYCLES PAUSE_US\n");
        return 2;
    }
    long minibatches = atol(arguments[1]), launches = atol(arguments[2]);
    uint64_t cycles = strtoull(arguments[3], NULL, 10);
    useconds_t pause_us = (useconds_t)atol(arguments[4]);
    library = dlopen("libcuda.so.1", RTLD_NOW);
    if (!library) {
        fprintf(stderr, "training: %s\n", dlerror());
        return 1;
    }
    CUdevice device;
    CUcontext context;
    CUmodule module;
    CUfunction spin;
    CUstream stream;
    CUevent begin, end;
    int version = 0;
    CALL(cuInit, (unsigned), 0);
    CALL(cuDriverGetVersion, (int *), &version);
    CALL(cuDeviceGet, (CUdevice *, int), &device, 0);
    char name[256];
    CALL(cuDeviceGetName, (char *, int, CUdevice), name, sizeof name, device);
    CALL(cuCtxCreate_v2, (CUcontext *, unsigned, CUdevice), &context, 0, device);
    CALL(cuModuleLoadData, (CUmodule *, const void *), &module, ptx);
    CALL(cuModuleGetFunction, (CUfunction *, CUmodule, const char *), &spin, module, "spin");
    CALL(cuStreamCreate, (CUstream *, unsigned), &stream, 1);
    CALL(cuEventCreate, (CUevent *, unsigned), &begin, 0);
    CALL(cuEventCreate, (CUevent *, unsigned), &end, 0);
    printf("device %s driver %d pid %d\n", name, version, getpid());

    double busy_ms = 0, started = now_ms();
    void *parameters[] = {&cycles};
    for (long minibatch = 0; minibatch < minibatches; minibatch++) {
        CALL(cuEventRecord, (CUevent, CUstream), begin, stream);
        for (long launch = 0; launch < launches; launch++)
            CALL(cuLaunchKernel,
                 (CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void **,
                  void **),
                 spin, 1, 1, 1, 1, 1, 1, 0, stream, parameters, NULL);
        CALL(cuEventRecord, (CUevent, CUstream), end, stream);
        CALL(cuStreamSynchronize, (CUstream), stream);
        float elapsed = 0;
        CALL(cuEventElapsedTime, (float *, CUevent, CUevent), &elapsed, begin, end);
        busy_ms += elapsed;
        if (pause_us) usleep(pause_us);
    }
    printf("truth pid %d minibatches %ld launches %ld busy_ms %.3f wall_ms %.3f\n", getpid(), minibatches,
           minibatches * launches, busy_ms, now_ms() - started);
    return 0;
}
