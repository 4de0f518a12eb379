import HuntCore
import ScanWire

@testable import FlowCore

/// A score machine and one lane, driven through batches as the engine does it, without an engine.
final class SampleBatch {
    let machine: ScoreMachine
    private let lane: Lane
    private var nextOffset: Int64 = 0
    private var callsMade: UInt32 = 0

    init() {
        machine = ScoreMachine(book: SampleScans.book, cacheBytes: 256 << 20, seed: 1)
        lane = Lane(partition: 0, limits: FlowLimits().lane(among: 1), seed: 1)
        lane.status = .active
    }

    /// Fills the lane with one scan of a checkpoint by each player.
    func fill(_ values: [[UInt8]]) {
        var decoder = ScanDecoder()
        var scan = ScanView()
        for (key, value) in zip(SampleScans.keys, values) {
            value.withUnsafeBytes { value in
                let refusal = key.withUnsafeBytes { key in
                    decoder.decode(value: value, key: key, receivedAt: SampleScans.opensAt, into: &scan)
                }
                precondition(refusal == nil, "a sample scan was refused")
                lane.filling.append(scan, value: value, offset: nextOffset, receivedAt: SampleScans.opensAt)
            }
            nextOffset += 1
        }
        lane.advance()
    }

    /// Claims and scores what the lane holds. Players that are new to the machine have no row in the ledger.
    func decide() -> FlushCall {
        callsMade += 1
        let call = FlushCall(id: callsMade, generation: machine.book.generation)
        let from = lane.decided
        let count = machine.claim(lane, limit: SampleScans.batch, for: call)
        let start = lane.available.lowerBound
        call.shares = [
            LaneShare(
                lane: lane, segment: lane.current, records: start..<start + count, partition: 0, epoch: 1, from: from,
                next: from + Int64(count), end: from + Int64(count), published: from, counts: LaneCounts())
        ]
        if !call.unloaded.isEmpty { machine.load([], for: call, provenAtMs: 0) }
        machine.score(call, epochMs: 0)
        return call
    }

    /// Ends a call as committed.
    func finish(_ call: FlushCall) -> Int {
        let items = machine.finish(call, committedAt: SampleScans.opensAt, batch: 1)
        lane.consume(SampleScans.batch)
        lane.committed(to: call.shares[0].next)
        return items.count
    }
}
