import HuntCore
import Randomness
import Testing

@Suite("Why a player has its score")
struct ExplanationTests {
    private typealias Checkpoint = HuntDefinition.Checkpoint

    private func hunt(_ checkpoints: [Checkpoint], trails: [HuntDefinition.Trail] = []) -> HuntDefinition {
        HuntDefinition(slug: "h", opensAt: 0, closesAt: 1000, checkpoints: checkpoints, trails: trails)
    }

    /// Each checkpoint requires the one before it.
    private var chain: HuntDefinition {
        hunt([
            Checkpoint(id: "d", tag: "00000004", points: 4, requires: ["c"]),
            Checkpoint(id: "c", tag: "00000003", points: 3, requires: ["b"]),
            Checkpoint(id: "b", tag: "00000002", points: 2, requires: ["a"]),
            Checkpoint(id: "a", tag: "00000001", points: 1),
        ])
    }

    private func scan(_ checkpoint: String, _ at: Int64) -> AcceptedScan {
        AcceptedScan(
            checkpoint: checkpoint, scannedAt: at, partition: 3, offset: at, eventID: "e\(at)", reader: "r\(at)")
    }

    @Test("on random hunts the explanation, the plain model and the compiled tally agree in every part")
    func agreement() {
        var random = SplitMix64(seed: 21)
        var waiting = 0
        var begun = 0
        for _ in 0..<3000 {
            let definition = RandomHunt.make(&random)
            var scans = RandomHunt.scans(of: definition, &random)
            scans += scans.shuffled(using: &random).prefix(3)
            var keeper = Bookkeeper(rules: RandomHunt.rules(of: definition, &random))
            for scan in scans { keeper.record(scan) }
            let explanation = Explanation(of: scans, in: definition)
            let model = standing(of: scans, in: definition)
            #expect(explanation.tally == model.tally, "\(definition) \(scans)")
            #expect(explanation.tally == keeper.fullTally(), "\(definition) \(scans)")
            #expect(explanation.points + explanation.bonuses == model.score)

            let counted = model.visits.filter { $0.at != nil }
            #expect(Set(explanation.contributions.map(\.first)) == Set(counted.map(\.first)))
            #expect(explanation.contributions.count == counted.count)
            for contribution in explanation.contributions {
                let visit = counted.first { $0.checkpoint == contribution.first.checkpoint }
                #expect(visit?.at == contribution.at && visit?.points == contribution.points)
            }
            #expect(explanation.trails.count == model.trails.count)
            for trail in explanation.trails {
                let progress = model.trails.first { $0.trail == trail.id }
                #expect(progress?.at == trail.at && progress?.missing == trail.missing)
                #expect(progress?.bonus == trail.bonus)
                if trail.at == nil { begun += 1 }
            }
            let lacking = model.visits.filter { $0.at == nil }
            #expect(explanation.waiting.count == lacking.count)
            for waiting in explanation.waiting {
                let visit = lacking.first { $0.checkpoint == waiting.first.checkpoint }
                #expect(visit?.first == waiting.first && visit?.waitsFor == waiting.requires)
            }
            waiting += lacking.count
        }
        #expect(waiting > 500 && begun > 500)
    }

    @Test("scanning what it still needs makes a waiting checkpoint count, and leaving out any one of that does not")
    func sufficientAndNecessary() {
        var random = SplitMix64(seed: 22)
        var tried = 0
        for _ in 0..<1500 {
            let definition = RandomHunt.make(&random)
            let scans = RandomHunt.scans(of: definition, &random)
            for waiting in Explanation(of: scans, in: definition).waiting {
                let missing = waiting.toScan.map { scan($0, RandomHunt.opensAt + 5) }
                #expect(!missing.isEmpty)
                func isCounted(_ scans: [AcceptedScan]) -> Bool {
                    let later = standing(of: scans, in: definition)
                    return later.visits.contains { $0.checkpoint == waiting.first.checkpoint && $0.at != nil }
                }
                #expect(isCounted(scans + missing), "\(definition) \(scans)")
                for place in missing.indices {
                    var rest = missing
                    rest.remove(at: place)
                    #expect(!isCounted(scans + rest), "\(definition) \(scans)")
                }
                tried += 1
            }
        }
        #expect(tried > 300)
    }

