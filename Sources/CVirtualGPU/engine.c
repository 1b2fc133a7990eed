#define _GNU_SOURCE
#include "layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct vgpu_context *context_at(const struct vgpu_board *board, uint32_t context) {
    return (struct vgpu_context *)&board->contexts[context & (VGPU_CONTEXTS - 1)];
}

static bool is_served(const char *path) {
    int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return false;
    bool served = vgpu_is_locked(descriptor, VGPU_ENGINE_BYTE);
    close(descriptor);
    return served;
}

static int fill(int descriptor, struct vgpu_board **out) {
    // fchmod, because open's mode is cut by the umask.
    if (fchmod(descriptor, 0666) != 0 || ftruncate(descriptor, (off_t)sizeof(struct vgpu_board)) != 0) return -errno;
    int result = vgpu_lock(descriptor, VGPU_ENGINE_BYTE);
    if (result != 0) return result;
    void *memory = mmap(NULL, sizeof(struct vgpu_board), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) return -errno;
    struct vgpu_board *board = memory;
    board->version = VGPU_VERSION;
    board->engine_pid = (uint32_t)getpid();
    VGPU_STORE(board->magic, VGPU_MAGIC);
    *out = board;
    return 0;
}

int vgpu_create(const char *path, struct vgpu_board **out, int *descriptor) {
    char fresh[4096];
    int length = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof fresh) return -ENAMETOOLONG;
    if (is_served(path)) return -EBUSY;
    (void)unlink(fresh);
    int opened = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (opened < 0) return -errno;
    int result = fill(opened, out);
    // Clients find the finished file or none.
    if (result == 0 && rename(fresh, path) != 0) {
        result = -errno;
        munmap(*out, sizeof(struct vgpu_board));
    }
    if (result != 0) {
        (void)unlink(fresh);
        close(opened);
        return result;
    }
    *descriptor = opened;
    return 0;
}

void vgpu_destroy(struct vgpu_board *board, int descriptor) {
    vgpu_unlock(descriptor, VGPU_ENGINE_BYTE);
    for (uint32_t index = 0; index < VGPU_CONTEXTS; index++) {
        if (VGPU_LOAD(board->owners[index]) == 0) continue;
        struct vgpu_context *context = context_at(board, index);
        vgpu_futex_wake(&context->completion);
        vgpu_futex_wake(&context->loaded);
    }
    munmap(board, sizeof *board);
    close(descriptor);
}

void vgpu_publish_surface(struct vgpu_board *board, uint32_t index, const char *name) {
    if (index < VGPU_SURFACES) snprintf(board->surfaces[index], VGPU_SURFACE_BYTES, "%s", name);
}

uint32_t vgpu_doorbell(const struct vgpu_board *board) { return VGPU_LOAD(board->doorbell); }

void vgpu_wait_doorbell(struct vgpu_board *board, uint32_t seen, uint64_t timeout_ns) {
    (void)vgpu_futex_wait(&board->doorbell, seen, timeout_ns);
}

void vgpu_ring_doorbell(struct vgpu_board *board) {
    __atomic_fetch_add(&board->doorbell, 1, __ATOMIC_ACQ_REL);
    vgpu_futex_wake(&board->doorbell);
}

uint64_t vgpu_take_calls(struct vgpu_board *board, uint32_t word) {
    uint64_t *calls = &board->calls[word & (VGPU_CONTEXT_WORDS - 1)];
    // Mostly nobody has called: a load leaves the cache line shared.
    return VGPU_LOAD(*calls) == 0 ? 0 : __atomic_exchange_n(calls, 0, __ATOMIC_ACQ_REL);
}

uint32_t vgpu_owner(const struct vgpu_board *board, uint32_t context) {
    return VGPU_LOAD(board->owners[context & (VGPU_CONTEXTS - 1)]);
}

