// The allocation functions of the whole program, this one and every library of it, counted per thread. A symbol of the
// executable comes before libc's, so nothing has to be preloaded.
#include "include/allocation_count.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static __thread unsigned long count_of_thread;

unsigned long allocation_count(void) { return count_of_thread; }

void *malloc(size_t size) {
    count_of_thread++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    count_of_thread++;
    return __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size) {
    count_of_thread++;
    return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
    count_of_thread++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count_of_thread++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **pointer, size_t alignment, size_t size) {
    count_of_thread++;
    void *made = __libc_memalign(alignment, size);
    if (!made) return ENOMEM;
    *pointer = made;
    return 0;
}
