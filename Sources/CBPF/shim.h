// libbpf as Swift sees it. Only what libbpf 0.3 (Debian 11) has, and one convention for failure: libbpf 0.x returns
// error pointers or -1 with errno, 1.x returns NULL or -errno; everything here returns -errno, or what is not negative.
#ifndef FULCRUM_CBPF_SHIM_H
#define FULCRUM_CBPF_SHIM_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../bpf/abi.h"

// Swift cannot take a va_list, so the text is made here. One Swift file alone may set the sink: every object file that
// does has its own.
typedef void (*fulcrum_bpf_log_sink)(const char *text);

static inline fulcrum_bpf_log_sink *fulcrum_bpf_log_target(void) {
    static fulcrum_bpf_log_sink target;
    return &target;
}

static inline int fulcrum_bpf_log_print(enum libbpf_print_level level, const char *format, va_list arguments) {
    char text[512];
    if (level != LIBBPF_WARN || !*fulcrum_bpf_log_target())
        return 0;
    vsnprintf(text, sizeof(text), format, arguments);
    (*fulcrum_bpf_log_target())(text);
    return 0;
}

static inline void fulcrum_bpf_set_log_sink(fulcrum_bpf_log_sink sink) {
    *fulcrum_bpf_log_target() = sink;
    libbpf_set_print(fulcrum_bpf_log_print);
}

static inline int fulcrum_bpf_object_open(
    const void *bytes, size_t count, const char *name, struct bpf_object **object) {
    struct bpf_object_open_opts options = {.sz = sizeof(options), .object_name = name};
    *object = bpf_object__open_mem(bytes, count, &options);
    long error = libbpf_get_error(*object);
    if (error)
        *object = NULL;
    return (int)error;
}

static inline int fulcrum_bpf_object_load(struct bpf_object *object) {
    int result = bpf_object__load(object);
    return result == -1 && errno ? -errno : result;
}

static inline int fulcrum_bpf_map_descriptor(struct bpf_object *object, const char *name) {
    struct bpf_map *map = bpf_object__find_map_by_name(object, name);
    return map ? bpf_map__fd(map) : -ENOENT;
}

static inline int fulcrum_bpf_link(struct bpf_link *made, struct bpf_link **link) {
    long error = libbpf_get_error(made);
    *link = error ? NULL : made;
    return (int)error;
}

// Attaches for all processes. `offset` counts from the start of the file.
static inline int fulcrum_bpf_attach_uprobe(
    struct bpf_object *object, const char *name, int at_return, const char *path, unsigned long long offset,
    struct bpf_link **link) {
    struct bpf_program *program = bpf_object__find_program_by_name(object, name);
    *link = NULL;
    if (!program)
        return -ENOENT;
    return fulcrum_bpf_link(bpf_program__attach_uprobe(program, at_return != 0, -1, path, (size_t)offset), link);
}

static inline int fulcrum_bpf_attach_raw_tracepoint(
    struct bpf_object *object, const char *name, const char *tracepoint, struct bpf_link **link) {
    struct bpf_program *program = bpf_object__find_program_by_name(object, name);
    *link = NULL;
    if (!program)
        return -ENOENT;
    return fulcrum_bpf_link(bpf_program__attach_raw_tracepoint(program, tracepoint), link);
}

static inline int fulcrum_bpf_map_lookup(int map, const void *key, void *value) {
    return bpf_map_lookup_elem(map, key, value) == 0 ? 0 : -errno;
}

static inline int fulcrum_bpf_map_delete(int map, const void *key) {
    return bpf_map_delete_elem(map, key) == 0 ? 0 : -errno;
}

// Copies up to `*count` entries, from the start or from where `*position` is, and says how many in `*count`. Returns 0,
// or 1 when these were the last. One system call; the map may change meanwhile, and no entry is given twice but for that.
static inline int fulcrum_bpf_map_entries(
    int map, int from_start, unsigned int *position, void *keys, void *values, unsigned int *count) {
    if (bpf_map_lookup_batch(map, from_start ? NULL : position, position, keys, values, count, NULL) == 0)
        return 0;
    return errno == ENOENT ? 1 : -errno;
}

static inline int fulcrum_bpf_ring_new(
    int map, int (*receive)(void *context, void *data, size_t size), void *context, struct ring_buffer **ring) {
    *ring = ring_buffer__new(map, receive, context, NULL);
    long error = libbpf_get_error(*ring);
    if (error)
        *ring = NULL;
    return (int)error;
}

// Asks for a uprobe on a file that does not exist: -ENOENT means that the kernel would make one for us.
static inline int fulcrum_uprobe_trial(unsigned int pmu_type) {
    static const char path[] = "/proc/self/no-such-file";
    struct perf_event_attr attributes = {
        .type = pmu_type, .size = sizeof(attributes), .uprobe_path = (__u64)(unsigned long)path};
    long made = syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    if (made < 0)
        return -errno;
    close((int)made);
    return 0;
}

#endif
