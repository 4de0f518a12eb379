import HuntCore
import Simulation

@testable import FlowCore

/// A call of `Ledger.flush` as the engine would make it. Facts and scores are given in the order of their keys.
struct FlushDraft {
    struct Share {
        var partition: Int32 = 0
        var epoch: Int64 = 1
        var from: Int64 = 0
        var next: Int64 = 1
        var published: Int64 = 0
        var earlier: Int64 = 0
    }

    struct Fact {
        var isNew = true
        var player = "anna"
        var checkpoint: Int32 = 1
        /// Milliseconds after the world began.
        var atMs: Int64 = 0
        var event = "e1"
        var reader: String?
        var partition: Int32 = 0
        var offset: Int64 = 0
    }

    struct Score {
        var player = "anna"
        var score: Int64 = 10
        var unlocks: Int32 = 1
        /// Milliseconds after the world began; nil with a score of 0.
        var reachedMs: Int64? = 0
        var version: Int64 = 1
        var factsSeq: Int64 = 1

        var tally: Tally {
            Tally(score: score, unlocks: unlocks, reachedAt: reachedMs.map { VirtualTime.startEpochMs + $0 } ?? -1)
        }
    }

    struct Refusal {
        var reason = RefusalReason.malformed
        var partition: Int32 = 0
        var offset: Int64 = 0
        /// Hours after the world began.
        var hour: Int64 = 0
        var isKept = true
    }

    /// nil: the present one.
    var generation: Int64?
    var shares: [Share] = []
    var facts: [Fact] = []
    var scores: [Score] = []
    var refusals: [Refusal] = []

    /// Every record that is neither a fact nor refused is a repeat, so that the counts add up.
    func call(huntID: Int32, generation present: Int64) -> FlushCall {
        let call = FlushCall(id: 1, generation: generation ?? present)
        let segments = shares.map { _ in RecordSegment(capacity: max(facts.count + refusals.count, 1)) }
        for (share, segment) in zip(shares, segments) { call.shares.append(laneShare(share, segment)) }
        for score in scores { call.scores.append(row(score, huntID)) }
        for fact in facts {
            guard let share = shares.firstIndex(where: { $0.partition == fact.partition }),
                let score = scores.firstIndex(where: { $0.player == fact.player })
            else { preconditionFailure("a fact without a share or a score") }
            call.facts.append(
                FactRow(
                    isNew: fact.isNew, score: Int32(score), checkpointID: fact.checkpoint, share: Int32(share),
                    record: Int32(segments[share].count), slot: 0))
            append(fact, to: segments[share])
        }
        for refusal in refusals {
            guard let share = shares.firstIndex(where: { $0.partition == refusal.partition }) else {
                preconditionFailure("a refusal without a share")
            }
            call.refusals.append(
                RefusalRow(
                    reason: refusal.reason, detail: "no detail", share: Int32(share),
                    record: Int32(segments[share].count), isKept: refusal.isKept,
                    hour: VirtualTime.startEpochMs / 3_600_000 + refusal.hour))
            [UInt8]("{}".utf8).withUnsafeBytes { value in
                segments[share].append(
                    refused: refusal.reason, detail: "no detail", value: value, offset: refusal.offset,
                    receivedAt: VirtualTime.startEpochMs)
            }
        }
        return call
    }

    private func laneShare(_ share: Share, _ segment: RecordSegment) -> LaneShare {
        var counts = LaneCounts()
        counts.earlier = share.earlier
        counts.first = Int64(facts.count { $0.partition == share.partition }) - share.earlier
        counts.refusals = Int64(refusals.count { $0.partition == share.partition })
        counts.repeats = share.next - share.from - counts.first - counts.earlier - counts.refusals
        return LaneShare(
            lane: Lane(partition: share.partition, limits: FlowLimits().lane(among: 1), seed: 1), segment: segment,
            records: 0..<0,
            partition: share.partition, epoch: share.epoch, from: share.from, next: share.next, end: share.next,
            published: share.published, counts: counts)
    }

    private func row(_ score: Score, _ huntID: Int32) -> ScoreRow {
        ScoreRow(
            key: PlayerKey(huntID: huntID, name: score.player), tally: score.tally, version: score.version,
            factsSeq: score.factsSeq, isVisible: true, slot: 0, before: .zero, share: 0, record: 0)
    }

    private func append(_ fact: Fact, to segment: RecordSegment) {
        // The fields lie outside the value, so the segment copies them.
        let bytes = [fact.event, fact.player, fact.reader ?? "", "{}"].map { Array($0.utf8) }
        bytes[0].withUnsafeBytes { event in
            bytes[1].withUnsafeBytes { player in
                bytes[2].withUnsafeBytes { reader in
                    var scan = ScanView()
                    scan.eventID = event
                    scan.player = player
                    scan.reader = reader
                    scan.scannedAt = VirtualTime.startEpochMs + fact.atMs
                    bytes[3].withUnsafeBytes {
                        segment.append(
                            scan, value: $0, offset: fact.offset, receivedAt: VirtualTime.startEpochMs)
                    }
                }
            }
        }
    }
}

extension PlayerKey {
    init(huntID: Int32, name: String) {
        self = Array(name.utf8).withUnsafeBytes { PlayerKey(huntID: huntID, player: $0) }
    }
}
