import HuntCore
import ScanWire
import Testing

@testable import cairn_bench

@Suite("The trace of a benchmark")
struct ScanTraceTests {
    @Test("its oracle says what the plain model makes of its records", arguments: Mix.all, [0, 1.1])
    func oracle(mix: Mix, exponent: Double) {
        let players = 60
        var trace = ScanTrace(mix, players: players, exponent: exponent, seed: 3)
        var reader = TraceReader(players: players)
        for _ in 0..<30_000 { reader.read(trace.next()) }

        let oracle = trace.oracle
        #expect(reader.malformed == oracle.malformed)
        #expect(reader.unknownTags == oracle.unknownTags)
        #expect(reader.repeats == oracle.repeats)
        #expect(reader.accepted.reduce(0) { $0 + $1.count } == oracle.firsts + oracle.repeats)
        for player in 0..<players {
            let expected = standing(of: reader.accepted[player], in: BenchHunt.definition).tally
            let kept = oracle.standings[player]
            #expect(kept.score == expected.score)
            #expect(kept.unlocks == Int64(expected.unlocks))
            #expect(kept.reachedAt == expected.reachedAt)
        }
    }

    @Test("it has the shares that its mix names")
    func shares() {
        var trace = ScanTrace(.repeats, players: 10_000, exponent: 0, seed: 1)
        for _ in 0..<100_000 { _ = trace.next() }
        let oracle = trace.oracle
        #expect((7_600...8_400).contains(oracle.firsts))
        #expect((400...600).contains(oracle.unknownTags))
        #expect((60...140).contains(oracle.malformed))
        #expect(oracle.firsts + oracle.repeats + oracle.unknownTags + oracle.malformed == 100_000)

        var writes = ScanTrace(.writes, players: 10_000, exponent: 0, seed: 1)
        for _ in 0..<10_000 { _ = writes.next() }
        #expect(writes.oracle.firsts == 10_000)
    }

    @Test("checkpoints that players have seen before do not come as first ones, until all have been seen")
    func visited() {
        let players = 3
        var trace = ScanTrace(.writes, players: players, exponent: 0, seed: 7, visited: 5)
        var seen = (0..<players).map { player in
            Set((0..<5).map { ScanTrace.checkpoint(ofPlayer: player, visit: $0) })
        }
        for _ in 0..<players * (BenchHunt.checkpoints - 5) {
            let scan = trace.next()
            guard case .first(let checkpoint, _) = scan.content else { return #expect(Bool(false), "\(scan)") }
            #expect(seen[scan.player].insert(checkpoint).inserted)
        }
        #expect(seen.allSatisfy { $0.count == BenchHunt.checkpoints })
    }

    @Test("its sentinels are the players of the last 256 first scans", arguments: Mix.all)
    func sentinels(mix: Mix) {
        var trace = ScanTrace(mix, players: 5_000, exponent: 0, seed: 4)
        var players: [Int] = []
        for number in 1...20_000 {
            let scan = trace.next()
            if case .first = scan.content { players.append(scan.player) }
            if number % 1_000 == 0 {
                #expect(trace.oracle.sentinels == Set(players.suffix(256)).sorted())
            }
        }
        #expect(trace.oracle.sentinels.count > 200)
    }

    @Test("a seed makes the same records each time, another one others")
    func seeds() {
        func records(_ seed: UInt64) -> [TraceScan] {
            var trace = ScanTrace(.repeats, players: 500, exponent: 1.1, seed: seed)
            return (0..<5_000).map { _ in trace.next() }
        }
        #expect(records(7) == records(7))
        #expect(records(7) != records(8))
    }

    @Test("players that have seen everything leave the rest to others, until nothing is left")
    func exhaustion() {
        var trace = ScanTrace(.writes, players: 3, exponent: 2, seed: 1)
        for _ in 0..<3 * BenchHunt.checkpoints { _ = trace.next() }
        #expect(trace.oracle.standings.allSatisfy { $0.unlocks == Int64(BenchHunt.checkpoints) })
        let everything = (0..<BenchHunt.checkpoints).reduce(0) { $0 + BenchHunt.points(ofCheckpoint: $1) }
        #expect(trace.oracle.standings.allSatisfy { $0.score == everything })
    }

    @Test("with an exponent a few players scan most")
    func zipf() {
        var trace = ScanTrace(.repeats, players: 10_000, exponent: 1.1, seed: 1)
        var counts = [Int](repeating: 0, count: 10_000)
        for _ in 0..<50_000 { counts[trace.next().player] += 1 }
        #expect(counts[0] > 5_000)
        #expect(counts[0] > 3 * counts[4])
    }

    @Test("records are about 140 bytes and tell their number and their player")
    func template() {
        var trace = ScanTrace(.writes, players: 1_000, exponent: 0, seed: 5)
        var template = ScanTemplate(seed: 5)
        for number in 0..<100 {
            let scan = trace.next()
            template.encode(scan) { key, value in
                #expect((130...150).contains(value.count))
                #expect(ScanTemplate.number(ofValue: value) == number)
                #expect(ScanTemplate.player(ofName: key) == scan.player)
            }
        }
        #expect(ScanTemplate.player(ofName: UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }
}

/// Reads records as a worker gets them: nothing but their bytes.
private struct TraceReader {
    var accepted: [[AcceptedScan]]
    var malformed = 0
    var unknownTags = 0
    var repeats = 0
    private var template = ScanTemplate(seed: 3)
    private var decoder = ReaderDecoder()
    private let checkpoints: [TagUID: String]
    private var offset: Int64 = 0

    init(players: Int) {
        accepted = Array(repeating: [], count: players)
        var checkpoints: [TagUID: String] = [:]
        for checkpoint in BenchHunt.definition.checkpoints {
            var tag = checkpoint.tag
            if let uid = tag.withUTF8({ TagUID(hex: UnsafeRawBufferPointer($0)) }) { checkpoints[uid] = checkpoint.id }
        }
        self.checkpoints = checkpoints
        precondition(checkpoints.count == BenchHunt.checkpoints, "tags are unique")
    }

    mutating func read(_ record: TraceScan) {
        offset += 1
        let decoder = decoder
        let scan = template.encode(record) { decoder.decode(key: $0, value: $1, receivedAt: record.at) }
        guard let scan else {
            malformed += 1
            return
        }
        guard let checkpoint = checkpoints[scan.tag] else {
            unknownTags += 1
            return
        }
        if accepted[record.player].contains(where: { $0.checkpoint == checkpoint }) { repeats += 1 }
        accepted[record.player].append(
            AcceptedScan(
                checkpoint: checkpoint, scannedAt: scan.scannedAt, partition: 0, offset: offset, eventID: ""))
    }
}

private final class ReaderDecoder {
    private var decoder = ScanDecoder()
    private var scan = ScanView()

    /// nil for a record that is refused, which can only be for being malformed.
    func decode(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, receivedAt: Int64) -> ScanView? {
        guard let refusal = decoder.decode(value: value, key: key, receivedAt: receivedAt, into: &scan) else {
            return scan
        }
        #expect(refusal.reason == .malformed)
        return nil
    }
}
