// Calls functions of libcuda in several copies of one library that take turns, so that all meet the same noise.
//
// calling-process each FUNCTION CALLS PAUSE_US ROUNDS BARE EMPTY LIBRARY...
//   Times CALLS calls in one go after a pause, per copy and round. EMPTY gets a uprobe, and for a wait a uretprobe, of
//   this process that run no program. When all rounds are over, prints per round the nanoseconds for all CALLS of each
//   copy; -1 for EMPTY where the kernel gave no such probe.
//
// calling-process rate PER_SECOND LAUNCHES_PER_WAIT MILLISECONDS LIBRARY
//   Prints "begin", and when standard input ends launches at that rate, with a wait after each LAUNCHES_PER_WAIT. Then
//   prints the number of launches and the nanoseconds of CPU time that all took.
#include <dlfcn.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_LIBRARIES 8
#define STREAM 0x10000L
#define EVENT 0x20000L
#define FUNCTION 0x30000L

typedef int any();

static const struct {
    const char *name;
    char form; // of its arguments, see `call`
    int is_wait;
} functions[] = {
    {"cuStreamSynchronize", 's', 1}, {"cuCtxSynchronize", 's', 1}, {"cuEventSynchronize", 'e', 1},
    {"cuMemcpyDtoH_v2", 'c', 1},     {"cuEventRecord", 'r', 0},    {"cuLaunchKernel", 'k', 0},
    {"cuLaunchKernelEx", 'x', 0},    {"cuGraphLaunch", 'g', 0},
};

static struct {
    unsigned grid[3], block[3], shared_bytes, padding;
    long stream;
    void *attributes;
    unsigned count;
} configuration = {{64, 1, 1}, {128, 1, 1}, 0, 0, STREAM, NULL, 0};

static long long clock_ns(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static inline void call(any *function, char form) {
    switch (form) {
    case 's': function(STREAM); break;
    case 'e': function(EVENT); break;
    case 'c': function(NULL, 0L, 4L); break;
    case 'r': function(EVENT, STREAM); break;
    case 'k': function(FUNCTION, 64, 1, 1, 128, 1, 1, 0, STREAM, NULL, NULL); break;
    case 'x': function(&configuration, FUNCTION, NULL, NULL); break;
    case 'g': function(FUNCTION, STREAM); break;
    }
}

// The offset in the file: the mapping that holds the function says how far it is from its begin in the file.
static uint64_t file_offset(any *function) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[4096];
    uint64_t found = 0, address = (uintptr_t)function;
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long begin, end, offset;
        if (sscanf(line, "%lx-%lx %*s %lx", &begin, &end, &offset) == 3 && begin <= address && address < end)
            found = address - begin + offset;
    }
    if (maps) fclose(maps);
    return found;
}

static int attach_empty(const char *path, uint64_t offset, int at_return) {
    FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
    unsigned int type = 0;
    if (!file) return -1;
    int read = fscanf(file, "%u", &type);
    fclose(file);
    if (read != 1) return -1;
    struct perf_event_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.type = type;
    attributes.config = at_return; // bit 0 of the uprobe device's format is "retprobe"
    attributes.config1 = (uintptr_t)path;
    attributes.config2 = offset;
    return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void *open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
}

static any *find(void *library, const char *name) {
    any *function = (any *)dlsym(library, name);
    if (function) return function;
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
}

static int each(int count, char **arguments) {
    int number = count - 4, which = -1;
    for (size_t index = 0; index < sizeof functions / sizeof *functions; index++)
        if (strcmp(functions[index].name, arguments[0]) == 0) which = (int)index;
    long calls = atol(arguments[1]), pause_us = atol(arguments[2]), rounds = atol(arguments[3]);
    if (which < 0 || number < 2 || number > MAX_LIBRARIES || calls <= 0 || rounds <= 0 || rounds > 1000000) return 2;
    any *called[MAX_LIBRARIES];
    for (int index = 0; index < number; index++) {
        void *library = open_library(arguments[4 + index]);
        called[index] = find(library, functions[which].name);
        // What is waited for has been launched, and the event recorded.
        call(find(library, "cuLaunchKernel"), 'k');
        call(find(library, "cuEventRecord"), 'r');
    }
    uint64_t offset = file_offset(called[1]);
    int has_empty = offset && attach_empty(arguments[5], offset, 0) >= 0 &&
                    (!functions[which].is_wait || attach_empty(arguments[5], offset, 1) >= 0);
    long long(*times)[MAX_LIBRARIES] = calloc((size_t)rounds, sizeof *times);
    if (!times) return 1;
    for (long round = 0; round < rounds; round++)
        for (int index = 0; index < number; index++) {
            if (pause_us > 0) usleep((useconds_t)pause_us);
            long long begin = clock_ns(CLOCK_MONOTONIC);
            for (long left = calls; left > 0; left--) call(called[index], functions[which].form);
            times[round][index] = index == 1 && !has_empty ? -1 : clock_ns(CLOCK_MONOTONIC) - begin;
        }
    for (long round = 0; round < rounds; round++)
        for (int index = 0; index < number; index++)
            printf("%lld%c", times[round][index], index == number - 1 ? '\n' : ' ');
    return 0;
}

// In bursts of a millisecond; the moments are absolute, so that late wake-ups do not add up.
static int rate(char **arguments) {
    long per_second = atol(arguments[0]), per_wait = atol(arguments[1]), milliseconds = atol(arguments[2]);
    if (per_second < 1000 || per_wait <= 0 || milliseconds <= 0) return 2;
    void *library = open_library(arguments[3]);
    any *launch = find(library, "cuLaunchKernel"), *wait = find(library, "cuStreamSynchronize");
    puts("begin");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    long launches = 0;
    long long begin = clock_ns(CLOCK_THREAD_CPUTIME_ID), next = clock_ns(CLOCK_MONOTONIC);
    for (long tick = 0; tick < milliseconds; tick++) {
        for (long left = per_second / 1000; left > 0; left--) {
            call(launch, 'k');
            if (++launches % per_wait == 0) call(wait, 's');
        }
        next += 1000000;
        struct timespec until = {next / 1000000000, next % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    printf("%ld %lld\n", launches, clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin);
    return 0;
}

int main(int count, char **arguments) {
    if (count >= 8 && strcmp(arguments[1], "each") == 0) return each(count - 2, arguments + 2);
    if (count == 6 && strcmp(arguments[1], "rate") == 0) return rate(arguments + 2);
    return 2;
}
