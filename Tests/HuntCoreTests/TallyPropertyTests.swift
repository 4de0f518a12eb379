import HuntCore
import Randomness
import Testing

@Suite("Tallies agree with the plain model")
struct TallyPropertyTests {
    @Test("scan by scan, in any order and with repeats, short cuts and full tallies equal the model")
    func everyPrefix() {
        var random = SplitMix64(seed: 1)
        var shortCuts = 0
        for _ in 0..<1500 {
            let definition = RandomHunt.make(&random)
            let rules = RandomHunt.rules(of: definition, &random)
            var scans = RandomHunt.scans(of: definition, &random)
            scans += scans.shuffled(using: &random).prefix(5)
            scans.shuffle(using: &random)
            var keeper = Bookkeeper(rules: rules)
            var seen: [AcceptedScan] = []
            for scan in scans {
                keeper.record(scan)
                seen.append(scan)
                let expected = standing(of: seen, in: definition).tally
                #expect(keeper.tally == expected, "\(definition) \(seen)")
                #expect(keeper.fullTally() == expected, "\(definition) \(seen)")
                if keeper.tally != expected { return }
            }
            shortCuts += keeper.shortCuts
        }
        #expect(shortCuts > 4000)
    }

    @Test("the order of the scans and how they are cut into batches change nothing")
    func ordersAndBatches() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<1500 {
            let definition = RandomHunt.make(&random)
            let rules = RandomHunt.rules(of: definition, &random)
            let scans = RandomHunt.scans(of: definition, &random)
            let expected = standing(of: scans, in: definition)
            for _ in 0..<3 {
                var rest = scans.shuffled(using: &random)[...]
                var keeper = Bookkeeper(rules: rules)
                while !rest.isEmpty {
                    let size = Int.random(in: 1...rest.count, using: &random)
                    // A batch that is sent again after a lost reply.
                    for _ in 0..<(random.chance(20) ? 2 : 1) {
                        for scan in rest.prefix(size) { keeper.record(scan) }
                    }
                    rest = rest.dropFirst(size)
                }
                #expect(keeper.tally == expected.tally, "\(definition) \(scans)")
                #expect(keeper.fullTally() == expected.tally)
                #expect(standing(of: scans.shuffled(using: &random) + scans, in: definition) == expected)
            }
        }
    }

    @Test("one scratch serves hunts of all sizes in turn")
    func oneScratchForAll() {
        var random = SplitMix64(seed: 3)
        let hunts = (0..<40).map { _ in
            let definition = RandomHunt.make(&random)
            return RandomHunt.rules(of: definition, &random)
        }
        var scratch = TallyScratch()
        for _ in 0..<2000 {
            let rules = random.pick(hunts)
            let scans = RandomHunt.scans(of: rules.definition, &random)
            var keeper = Bookkeeper(rules: rules)
            for scan in scans { keeper.record(scan) }
            let tally = keeper.facts.withUnsafeBufferPointer { rules.tally($0, scratch: &scratch) }
            #expect(tally == standing(of: scans, in: rules.definition).tally)
        }
    }

    @Test("the score is 0 exactly when reached_at is null, and in a plain hunt every first fact has its short cut")
    func invariants() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<1500 {
            let definition = RandomHunt.make(&random)
            let rules = RandomHunt.rules(of: definition, &random)
            var keeper = Bookkeeper(rules: rules)
            for scan in RandomHunt.scans(of: definition, &random) { keeper.record(scan) }
            #expect((keeper.tally.score == 0) == (keeper.tally.reachedAt == -1))
            let isPlain = definition.trails.isEmpty && definition.checkpoints.allSatisfy { $0.requires.isEmpty }
            #expect(rules.isPlain == isPlain)
            for index in 0..<rules.checkpointCount where rules.isPlain {
                #expect(rules.tally(.zero, addingFirst: Fact(checkpoint: index, at: 5)) != nil)
            }
        }
    }
}
