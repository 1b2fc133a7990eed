// The first process of a guest that has an older kernel than ours, or another architecture (scripts/kernels.sh): hides the
// kernel's BTF, loads the probes, makes calls that it probes itself, and says whether they were counted to the one.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bpf/abi.h"

#define STREAM 0x1000L
#define EVENT 0xe000L
#define LAUNCHES 1009
#define CALL(name, ...)                                                                                                \
    __attribute__((noinline, patchable_function_entry(1))) static int name(__VA_ARGS__) {                             \
        static volatile int calls;                                                                                     \
        return ++calls < 0;                                                                                            \
    }

#pragma GCC diagnostic ignored "-Wunused-parameter"

CALL(launch, long function, unsigned x, unsigned y, unsigned z, unsigned block_x, unsigned block_y, unsigned block_z,
     unsigned bytes, long stream, void *parameters, void *extra)
CALL(wait_for_stream, long stream)
CALL(record_event, long event, long stream)
CALL(wait_for_event, long event)

static struct bpf_object *object;
static unsigned long long records[FULCRUM_RECORD_COPY_WAIT + 1];
static int failures;

static void expect(const char *what, unsigned long long found, unsigned long long expected) {
    printf("%s %s: %llu%s\n", found == expected ? "ok  " : "FAIL", what, found, found == expected ? "" : " is wrong");
    failures += found != expected;
}

static int receive(void *context, void *data, size_t size) {
    const struct fulcrum_probe_record *record = data;
    if (size >= sizeof *record && record->kind <= FULCRUM_RECORD_COPY_WAIT) records[record->kind]++;
    return 0;
}

static unsigned long file_offset(unsigned long address) {
    unsigned long begin, end, offset, found = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %*s %lx", &begin, &end, &offset) == 3 && begin <= address && address < end)
            found = address - begin + offset;
    if (maps) fclose(maps);
    return found;
}

static void attach(const char *program, int at_return, void *function) {
    struct bpf_program *found = bpf_object__find_program_by_name(object, program);
    struct bpf_link *link =
        bpf_program__attach_uprobe(found, at_return, -1, "/init", file_offset((unsigned long)function));
    expect(program, libbpf_get_error(link) == 0, 1);
}

static int map(const char *name) { return bpf_map__fd(bpf_object__find_map_by_name(object, name)); }

// The child makes the calls, looks at its account, and goes.
static void call_and_go(void) {
    for (int index = 1; index <= LAUNCHES; index++) {
        launch(7, 1, 1, 1, 1, 1, 1, 0, STREAM, NULL, NULL);
        if (index % 100 == 0) wait_for_stream(STREAM);
    }
    record_event(EVENT, STREAM);
    launch(7, 1, 1, 1, 1, 1, 1, 0, STREAM, NULL, NULL);
    wait_for_event(EVENT);
    struct fulcrum_account account = {0};
    unsigned pid = (unsigned)getpid();
    unsigned long long in_flight = 0;
    bpf_map_lookup_elem(map("accounts"), &pid, &account);
    for (int place = 0; place <= FULCRUM_PROBE_STREAMS; place++)
        in_flight += account.streams[place].launched - account.streams[place].drained;
    expect("launches in the account", account.launches, LAUNCHES + 1);
    expect("waits in the account", account.waits, LAUNCHES / 100 + 1);
    // Streams are told apart by the ninth argument, which lies on the stack.
    expect("launches in flight after the event", in_flight, 1);
    fflush(stdout);
    _exit(failures);
}

static void run(void) {
    int error = bpf_object__load(object);
    expect("load", error == 0, 1);
    if (error) return;
    attach("stream_wait", 0, wait_for_stream);
    attach("wait_return", 1, wait_for_stream);
    attach("event_wait", 0, wait_for_event);
    attach("wait_return", 1, wait_for_event);
    attach("event_record", 0, record_event);
    attach("kernel_launch", 0, launch);
    const char *ends[][2] = {{"process_exit", "sched_process_exit"}, {"process_exec", "sched_process_exec"}};
    for (int index = 0; index < 2; index++) {
        struct bpf_program *program = bpf_object__find_program_by_name(object, ends[index][0]);
        expect(ends[index][0], libbpf_get_error(bpf_program__attach_raw_tracepoint(program, ends[index][1])) == 0, 1);
    }
    struct ring_buffer *ring = ring_buffer__new(map("records"), receive, NULL, NULL);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) call_and_go();
    int status = 1;
    waitpid(child, &status, 0);
    failures += status != 0;
    ring_buffer__consume(ring);
    expect("launch records", records[FULCRUM_RECORD_LAUNCH], LAUNCHES + 1);
    expect("stream wait records", records[FULCRUM_RECORD_STREAM_WAIT], LAUNCHES / 100);
    expect("event wait records", records[FULCRUM_RECORD_EVENT_WAIT], 1);
    expect("exit records", records[FULCRUM_RECORD_EXIT], 1);
}

int main(void) {
    struct utsname name;
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("none", "/sys/kernel/btf", "tmpfs", 0, NULL);
    uname(&name);
    printf("kernel %s %s\n", name.release, name.machine);
    expect("BTF of the kernel", access("/sys/kernel/btf/vmlinux", F_OK) == 0, 0);
    object = bpf_object__open_file("/cuda.o", NULL);
    if (libbpf_get_error(object) == 0) run();
    else expect("open", 0, 1);
    printf("%s\n", failures ? "RESULT failed" : "RESULT passed");
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    return 0;
}