uint64_t vgpu_memory(const struct vgpu_board *board, uint32_t context) {
    return VGPU_LOAD(context_at(board, context)->memory_bytes);
}

bool vgpu_is_closing(const struct vgpu_board *board, uint32_t context) {
    return VGPU_LOAD(context_at(board, context)->closing) != 0;
}

bool vgpu_is_held(int descriptor, uint32_t context) {
    return vgpu_is_locked(descriptor, VGPU_CONTEXT_BYTE(context & (VGPU_CONTEXTS - 1)));
}

void vgpu_surface(const struct vgpu_board *board, uint32_t context, char name[VGPU_SURFACE_BYTES]) {
    memcpy(name, context_at(board, context)->surface, VGPU_SURFACE_BYTES);
    name[VGPU_SURFACE_BYTES - 1] = 0;
}

uint64_t vgpu_submitted(const struct vgpu_board *board, uint32_t context) {
    return VGPU_LOAD(context_at(board, context)->submitted);
}

uint64_t vgpu_loads_submitted(const struct vgpu_board *board, uint32_t context) {
    return VGPU_LOAD(context_at(board, context)->loads_submitted);
}

struct vgpu_launch vgpu_launch_at(const struct vgpu_board *board, uint32_t context, uint64_t index) {
    const struct vgpu_entry *entry = &context_at(board, context)->ring[index & (VGPU_RING - 1)];
    return (struct vgpu_launch){.submitted_ns = VGPU_LOAD(entry->submitted_ns),
                                .cycles = VGPU_LOAD(entry->cycles),
                                .share_ppm = VGPU_LOAD(entry->share_ppm)};
}

uint64_t vgpu_load_submitted_ns(const struct vgpu_board *board, uint32_t context, uint64_t index) {
    return VGPU_LOAD(context_at(board, context)->load_submitted_ns[index & (VGPU_LOAD_RING - 1)]);
}

void vgpu_complete(struct vgpu_board *board, uint32_t context, uint64_t index, uint64_t when_ns) {
    struct vgpu_context *shared = context_at(board, context);
    VGPU_STORE(shared->ring[index & (VGPU_RING - 1)].completed_ns, when_ns);
    VGPU_STORE(shared->completed, index + 1);
    __atomic_fetch_add(&shared->completion, 1, __ATOMIC_ACQ_REL);
    vgpu_futex_wake(&shared->completion);
}

void vgpu_complete_load(struct vgpu_board *board, uint32_t context, uint64_t index) {
    struct vgpu_context *shared = context_at(board, context);
    VGPU_STORE(shared->loads_completed, index + 1);
    __atomic_fetch_add(&shared->loaded, 1, __ATOMIC_ACQ_REL);
    vgpu_futex_wake(&shared->loaded);
}

void vgpu_fault(struct vgpu_board *board, uint32_t context) {
    struct vgpu_context *shared = context_at(board, context);
    VGPU_STORE(shared->fault, 1u);
    __atomic_fetch_add(&shared->completion, 1, __ATOMIC_ACQ_REL);
    __atomic_fetch_add(&shared->loaded, 1, __ATOMIC_ACQ_REL);
    vgpu_futex_wake(&shared->completion);
    vgpu_futex_wake(&shared->loaded);
}

void vgpu_reset(struct vgpu_board *board, uint32_t context) {
    struct vgpu_context *shared = context_at(board, context);
    memset(shared->surface, 0, sizeof shared->surface);
    VGPU_STORE(shared->submitted, 0u);
    VGPU_STORE(shared->loads_submitted, 0u);
    VGPU_STORE(shared->completed, 0u);
    VGPU_STORE(shared->loads_completed, 0u);
    VGPU_STORE(shared->fault, 0u);
    VGPU_STORE(shared->closing, 0u);
    VGPU_STORE(shared->memory_bytes, 0u);
    VGPU_STORE(board->owners[context & (VGPU_CONTEXTS - 1)], 0u); // last: from here on a client may claim it
}
