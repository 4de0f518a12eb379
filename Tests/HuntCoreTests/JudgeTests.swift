import HuntCore
import Randomness
import Testing

@Suite("Judging scans")
struct JudgeTests {
    private static let definition = HuntDefinition(
        slug: "h", opensAt: 1_000_000, closesAt: 9_000_000, lateGrace: 500_000,
        checkpoints: [
            HuntDefinition.Checkpoint(id: "open", tag: "04A1B2C3D4E5F6", points: 1),
            HuntDefinition.Checkpoint(
                id: "vault", tag: "04FFEEDDCCBBAA", points: 1, opensAt: 2_000_000, closesAt: 3_000_000),
        ])
    private let rules = HuntRules(huntID: 1, rulesVersion: 1, definition: definition, checkpointIDs: [10, 11])
    private let open = uid("04a1b2c3d4e5f6")
    private let vault = uid("04FFEEDDCCBBAA")

    private func judge(_ tag: TagUID, _ scannedAt: Int64, _ receivedAt: Int64) -> Verdict {
        rules.judge(tag: tag, scannedAt: scannedAt, receivedAt: receivedAt)
    }

    @Test("the hunt's window is half open")
    func huntWindow() {
        #expect(judge(open, 999_999, 1_000_000) == .refused(.outsideWindow))
        #expect(judge(open, 1_000_000, 1_000_000) == .checkpoint(0))
        #expect(judge(open, 8_999_999, 9_000_000) == .checkpoint(0))
        #expect(judge(open, 9_000_000, 9_000_000) == .refused(.outsideWindow))
    }

    @Test("a checkpoint's window is half open")
    func checkpointWindow() {
        #expect(judge(vault, 1_999_999, 2_000_000) == .refused(.outsideWindow))
        #expect(judge(vault, 2_000_000, 2_000_000) == .checkpoint(1))
        #expect(judge(vault, 2_999_999, 3_000_000) == .checkpoint(1))
        #expect(judge(vault, 3_000_000, 3_000_000) == .refused(.outsideWindow))
    }

    @Test("a scan may lie 300,000 ms after its arrival and no more")
    func future() {
        #expect(judge(open, 2_300_000, 2_000_000) == .checkpoint(0))
        #expect(judge(open, 2_300_001, 2_000_000) == .refused(.fromTheFuture))
    }

    @Test("a scan may arrive until the hunt's close plus grace, that instant included, whatever its checkpoint's close")
    func grace() {
        #expect(judge(open, 8_000_000, 9_500_000) == .checkpoint(0))
        #expect(judge(open, 8_000_000, 9_500_001) == .refused(.tooLate))
        #expect(judge(vault, 2_000_000, 9_500_000) == .checkpoint(1))
    }

    @Test("of several reasons the first in the contract's order is given")
    func orderOfReasons() {
        let unknown = uid("00000000")
        #expect(judge(unknown, 20_000_000, 1) == .refused(.unknownTag))
        #expect(judge(open, 20_000_000, 1) == .refused(.fromTheFuture))
        #expect(judge(open, 20_000_000, 20_000_000) == .refused(.outsideWindow))
        #expect(judge(open, 8_000_000, 20_000_000) == .refused(.tooLate))
    }

    @Test("times at the ends of their ranges do not overflow")
    func extremes() {
        #expect(judge(open, 0, .min) == .refused(.fromTheFuture))
        #expect(judge(open, Timestamp.latest, .max) == .refused(.outsideWindow))
        #expect(judge(open, 0, .max) == .refused(.outsideWindow))
        #expect(judge(open, 5_000_000, .max) == .refused(.tooLate))
    }

    @Test("a tag of another length is another tag, though its first bytes are the same and the rest are 0")
    func tagLengths() {
        let checkpoints = ["04A1B2C3", "04A1B2C3000000", "04A1B2C3000000000000"].enumerated().map {
            HuntDefinition.Checkpoint(id: "c\($0)", tag: $1, points: 1)
        }
        for kept in 0..<3 {
            let definition = HuntDefinition(slug: "h", opensAt: 0, closesAt: 10, checkpoints: [checkpoints[kept]])
            let rules = HuntRules(huntID: 1, rulesVersion: 1, definition: definition, checkpointIDs: [1])
            for (number, checkpoint) in checkpoints.enumerated() {
                let verdict = rules.judge(tag: uid(checkpoint.tag), scannedAt: 1, receivedAt: 1)
                #expect(verdict == (number == kept ? .checkpoint(0) : .refused(.unknownTag)))
            }
        }
        #expect(judge(.none, 2_000_000, 2_000_000) == .refused(.unknownTag))
    }

