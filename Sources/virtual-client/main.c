// A CUDA client small enough to run by the thousand: P processes that open a context each, start together, launch N kernels
// of C GPU cycles and wait for them.
//
// It finds the driver as frameworks do: dlopen, then cuGetProcAddress. Each process prints one line when it has done:
//   client pid PID launches N waits N cycles C end_ns T
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// As in the stand-in driver: in a module without a surface each thread costs 2000 cycles, 2048 threads at a time.
#define CYCLES_PER_THREAD 2000u
#define CORES 2048u

struct options {
    const char *libcuda;
    unsigned long processes, launches, wait_every, memory_bytes;
    uint64_t cycles, gap_ns;
    bool hold;
};

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    _exit(1);
}

static int (*get_proc_address)(const char *, void **, int, uint64_t, int *);

static void *driver_function(const char *name) {
    void *address = NULL;
    int status = 0;
    if (get_proc_address(name, &address, 12060, 0, &status) != 0 || !address)
        fail("The CUDA driver has no %s.", name);
    return address;
}

static void check(int result, const char *call) {
    if (result != 0) fail("%s failed with CUDA error %d. Does the virtual board in VIRTUAL_JETSON_GPU run?", call, result);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void pause_ns(uint64_t nanoseconds) {
    struct timespec rest = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {}
}

// Says through `ready` that the context is there, waits for the end of `start`, works.
static void work(const struct options *options, int ready, int start) {
    void *library = dlopen(options->libcuda, RTLD_NOW | RTLD_LOCAL);
    if (!library) fail("Could not load the CUDA driver %s: %s.", options->libcuda, dlerror());
    *(void **)&get_proc_address = dlsym(library, "cuGetProcAddress_v2");
    if (!get_proc_address) fail("Could not use %s: it has no cuGetProcAddress_v2.", options->libcuda);
    int (*initialise)(unsigned) = driver_function("cuInit");
    int (*create_context)(void **, unsigned, int) = driver_function("cuCtxCreate");
    int (*destroy_context)(void *) = driver_function("cuCtxDestroy");
    int (*load_module)(void **, const void *) = driver_function("cuModuleLoadData");
    int (*module_function)(void **, void *, const char *) = driver_function("cuModuleGetFunction");
    int (*create_stream)(void **, unsigned) = driver_function("cuStreamCreate");
    int (*synchronize)(void *) = driver_function("cuStreamSynchronize");
    int (*allocate)(unsigned long long *, size_t) = driver_function("cuMemAlloc");
    int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **) =
        driver_function("cuLaunchKernel");
    void *context = NULL, *module = NULL, *function = NULL, *stream = NULL;
    check(initialise(0), "cuInit");
    check(create_context(&context, 0, 0), "cuCtxCreate");
    check(load_module(&module, "plain"), "cuModuleLoadData");
    check(module_function(&function, module, "busy"), "cuModuleGetFunction");
    check(create_stream(&stream, 0), "cuStreamCreate");
    unsigned long long memory = 0;
    if (options->memory_bytes) check(allocate(&memory, options->memory_bytes), "cuMemAlloc");
    uint64_t blocks = options->cycles > 1 ? (options->cycles - 1) * CORES / CYCLES_PER_THREAD : 1;
    if (blocks == 0) blocks = 1;
    char byte = 0;
    if (write(ready, &byte, 1) != 1) fail("Could not tell the first process that this one is ready.");
    close(ready);
    while (read(start, &byte, 1) < 0 && errno == EINTR) {}
    unsigned long waits = 0;
    for (unsigned long number = 1; number <= options->launches; number++) {
        check(launch(function, (unsigned)blocks, 1, 1, 1, 1, 1, 0, stream, NULL, NULL), "cuLaunchKernel");
        bool last = number == options->launches;
        if (last || (options->wait_every && number % options->wait_every == 0)) {
            check(synchronize(stream), "cuStreamSynchronize");
            waits++;
        }
        if (options->gap_ns && !last) pause_ns(options->gap_ns);
    }
    printf("client pid %d launches %lu waits %lu cycles %llu end_ns %llu\n", (int)getpid(), options->launches, waits,
           (unsigned long long)(blocks * CYCLES_PER_THREAD / CORES + 1), (unsigned long long)now_ns());
    fflush(stdout);
    if (options->hold)
        while (read(STDIN_FILENO, &byte, 1) != 0 && errno != EBADF) {}
    check(destroy_context(context), "cuCtxDestroy");
}

