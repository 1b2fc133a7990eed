#ifndef FULCRUM_BASELINE_H
#define FULCRUM_BASELINE_H

/* Reads the decimal number at the begin of each file, as plainly as C can. Returns their sum, or -1 on an error. */
long baseline_read_numbers(const int *descriptors, int count);

#endif
