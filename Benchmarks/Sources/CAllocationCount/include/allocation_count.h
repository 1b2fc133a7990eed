#ifndef FULCRUM_ALLOCATION_COUNT_H
#define FULCRUM_ALLOCATION_COUNT_H

/* How often the calling thread has taken memory from the heap so far. */
unsigned long allocation_count(void);

#endif
