import FlowCore

/// The consumer of one worker: what the group gave it, and from where it fetches. A zombie's goes on though the group
/// has given its partitions to others.
public final class FakeSource: ScanSource {
    private let log: FakeLog
    private let time: VirtualTime
    private let faults: Faults
    /// Whether the worker still runs; a dead one hears no reply.
    var isAlive: () -> Bool = { true }
    public private(set) var assignment: [Int32] = []
    /// Where the next poll goes on; absent while a partition is not fetched.
    public private(set) var positions: [Int32: Int64] = [:]
    private var owesStart = false
    /// Given and not answered for yet.
    private var unanswered: Set<Int32> = []
    /// The log's end as of the last fetch of each partition.
    private var ends: [Int32: Int64] = [:]
    private var owesRelease = false
    /// Records that were handed over.
    public private(set) var polled = 0
    /// What the engine must not do: answers to no question and the like. Must stay empty.
    public private(set) var violations: [String] = []
    /// Every call of `start`, as text: "0@5 1@0".
    public private(set) var starts: [String] = []
    public private(set) var restarts: [String] = []
    public private(set) var stops: [Int32] = []
    /// Partitions whose next poll tells once more of a position that was refused before.
    public var lateRefusals: Set<Int32> = []
    public private(set) var hints: [(partition: Int32, offset: Int64)] = []

    public init(log: FakeLog, time: VirtualTime, faults: Faults) {
        self.log = log
        self.time = time
        self.faults = faults
    }

    // MARK: The group

    /// The group gives partitions; nothing is fetched until the engine answers.
    public func give(_ partitions: [Int32], to engine: FlowEngine) {
        assignment = (assignment + partitions).sorted()
        owesStart = true
        unanswered.formUnion(partitions)
        engine.assigned(partitions)
    }

    /// The group takes everything away.
    public func takeAll(from engine: FlowEngine) {
        owesStart = false
        take(assignment, from: engine)
    }

    /// The group takes some partitions away, as a cooperative assignor does.
    public func take(_ taken: [Int32], from engine: FlowEngine) {
        assignment.removeAll { taken.contains($0) }
        for partition in taken {
            positions[partition] = nil
            ends[partition] = nil
        }
        unanswered.subtract(taken)
        if unanswered.isEmpty { owesStart = false }
        owesRelease = true
        engine.revoked(taken)
        if owesRelease { violations.append("a revocation was not answered") }
    }

    // MARK: The port

    public func logBounds(
        of partitions: [Int32], reply: @escaping (Result<[LogBounds], TransientTrouble>) -> Void
    ) {
        let fails = faults.happens(faults.rates.sourcePercent)
        if fails { faults.mark(.brokerSilent) }
        time.after(faults.latencyMs()) { [self] in
            let bounds = partitions.map { LogBounds(partition: $0, start: log.start(of: $0), end: log.end(of: $0)) }
            time.after(faults.latencyMs()) { [self] in
                guard isAlive() else { return }
                reply(fails ? .failure(TransientTrouble("the broker does not answer")) : .success(bounds))
            }
        }
    }

    public func start(_ positions: [(partition: Int32, offset: Int64)]) {
        if !owesStart { violations.append("an answer to no assignment") }
        owesStart = false
        unanswered = []
        starts.append(positions.map { "\($0.partition)@\($0.offset)" }.joined(separator: " "))
        for (partition, offset) in positions { fetch(partition, from: offset) }
    }

    public func release() {
        if !owesRelease { violations.append("an answer to no revocation") }
        owesRelease = false
    }

    public func restart(_ partition: Int32, at offset: Int64) {
        restarts.append("\(partition)@\(offset)")
        if unanswered.contains(partition) {
            violations.append("partition \(partition) was restarted before the assignment was answered")
        }
        fetch(partition, from: offset)
    }

    private func fetch(_ partition: Int32, from offset: Int64) {
        guard assignment.contains(partition) else {
            violations.append("partition \(partition) is fetched though it is not assigned")
            return
        }
        positions[partition] = offset
    }

    public func stop(_ partition: Int32) {
        stops.append(partition)
        positions[partition] = nil
    }

    public func logEnd(of partition: Int32) -> Int64? { ends[partition] }

    public func poll(_ partition: Int32, limit: Int, _ body: (RawRecord) -> Void) -> PollOutcome {
        guard let position = positions[partition] else { return .records(0) }
        if lateRefusals.remove(partition) != nil { return .offsetOutOfRange }
        if position < log.start(of: partition) || position > log.end(of: partition) { return .offsetOutOfRange }
        let records = log.everything(in: partition)[Int(position)...].prefix(limit)
        for record in records { Self.hand(record, to: body) }
        positions[partition] = position + Int64(records.count)
        if !records.isEmpty { ends[partition] = log.end(of: partition) }
        polled += records.count
        return .records(records.count)
    }

    private static func hand(_ record: FakeRecord, to body: (RawRecord) -> Void) {
        withBytes(record.key) { key in
            withBytes(record.value) { value in
                body(RawRecord(offset: record.offset, timestampMs: record.timestampMs, key: key, value: value))
            }
        }
    }

    private static func withBytes(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Void) {
        guard let bytes else { return body(nil) }
        bytes.withUnsafeBytes { body($0) }
    }

    public func hint(_ positions: [(partition: Int32, offset: Int64)]) { hints = positions }
}
