#define _GNU_SOURCE
#include "layout.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// How long a waiter sleeps before it asks whether the engine still lives.
#define ENGINE_CHECK_NS 500000000u

struct vgpu_client {
    int descriptor;
    uint32_t index;
    struct vgpu_board *board;
    struct vgpu_context *context;
    pthread_mutex_t lock; // one producer at a time
};

// Tells the engine that this context has news.
static void call_engine(struct vgpu_client *client) {
    __atomic_fetch_or(&client->board->calls[client->index / 64], UINT64_C(1) << client->index % 64, __ATOMIC_ACQ_REL);
    vgpu_ring_doorbell(client->board);
}

static int claim(struct vgpu_client *client) {
    for (uint32_t index = 0; index < VGPU_CONTEXTS; index++) {
        uint32_t *owner = &client->board->owners[index];
        if (VGPU_LOAD(*owner) != 0) continue;
        // The lock comes first, so that the engine never sees an owner without one who lives.
        if (vgpu_lock(client->descriptor, VGPU_CONTEXT_BYTE(index)) != 0) continue;
        uint32_t none = 0;
        if (__atomic_compare_exchange_n(owner, &none, (uint32_t)getpid(), false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            client->index = index;
            client->context = &client->board->contexts[index];
            call_engine(client);
            return 0;
        }
        vgpu_unlock(client->descriptor, VGPU_CONTEXT_BYTE(index));
    }
    return -EUSERS;
}

static int map(struct vgpu_client *client, const char *path) {
    client->descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (client->descriptor < 0) return errno == ENOENT ? -ENODEV : -errno;
    struct stat status;
    if (fstat(client->descriptor, &status) != 0) return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size != (off_t)sizeof(struct vgpu_board)) return -ENODEV;
    void *memory =
        mmap(NULL, sizeof(struct vgpu_board), PROT_READ | PROT_WRITE, MAP_SHARED, client->descriptor, 0);
    if (memory == MAP_FAILED) return -errno;
    client->board = memory;
    if (VGPU_LOAD(client->board->magic) != VGPU_MAGIC || client->board->version != VGPU_VERSION) return -ENODEV;
    return vgpu_is_locked(client->descriptor, VGPU_ENGINE_BYTE) ? 0 : -ENODEV;
}

int vgpu_open(const char *path, struct vgpu_client **out) {
    struct vgpu_client *client = calloc(1, sizeof *client);
    if (!client) return -ENOMEM;
    client->descriptor = -1;
    pthread_mutex_init(&client->lock, NULL);
    int result = map(client, path);
    if (result == 0) result = claim(client);
    if (result != 0) {
        vgpu_close(client);
        return result;
    }
    *out = client;
    return 0;
}

void vgpu_close(struct vgpu_client *client) {
    if (client->context) {
        VGPU_STORE(client->context->closing, 1u);
        call_engine(client);
    }
    if (client->board) munmap(client->board, sizeof(struct vgpu_board));
    if (client->descriptor >= 0) close(client->descriptor);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

bool vgpu_has_surface(const struct vgpu_client *client, const char *name) {
    for (uint32_t index = 0; index < VGPU_SURFACES; index++) {
        const char *known = client->board->surfaces[index];
        if (known[0] && strncmp(known, name, VGPU_SURFACE_BYTES - 1) == 0) return true;
    }
    return false;
}

int vgpu_set_surface(struct vgpu_client *client, const char *name) {
    if (strlen(name) >= VGPU_SURFACE_BYTES || !vgpu_has_surface(client, name)) return -ENOENT;
    pthread_mutex_lock(&client->lock);
    char *surface = client->context->surface;
    int result = 0;
    if (!surface[0]) {
        memcpy(surface, name, strlen(name) + 1);
    } else if (strncmp(surface, name, VGPU_SURFACE_BYTES) != 0) {
        result = -EBUSY;
    }
    pthread_mutex_unlock(&client->lock);
    return result;
}

static int wait_until(struct vgpu_client *client, uint32_t *word, const uint64_t *done, uint64_t target) {
    for (;;) {
        uint32_t seen = VGPU_LOAD(*word);
        if ((int64_t)(VGPU_LOAD(*done) - target) >= 0) return 0;
        if (VGPU_LOAD(client->context->fault)) return -ECANCELED;
        if (vgpu_futex_wait(word, seen, ENGINE_CHECK_NS) == -ETIMEDOUT &&
            !vgpu_is_locked(client->descriptor, VGPU_ENGINE_BYTE))
            return -EPIPE;
    }
}

int vgpu_wait(struct vgpu_client *client, uint64_t count) {
    return wait_until(client, &client->context->completion, &client->context->completed, count);
}

int vgpu_wait_load(struct vgpu_client *client, uint64_t count) {
    return wait_until(client, &client->context->loaded, &client->context->loads_completed, count);
}

int vgpu_submit(struct vgpu_client *client, const struct vgpu_work *work, uint32_t length, uint64_t *count) {
    struct vgpu_context *context = client->context;
    pthread_mutex_lock(&client->lock);
    int result = 0;
    for (uint32_t position = 0; position < length && result == 0; position++) {
        uint64_t index = context->submitted;
        if (index - VGPU_LOAD(context->completed) >= VGPU_RING) {
            call_engine(client);
            result = vgpu_wait(client, index - VGPU_RING + 1);
        }
        if (result == 0 && VGPU_LOAD(context->fault)) result = -ECANCELED;
        if (result != 0) break;
        struct vgpu_entry *entry = &context->ring[index & (VGPU_RING - 1)];
        entry->share_ppm = work[position].share_ppm;
        entry->cycles = work[position].cycles;
        entry->completed_ns = 0;
        entry->submitted_ns = vgpu_now_ns();
        VGPU_STORE(context->submitted, index + 1);
        *count = index + 1;
    }
    if (length > 0) call_engine(client);
    pthread_mutex_unlock(&client->lock);
    return result;
}

int vgpu_submit_load(struct vgpu_client *client, uint64_t *count) {
    struct vgpu_context *context = client->context;
    pthread_mutex_lock(&client->lock);
    uint64_t index = context->loads_submitted;
    int result = index < VGPU_LOAD_RING ? 0 : vgpu_wait_load(client, index - VGPU_LOAD_RING + 1);
    if (result == 0) {
        context->load_submitted_ns[index & (VGPU_LOAD_RING - 1)] = vgpu_now_ns();
        VGPU_STORE(context->loads_submitted, index + 1);
        *count = index + 1;
        call_engine(client);
    }
    pthread_mutex_unlock(&client->lock);
    return result;
}

void vgpu_set_memory(struct vgpu_client *client, uint64_t bytes) {
    VGPU_STORE(client->context->memory_bytes, bytes);
}

int vgpu_poll(struct vgpu_client *client, uint64_t count) {
    if ((int64_t)(VGPU_LOAD(client->context->completed) - count) >= 0) return 1;
    return VGPU_LOAD(client->context->fault) ? -ECANCELED : 0;
}

uint64_t vgpu_submitted_count(const struct vgpu_client *client) { return VGPU_LOAD(client->context->submitted); }

uint64_t vgpu_completion_ns(const struct vgpu_client *client, uint64_t count) {
    const struct vgpu_context *context = client->context;
    if (count == 0 || (int64_t)(VGPU_LOAD(context->completed) - count) < 0) return 0;
    uint64_t when = VGPU_LOAD(context->ring[(count - 1) & (VGPU_RING - 1)].completed_ns);
    return VGPU_LOAD(context->submitted) - count < VGPU_RING ? when : 0;
}
