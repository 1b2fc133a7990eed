import SystemCalls
import VirtualFiles

extension BoardTree {
    /// GPU memory by process, as nvmap's debugfs has it (nvmap_dev.c, nvmap_iovmm_debug_show): a row for each client, the
    /// sum last. `maps` has no row for each handle here.
    func addAllocations() throws(FileTreeError) {
        let engine = state.engine
        for name in ["clients", "maps"] {
            try tree.add(
                "sys/kernel/debug/nvmap/iovmm/\(name)",
                .readOnly(mode: 0o400) { Self.allocationTable(engine.allocations) })
        }
    }

    private static func allocationTable(_ allocations: [(pid: UInt32, bytes: UInt64)]) -> String {
        var lines = [row("CLIENT", "PROCESS", "PID", "SIZE")]
        var total: UInt64 = 0
        for allocation in allocations {
            // A process that has gone keeps its row until its context is reaped.
            let name = (try? SmallFile.text("/proc/\(allocation.pid)/comm", limit: 64)) ?? "-"
            lines.append(row("user", name, String(allocation.pid), "\(allocation.bytes >> 10)K"))
            total &+= allocation.bytes
        }
        lines.append(row("total", "", "", "\(total >> 10)K"))
        return lines.joined(separator: "\n")
    }

    /// "%-18s %18s %8s %11s".
    private static func row(_ client: String, _ process: String, _ pid: String, _ size: String) -> String {
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(width - text.utf8.count, 0))
        }
        return client + pad(client, 18) + " " + pad(process, 18) + process + " " + pad(pid, 8) + pid + " "
            + pad(size, 11) + size
    }
}
