import Foundation
import Glibc

/// A shared library with functions of libcuda that do nothing, and a program that calls them on command.
struct ScratchCUDA: Sendable {
    static let compiler = ["/usr/bin/cc", "/usr/local/bin/cc"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    let directory: ScratchDirectory
    var library: String { directory.path + "/libcuda.so.1" }
    private var program: String { directory.path + "/calls" }

    /// With `isSlim`, the library has cuLaunchKernel and cuStreamSynchronize alone, which are soon detached.
    init(isSlim: Bool = false) throws {
        directory = try ScratchDirectory()
        try directory.write(Self.librarySource, "library.c")
        try directory.write(Self.programSource, "calls.c")
        try Self.compile(
            (isSlim ? ["-DSLIM"] : []) + ["-shared", "-fPIC", "-o", library, directory.path + "/library.c"])
        try Self.compile(["-o", program, directory.path + "/calls.c", "-ldl", "-lpthread"])
    }

    /// Puts another file of the same content in the library's place, as a package manager does.
    func replaceLibrary() throws {
        let fresh = library + ".new"
        try FileManager.default.copyItem(atPath: library, toPath: fresh)
        guard unsafe rename(fresh, library) == 0 else { throw POSIXError(.EIO) }
    }

    /// Starts the program; with `root`, inside that directory, where it and the library must lie.
    func start(library: String? = nil, root: String = "") throws -> CallingProcess {
        try CallingProcess(program: program, library: library ?? self.library, root: root)
    }

    private static func compile(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: compiler ?? "/usr/bin/cc")
        process.arguments = ["-O1"] + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw POSIXError(.ENOEXEC) }
    }

    /// One nop at the entry, which the kernel emulates: other first instructions are single-stepped, which is slow in
    /// virtual machines. Arguments as in cuda.h. A wait for stream 0xb10c000 returns when a byte comes on standard input.
    private static let librarySource = """
        #include <stdint.h>
        #include <unistd.h>
        typedef uintptr_t handle;
        #define CALL(name, ...) __attribute__((noinline, patchable_function_entry(1))) int name(__VA_ARGS__) { \\
            static volatile int calls; return ++calls < 0; }
        static int refuses; // the next calls of contexts fail
        #define CONTEXT(name, ...) __attribute__((noinline, patchable_function_entry(1))) int name(__VA_ARGS__) { \\
            return refuses; }
        __attribute__((noinline, patchable_function_entry(1))) int cuStreamSynchronize(handle stream) {
            char byte;
            if (stream == 0xbad000) return 400;
            if (stream != 0xb10c000) return 0;
            if (write(1, "inside\\n", 7) != 7) return 1;
            return read(0, &byte, 1) == 1 ? 0 : 1;
        }
        CALL(cuLaunchKernel, handle f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
            unsigned bytes, handle stream, void **parameters, void **extra)
        #ifndef SLIM
        CALL(cuStreamSynchronize_ptsz, handle stream)
        CALL(cuEventSynchronize, handle event)
        CALL(cuCtxSynchronize, void)
        CALL(cuMemcpyDtoH_v2, void *to, handle from, size_t bytes)
        CALL(cuLaunchKernel_ptsz, handle f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
            unsigned bytes, handle stream, void **parameters, void **extra)
        CALL(cuLaunchCooperativeKernel, handle f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
            unsigned bz, unsigned bytes, handle stream, void **parameters)
        CALL(cuLaunchKernelEx, void *config, handle f, void **parameters, void **extra)
        CALL(cuGraphLaunch, handle graph, handle stream)
        CALL(cuEventRecord, handle event, handle stream)
        CONTEXT(cuCtxCreate_v2, handle *context, unsigned flags, int device)
        CONTEXT(cuCtxDestroy_v2, handle context)
        CONTEXT(cuDevicePrimaryCtxRetain, handle *context, int device)
        void refuse(int result) { refuses = result; }
        #endif
        """

    /// Reads lines of a letter and two numbers, does what `act` says, and answers "done". Handles are the number times
    /// 4,096, so that 0 stays 0.
    private static let programSource = #"""
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <pthread.h>
        #include <sched.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/wait.h>
        #include <unistd.h>
        #define FUNCTION(name) ((int (*)())dlsym(library, #name))
        static void *library;
        static char **program;
        static int (*kernel)(), (*stream_wait)(), (*waits[4])();
        static void launch(long stream, long count) {
            for (; count > 0; count--)
                kernel(0x7000L, 2, 3, 4, 5, 6, 7, 8, stream, (void *)0, (void *)0);
        }
        static void *wait_often(void *count) {
            for (long left = (long)count; left > 0; left--) waits[left % 4](left % 2 ? 0L : 0x1000L);
            return NULL;
        }
        static void *work(void *each) {
            long stream = (long)(uintptr_t)pthread_self() & ~0xfffL;
            for (long left = (long)each; left > 0; left--) {
                launch(stream, 3);
                stream_wait(stream);
            }
            return NULL;
        }
        static void together(void *(*what)(void *), long threads, long each) {
            pthread_t running[16];
            for (long index = 0; index < threads; index++) pthread_create(&running[index], NULL, what, (void *)each);
            for (long index = 0; index < threads; index++) pthread_join(running[index], NULL);
        }
        static char state_of_first(void) {
            char line[512], *bracket;
            FILE *stat = fopen("/proc/self/stat", "r");
            if (!stat || !fgets(line, sizeof line, stat)) _exit(5);
            fclose(stat);
            bracket = strrchr(line, ')');
            return bracket ? bracket[2] : 0;
        }
        static void serve(void);
        static void *outlive(void *nothing) {
            while (state_of_first() != 'Z') sched_yield();
            puts("done");
            fflush(stdout);
            serve();
            _exit(0);
        }
        static void act(char letter, long a, long b) {
            struct { unsigned grid[3], block[3], bytes, padding; long stream; void *attributes; } config =
                {{2, 3, 4}, {5, 6, 7}, 8, 0, a << 12, 0};
            char number[32], path[4096];
            pthread_t outliving;
            switch (letter) {
            case 'w': if (a == 1) wait_often((void *)b); else together(wait_often, a, b); break;
            case 't': together(work, a, b); break;
            case 'k': launch(a << 12, b); break;
            case 'G': kernel(0x7000L, 2, 3, (int)b, 5, 6, 7, 8, a << 12, (void *)0, (void *)0); break;
            case 'p': while (b-- > 0)
                FUNCTION(cuLaunchKernel_ptsz)(0x7000L, 2, 3, 4, 5, 6, 7, 8, a << 12, (void *)0, (void *)0);
                break;
            case 'c': FUNCTION(cuLaunchCooperativeKernel)(0x7000L, 2, 3, 4, 5, 6, 7, 8, a << 12, (void *)0); break;
            case 'K': FUNCTION(cuLaunchKernelEx)(&config, 0x7000L, (void *)0, (void *)0); break;
            case 'g': FUNCTION(cuGraphLaunch)(b << 12, a << 12); break;
            case 's': stream_wait(a << 12); break;
            case 'q': FUNCTION(cuStreamSynchronize_ptsz)(a << 12); break;
            case 'x': FUNCTION(cuCtxSynchronize)(); break;
            case 'd': FUNCTION(cuMemcpyDtoH_v2)((void *)0, 0L, 0L); break;
            case 'r': FUNCTION(cuEventRecord)(b << 12, a << 12); break;
            case 'e': FUNCTION(cuEventSynchronize)(b << 12); break;
            case 'C': FUNCTION(refuse)((int)a); FUNCTION(cuCtxCreate_v2)((void *)0, 0, 0); break;
            case 'D': FUNCTION(refuse)((int)a); FUNCTION(cuCtxDestroy_v2)(0L); break;
            case 'R': FUNCTION(refuse)((int)a); FUNCTION(cuDevicePrimaryCtxRetain)((void *)0, 0); break;
            case 'f': // a children, one after another, of (0 to 6) + b launches and one wait
                for (long index = 0; index < a; index++) {
                    pid_t child = fork();
                    if (child == 0) {
                        launch(0x1000, index % 7 + b);
                        stream_wait(0x1000L);
                        _exit(0);
                    }
                    waitpid(child, NULL, 0);
                }
                break;
            case 'z': // the first thread goes, another serves on
                pthread_create(&outliving, NULL, outlive, NULL);
                pthread_exit(NULL);
            case 'M': // maps a further files
                for (long index = 0; index < a; index++) {
                    snprintf(path, sizeof path, "%s.%ld/libcuda.so.1", program[1], index);
                    int file = open(path, O_RDONLY);
                    if (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED) _exit(4);
                    close(file);
                }
                break;
            case 'E': // becomes the program again
                snprintf(number, sizeof number, "%ld", a);
                execl(program[0], program[0], program[1], number, (char *)0);
            }
        }
        static void serve(void) {
            char letter;
            long a, b;
            while (scanf(" %c %ld %ld", &letter, &a, &b) == 3) {
                act(letter, a, b);
                puts("done");
                fflush(stdout);
            }
        }
        int main(int count, char **arguments) {
            if (count > 3 && chroot(arguments[3]) != 0) return 3;
            program = arguments;
            library = dlopen(arguments[1], RTLD_NOW);
            if (count < 2 || !library) return 1;
            kernel = FUNCTION(cuLaunchKernel);
            stream_wait = waits[0] = FUNCTION(cuStreamSynchronize);
            waits[1] = FUNCTION(cuStreamSynchronize_ptsz);
            waits[2] = FUNCTION(cuEventSynchronize);
            waits[3] = FUNCTION(cuCtxSynchronize);
            setvbuf(stdin, NULL, _IONBF, 0);
            puts(count > 2 && arguments[2][0] ? "again" : "ready");
            fflush(stdout);
            serve();
            return 0;
        }
        """#
}

/// A running program of ScratchCUDA. Everything is told and answered through pipes; nothing waits for time to pass.
final class CallingProcess {
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()

    /// Returns when the program has opened the library.
    init(program: String, library: String, root: String) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [library] + (root.isEmpty ? [] : ["", root])
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        try expect("ready")
    }

    deinit {
        process.terminate()
    }

    var pid: Int32 { process.processIdentifier }

    /// Makes `count` waits in each of `threads` and returns when they are made.
    func wait(_ count: Int, threads: Int = 1) throws {
        try act("w", threads, count)
    }

    /// Has the program do one thing (see `act` in its source) and returns when it is done.
    func act(_ letter: Character, _ a: Int = 0, _ b: Int = 0, answer: String = "done") throws {
        try send("\(letter) \(a) \(b)\n")
        try expect(answer)
    }

    /// Makes the program wait for a stream that does not end, and returns when it is inside.
    func enterEndlessWait() throws {
        try act("s", 0xb10c, 0, answer: "inside")
    }

    /// Ends that wait.
    func leaveEndlessWait() throws {
        try send("!")
        try expect("done")
    }

    /// Lets the program end, and reaps it.
    func finish() throws {
        try commands.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Kills the program, and reaps it.
    func kill() {
        _ = Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private func send(_ text: String) throws {
        try commands.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    private func expect(_ word: String) throws {
        let line = try answers.fileHandleForReading.read(upToCount: word.utf8.count + 1)
        guard line == Data("\(word)\n".utf8) else { throw POSIXError(.EPROTO) }
    }
}