static int run_all(const struct options *options) {
    int ready[2], start[2];
    if (pipe(ready) != 0 || pipe(start) != 0) fail("Could not make a pipe: %s.", strerror(errno));
    unsigned long started = 0;
    for (; started < options->processes; started++) {
        pid_t child = fork();
        if (child < 0) {
            fprintf(stderr, "Could not start process %lu: %s.\n", started + 1, strerror(errno));
            break;
        }
        if (child == 0) {
            close(ready[0]);
            close(start[1]);
            work(options, ready[1], start[0]);
            _exit(0);
        }
    }
    close(ready[1]);
    close(start[0]);
    // One byte from each that has its context; the end comes early where one fails.
    char bytes[256];
    unsigned long ready_count = 0;
    for (ssize_t got; ready_count < started && (got = read(ready[0], bytes, sizeof bytes)) != 0;)
        if (got > 0) ready_count += (unsigned long)got;
    close(start[1]);
    int failures = started < options->processes;
    for (int status; wait(&status) > 0;)
        if (status != 0) failures = 1;
    return failures;
}

static unsigned long number(const char *text, const char *option) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *text < '0' || *text > '9' || *end || value > 1000000000000ull)
        fail("--%s needs a number from 0 to 1000000000000, not \"%s\".", option, text);
    return (unsigned long)value;
}

static const char usage[] =
    "usage: virtual-client [--libcuda FILE] [--processes 1] [--launches 1] [--cycles 100000] [--gap-us 0]\n"
    "                      [--wait-every 1 (0: only at the end)] [--memory BYTES] [--hold]\n"
    "Runs small CUDA clients on the virtual board that VIRTUAL_JETSON_GPU names. --cycles is rounded to a whole grid;\n"
    "--hold keeps the contexts until standard input ends.\n";

int main(int count, char **arguments) {
    struct options options = {
        .libcuda = "libcuda.so.1", .processes = 1, .launches = 1, .wait_every = 1, .cycles = 100000};
    static const struct option known[] = {
        {"libcuda", required_argument, NULL, 'l'},   {"processes", required_argument, NULL, 'p'},
        {"launches", required_argument, NULL, 'n'},  {"cycles", required_argument, NULL, 'c'},
        {"gap-us", required_argument, NULL, 'g'},    {"wait-every", required_argument, NULL, 'w'},
        {"memory", required_argument, NULL, 'm'},    {"hold", no_argument, NULL, 'H'},
        {"help", no_argument, NULL, 'h'},            {NULL, 0, NULL, 0}};
    int choice, index = 0;
    while ((choice = getopt_long(count, arguments, "h", known, &index)) != -1) {
        switch (choice) {
        case 'l': options.libcuda = optarg; break;
        case 'p': options.processes = number(optarg, "processes"); break;
        case 'n': options.launches = number(optarg, "launches"); break;
        case 'c': options.cycles = number(optarg, "cycles"); break;
        case 'g': options.gap_ns = number(optarg, "gap-us") * 1000u; break;
        case 'w': options.wait_every = number(optarg, "wait-every"); break;
        case 'm': options.memory_bytes = number(optarg, "memory"); break;
        case 'H': options.hold = true; break;
        case 'h': fputs(usage, stdout); return 0;
        default: fputs(usage, stderr); return 64;
        }
    }
    // A grid dimension has 31 bits.
    if (options.cycles > 2000000000u) fail("--cycles must be at most 2000000000.");
    return run_all(&options);
}
