import CBPF
import Telemetry

/// The records of the probes' ring (struct fulcrum_probe_record of bpf/abi.h), then the account of GPU time and the minibatches
/// that they make.
struct RingFuzz: FuzzedSubject {
    private var account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 1_000_000)
    private var minibatches = MinibatchLedger()
    private var executions = 0
    private var now: UInt64 = 1_000_000_000

    init() {
        account.began(.launches, at: 0)
    }

    mutating func run(_ random: inout SeededGenerator) -> Outcome {
        if executions % 20_000 == 0 {
            account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 1_000_000)
            account.began(.launches, at: 0)
            minibatches = MinibatchLedger()
            now = 1_000_000_000
        }
        executions += 1
        now += UInt64(random.below(2_000_000))
        var bytes = record(&random)
        if random.below(4) > 0 { Mutation.apply(to: &bytes, &random) }
        guard let record = bytes.withUnsafeBytes({ CUDARecord.parse($0) }) else { return .held(bytes: bytes.count) }
        if bytes.count < MemoryLayout<fulcrum_probe_record>.size {
            return .broken("A record was read out of \(bytes.count) bytes.")
        }
        if record.pid <= 0 || record.tid <= 0 { return .broken("A record has pid \(record.pid), tid \(record.tid).") }
        if record.endNanoseconds < record.beginNanoseconds { return .broken("A wait ends before it begins.") }
        let process = ProcessIdentity(pid: record.pid, startTimeTicks: record.instance / 10_000_000)
        switch record.kind {
        case .call(let kind):
            let event = CUDAEvent(
                process: process, tid: record.tid, kind: kind, stream: record.stream, token: record.token,
                beginNanoseconds: record.beginNanoseconds, endNanoseconds: record.endNanoseconds,
                launches: record.counts.launches, waits: record.counts.waits,
                launchesInFlight: record.launchesInFlight)
            account.receive(event, busyBegin: record.busyBeginNanoseconds)
            minibatches.receive(event, busyBegin: record.busyBeginNanoseconds)
        case .exit, .exec:
            account.exited(process, at: record.endNanoseconds)
            minibatches.processExited(process, counts: record.counts)
        }
        account.settle(now: now)
        return account.imbalance.map { .broken($0) } ?? .held(bytes: bytes.count)
    }

    /// A record as the programs write it.
    private func record(_ random: inout SeededGenerator) -> [UInt8] {
        let pid = UInt32(1 + random.below(9))
        let begin = now - UInt64(random.below(3_000_000))
        var record = fulcrum_probe_record()
        record.abi_version = UInt16(FULCRUM_PROBE_ABI_VERSION)
        record.kind = UInt16(1 + random.below(8))
        record.pid = pid
        record.tid = pid + UInt32(random.below(3))
        record.in_flight = UInt32(random.below(4))
        record.instance = UInt64(pid + UInt32(random.below(2))) * 1_000_000_000
        record.launches = UInt64(random.below(1_000))
        record.waits = UInt64(random.below(1_000))
        record.begin_ns = begin
        record.end_ns = begin + UInt64(random.below(3_000_000))
        record.busy_begin_ns = random.below(2) == 0 ? 0 : begin - UInt64(random.below(2_000_000))
        record.stream = [0, 1, 2, 0x7f00_0000_1000][random.below(4)]
        record.token = random.number()
        return withUnsafeBytes(of: &record) { Array($0) }
    }
}
