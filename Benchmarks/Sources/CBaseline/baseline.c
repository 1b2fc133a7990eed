#include "include/baseline.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

long baseline_read_numbers(const int *descriptors, int count) {
    long sum = 0;
    for (int index = 0; index < count; index++) {
        char text[32];
        ssize_t length = pread(descriptors[index], text, sizeof text - 1, 0);
        if (length <= 0) return -1;
        text[length] = 0;
        sum += strtol(text, NULL, 10);
    }
    return sum;
}

int baseline_stay_on(int cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (int index = 0; index < CPU_SETSIZE; index++)
        if (cpu < 0 || index == cpu) CPU_SET(index, &cpus);
    return sched_setaffinity(0, sizeof cpus, &cpus);
}