    @Test("a chain tells its direct requirement and, through it, all that was never scanned")
    func chains() {
        let explanation = Explanation(of: [scan("d", 9), scan("b", 4)], in: chain)
        #expect(explanation.contributions.isEmpty && explanation.tally == .zero)
        #expect(explanation.waiting.map(\.first.checkpoint) == ["b", "d"])
        #expect(explanation.waiting.map(\.requires) == [["a"], ["c"]])
        #expect(explanation.waiting.map(\.toScan) == [["a"], ["c", "a"]])
        #expect(explanation.waiting.map(\.points) == [2, 4])
    }

    @Test("contributions come as they counted, each after what it requires, with the scan that names the event")
    func order() {
        let explanation = Explanation(of: [scan("d", 1), scan("c", 2), scan("b", 3), scan("a", 7)], in: chain)
        #expect(explanation.contributions.map(\.first.checkpoint) == ["a", "b", "c", "d"])
        #expect(explanation.contributions.map(\.at) == [7, 7, 7, 7])
        #expect(explanation.contributions.map(\.first.scannedAt) == [7, 3, 2, 1])
        #expect(explanation.contributions.map(\.first.reader) == ["r7", "r3", "r2", "r1"])
        #expect(explanation.waiting.isEmpty)
    }

    @Test("complete trails come first by time, and a begun one names the checkpoints that do not count")
    func trails() {
        let definition = hunt(
            ["a", "b", "c", "z"].enumerated().map { Checkpoint(id: $1, tag: "0000000\($0)", points: 1) }
                + [Checkpoint(id: "y", tag: "00000009", points: 1, requires: ["z"])],
            trails: [
                HuntDefinition.Trail(id: "begun", checkpoints: ["y", "a"], bonus: 50),
                HuntDefinition.Trail(id: "untouched", checkpoints: ["y", "z"], bonus: 9),
                HuntDefinition.Trail(id: "late", checkpoints: ["a", "c"], bonus: 10),
                HuntDefinition.Trail(id: "early", checkpoints: ["b", "a"], bonus: 0),
            ])
        let explanation = Explanation(of: [scan("a", 1), scan("b", 5), scan("c", 8), scan("y", 2)], in: definition)
        #expect(explanation.trails.map(\.id) == ["early", "late", "begun"])
        #expect(explanation.trails.map(\.at) == [5, 8, nil])
        #expect(explanation.trails.map(\.missing) == [[], [], ["y"]])
        #expect(explanation.points == 3 && explanation.bonuses == 10)
        #expect(explanation.tally == Tally(score: 13, unlocks: 3, reachedAt: 8))
    }

    @Test("a chain as long as a hunt may be is explained in one go")
    func longChain() {
        let count = 10_000
        let definition = hunt(
            (0..<count).map { number in
                Checkpoint(
                    id: "c\(number)", tag: "\(10_000_000 + number)", points: 1,
                    requires: number + 1 < count ? ["c\(number + 1)"] : [])
            })
        let all = (0..<count).map { scan("c\($0)", Int64($0 % 1000)) }
        #expect(Explanation(of: all, in: definition).tally.score == Int64(count))
        let rootless = Explanation(of: Array(all.dropLast()), in: definition)
        #expect(rootless.waiting.count == count - 1)
        #expect(rootless.waiting.allSatisfy { $0.toScan == ["c\(count - 1)"] })
    }

    @Test("scans of checkpoints that the hunt does not have are ignored")
    func strangers() {
        #expect(Explanation(of: [scan("q", 1)], in: chain) == Explanation(of: [], in: chain))
    }
}