    @Test("each of 10,000 tags that differ in their last digits only leads to its checkpoint")
    func manyTags() {
        let checkpoints = (0..<10_000).map {
            HuntDefinition.Checkpoint(id: "c\($0)", tag: String(10_000_000 + $0), points: 1)
        }
        let definition = HuntDefinition(slug: "h", opensAt: 0, closesAt: 10, checkpoints: checkpoints)
        let rules = HuntRules(
            huntID: 1, rulesVersion: 1, definition: definition, checkpointIDs: (0..<10_000).map(Int32.init))
        for number in 0..<10_000 {
            let verdict = rules.judge(tag: uid(checkpoints[number].tag), scannedAt: 1, receivedAt: 1)
            #expect(verdict == .checkpoint(number))
        }
        #expect(rules.judge(tag: uid("10010000"), scannedAt: 1, receivedAt: 1) == .refused(.unknownTag))
    }

    @Test("on random hunts, tags and times the judge agrees with one that reads the definition")
    func agreesWithNaiveJudge() {
        var random = SplitMix64(seed: 6)
        var verdicts: [RefusalReason?: Int] = [:]
        for _ in 0..<2000 {
            let definition = RandomHunt.make(&random)
            let rules = RandomHunt.rules(of: definition, &random)
            let indexes = Bookkeeper.indexes(of: rules)
            for _ in 0..<20 {
                let stranger = RandomHunt.tag(Int.random(in: 0..<20, using: &random), &random)
                let tag = random.chance(80) ? random.pick(definition.checkpoints).tag : stranger
                let edges = definition.checkpoints.flatMap { [$0.opensAt, $0.closesAt].compactMap { $0 } }
                let edge = random.pick(edges + [definition.opensAt, definition.closesAt])
                let scannedAt = edge + Int64.random(in: -1...1, using: &random)
                let arrival = random.pick([
                    scannedAt, scannedAt - 300_000, definition.closesAt + definition.lateGrace, .max, .min + 1,
                ])
                let receivedAt = arrival == .max ? arrival : arrival + Int64.random(in: -1...1, using: &random)
                let verdict = rules.judge(tag: uid(tag), scannedAt: scannedAt, receivedAt: receivedAt)
                let expected = naiveVerdict(definition, tag, scannedAt, receivedAt)
                switch (verdict, expected) {
                case (.checkpoint(let index), .success(let id)):
                    #expect(indexes[id] == index)
                    verdicts[nil, default: 0] += 1
                case (.refused(let reason), .failure(let refusal)):
                    #expect(reason == refusal.reason)
                    verdicts[reason, default: 0] += 1
                default:
                    Issue.record("\(verdict) instead of \(expected): \(tag) \(scannedAt) \(receivedAt) \(definition)")
                }
            }
        }
        #expect(verdicts.count == 5)
        #expect(verdicts.values.allSatisfy { $0 > 500 })
    }

    private struct Refusal: Error {
        let reason: RefusalReason
    }

    private func naiveVerdict(
        _ definition: HuntDefinition, _ tag: String, _ scannedAt: Int64, _ receivedAt: Int64
    ) -> Result<String, Refusal> {
        guard let checkpoint = definition.checkpoints.first(where: { $0.tag == tag.uppercased() }) else {
            return .failure(Refusal(reason: .unknownTag))
        }
        if receivedAt < scannedAt - 300_000 { return .failure(Refusal(reason: .fromTheFuture)) }
        let isInHunt = (definition.opensAt..<definition.closesAt).contains(scannedAt)
        let isAtCheckpoint =
            checkpoint.opensAt.map { scannedAt >= $0 } ?? true && checkpoint.closesAt.map { scannedAt < $0 } ?? true
        if !isInHunt || !isAtCheckpoint { return .failure(Refusal(reason: .outsideWindow)) }
        if receivedAt > definition.closesAt + definition.lateGrace { return .failure(Refusal(reason: .tooLate)) }
        return .success(checkpoint.id)
    }
}
