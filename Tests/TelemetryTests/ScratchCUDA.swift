import Foundation

/// A shared library with the synchronisation functions of libcuda, and a program that calls them on command.
struct ScratchCUDA {
    static let compiler = ["/usr/bin/cc", "/usr/local/bin/cc"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    let directory: ScratchDirectory
    var library: String { directory.path + "/libcuda.so.1" }
    private var program: String { directory.path + "/waits" }

    init() throws {
        directory = try ScratchDirectory()
        try directory.write(Self.librarySource, "library.c")
        try directory.write(Self.programSource, "waits.c")
        try Self.compile(["-shared", "-fPIC", "-o", library, directory.path + "/library.c"])
        try Self.compile(["-o", program, directory.path + "/waits.c", "-ldl", "-lpthread"])
    }

    /// Puts another file of the same content in the library's place, as a package manager does.
    func replaceLibrary() throws {
        let fresh = library + ".new"
        try FileManager.default.copyItem(atPath: library, toPath: fresh)
        guard unsafe rename(fresh, library) == 0 else { throw POSIXError(.EIO) }
    }

    func start() throws -> WaitingProcess { try WaitingProcess(program: program, library: library) }

    private static func compile(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: compiler ?? "/usr/bin/cc")
        process.arguments = ["-O1"] + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw POSIXError(.ENOEXEC) }
    }

    /// One nop at the entry, which the kernel emulates: other first instructions are single-stepped, which is slow in
    /// virtual machines.
    private static let librarySource = """
        #define WAIT(name) __attribute__((noinline, patchable_function_entry(1))) int name(void *what) { \\
            static volatile int calls; return ++calls < 0; }
        WAIT(cuStreamSynchronize)
        WAIT(cuStreamSynchronize_ptsz)
        WAIT(cuEventSynchronize)
        WAIT(cuCtxSynchronize)
        """

    /// Reads two numbers per line, and lets that many threads wait that often each; says when it is done. The waits take
    /// turns over the functions.
    private static let programSource = """
        #include <dlfcn.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        static const char *names[] = {
            "cuStreamSynchronize", "cuStreamSynchronize_ptsz", "cuEventSynchronize", "cuCtxSynchronize"};
        static int (*waits[4])(void *);
        static void *wait_often(void *count) {
            for (long left = (long)count; left > 0; left--) waits[left % 4](NULL);
            return NULL;
        }
        int main(int count, char **arguments) {
            pthread_t threads[16];
            int wanted;
            long each;
            void *library = dlopen(arguments[1], RTLD_NOW);
            if (count != 2 || !library) return 1;
            for (int index = 0; index < 4; index++) {
                *(void **)&waits[index] = dlsym(library, names[index]);
                if (!waits[index]) return 2;
            }
            puts("ready");
            fflush(stdout);
            while (scanf("%d %ld", &wanted, &each) == 2 && wanted >= 0 && wanted <= 16) {
                if (wanted == 1) wait_often((void *)each);
                for (int index = 0; wanted > 1 && index < wanted; index++)
                    pthread_create(&threads[index], NULL, wait_often, (void *)each);
                for (int index = 0; wanted > 1 && index < wanted; index++) pthread_join(threads[index], NULL);
                puts("done");
                fflush(stdout);
            }
            return 0;
        }
        """
}

/// A running program of ScratchCUDA. Everything is told and answered through pipes; nothing waits for time to pass.
final class WaitingProcess {
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()

    /// Returns when the program has opened the library.
    init(program: String, library: String) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [library]
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
        try commands.fileHandleForWriting.write(contentsOf: Data("\(threads) \(count)\n".utf8))
        try expect("done")
    }

    /// Lets the program end, and reaps it.
    func finish() throws {
        try commands.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private func expect(_ word: String) throws {
        let line = try answers.fileHandleForReading.read(upToCount: word.utf8.count + 1)
        guard line == Data("\(word)\n".utf8) else { throw POSIXError(.EPROTO) }
    }
}
