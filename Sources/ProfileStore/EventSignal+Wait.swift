import Glibc
import SystemCalls

extension EventSignal {
    /// Waits until it is raised, or so long (-1: for ever), and lowers it.
    func wait(milliseconds: Int32 = -1) {
        var entry = pollfd(fd: rawDescriptor, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&entry, 1, milliseconds)
        clear()
    }
}
