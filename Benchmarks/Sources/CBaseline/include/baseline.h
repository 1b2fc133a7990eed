#ifndef FULCRUM_BASELINE_H
#define FULCRUM_BASELINE_H

/* Reads the decimal number at the begin of each file, as plainly as C can. Returns their sum, or -1 on an error. */
long baseline_read_numbers(const int *descriptors, int count);

/* Keeps the calling thread, and threads that it makes from now on, on one CPU, or on any with -1. Returns 0, or -1 and errno. */
int baseline_stay_on(int cpu);

#endif
