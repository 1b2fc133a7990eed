// Times calls of cuStreamSynchronize in three copies of one library: NONE has no probe, EMPTY has a uprobe and a
// uretprobe of this process that run no program, PROBED is whatever the parent has attached. The copies take turns, so
// that all three meet the same noise.
//
// waiting-process NONE EMPTY PROBED CALLS PAUSE_US ROUNDS
//
// Per round and copy, CALLS calls in one go after a pause. Prints per round "NONE EMPTY PROBED", in nanoseconds for all
// CALLS, when all rounds are over. EMPTY is -1 where the kernel gave no such probe.
#include <dlfcn.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef int wait_function(void *);

static long long now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// The offset in the file: the mapping that holds the function says how far it is from its begin in the file.
static uint64_t file_offset(wait_function *function) {
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

static long long timed(wait_function *wait, long calls, long pause_us) {
    if (pause_us > 0) usleep((useconds_t)pause_us);
    long long begin = now_ns();
    for (long left = calls; left > 0; left--) wait(NULL);
    return now_ns() - begin;
}

int main(int count, char **arguments) {
    if (count != 7) return 2;
    long calls = atol(arguments[4]), pause_us = atol(arguments[5]), rounds = atol(arguments[6]);
    if (calls <= 0 || pause_us < 0 || rounds <= 0 || rounds > 1000000) return 2;
    wait_function *waits[3];
    for (int index = 0; index < 3; index++) {
        void *library = dlopen(arguments[index + 1], RTLD_NOW | RTLD_LOCAL);
        if (library) waits[index] = (wait_function *)dlsym(library, "cuStreamSynchronize");
        if (!library || !waits[index]) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
    }
    uint64_t offset = file_offset(waits[1]);
    int has_empty = offset && attach_empty(arguments[2], offset, 0) >= 0 && attach_empty(arguments[2], offset, 1) >= 0;
    long long(*times)[3] = calloc((size_t)rounds, sizeof *times);
    if (!times) return 1;
    for (long round = 0; round < rounds; round++) {
        times[round][0] = timed(waits[0], calls, pause_us);
        times[round][1] = has_empty ? timed(waits[1], calls, pause_us) : -1;
        times[round][2] = timed(waits[2], calls, pause_us);
    }
    for (long round = 0; round < rounds; round++)
        printf("%lld %lld %lld\n", times[round][0], times[round][1], times[round][2]);
    return 0;
}
