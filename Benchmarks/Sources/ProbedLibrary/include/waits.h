#ifndef FULCRUM_BENCH_WAITS_H
#define FULCRUM_BENCH_WAITS_H

int cuStreamSynchronize(void *stream);

#endif
