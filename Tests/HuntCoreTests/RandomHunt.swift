import HuntCore
import Randomness

/// Small hunts in which everything collides: few checkpoints, few different times, points and bonuses of 0.
enum RandomHunt {
    static let opensAt: Int64 = 1_000_000_000
    static let span: Int64 = 2_000_000

    static func make(_ random: inout SplitMix64) -> HuntDefinition {
        let count = Int.random(in: 1...12, using: &random)
        let isPlain = random.chance(25)
        // Requirements point down a random order, so in the definition they point both ways.
        let order = (0..<count).shuffled(using: &random)
        var checkpoints = (0..<count).map { number in
            HuntDefinition.Checkpoint(
                id: "c\(number)", tag: tag(number, &random), points: random.pick([0, 0, 1, 5, 100]))
        }
        for (place, number) in order.enumerated() where !isPlain && place > 0 {
            var requires: Set<Int> = []
            while random.chance(35) { requires.insert(order[Int.random(in: 0..<place, using: &random)]) }
            checkpoints[number].requires = requires.map { "c\($0)" }.sorted()
        }
        for number in 0..<count where random.chance(40) {
            let ends = [time(&random), time(&random)].sorted()
            if random.chance(70) { checkpoints[number].opensAt = ends[0] }
            if random.chance(70) { checkpoints[number].closesAt = ends[1] + 1 }
        }
        var trails: [HuntDefinition.Trail] = []
        while !isPlain, count >= 2, random.chance(60) {
            let size = Int.random(in: 2...min(count, 5), using: &random)
            trails.append(
                HuntDefinition.Trail(
                    id: "t\(trails.count)", checkpoints: order.shuffled(using: &random).prefix(size).map { "c\($0)" },
                    bonus: random.pick([0, 7, 1000])))
        }
        return HuntDefinition(
            slug: "hunt", opensAt: opensAt, closesAt: opensAt + span, lateGrace: random.pick([0, 1, 500_000]),
            ranking: random.pick(HuntDefinition.Ranking.allCases), checkpoints: checkpoints, trails: trails)
    }

    /// Of all three lengths; tags that differ in one of the last bytes only are among them.
    static func tag(_ number: Int, _ random: inout SplitMix64) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "A", count: random.pick([8, 14, 20]) - digits.count) + digits
    }

    /// Inside the hunt; one of a few, so that equal times are common.
    static func time(_ random: inout SplitMix64) -> Int64 {
        opensAt + Int64.random(in: 0..<20, using: &random) * (span / 20)
    }

    static func scans(of definition: HuntDefinition, _ random: inout SplitMix64) -> [AcceptedScan] {
        (0..<Int.random(in: 0...30, using: &random)).map { number in
            AcceptedScan(
                checkpoint: random.pick(definition.checkpoints).id, scannedAt: time(&random),
                partition: Int32.random(in: 0...2, using: &random), offset: Int64(number), eventID: "e\(number)")
        }
    }

    /// Database ids that are in no order.
    static func rules(of definition: HuntDefinition, _ random: inout SplitMix64) -> HuntRules {
        let ids = (0..<definition.checkpoints.count).map { Int32($0 * 3 + 100) }.shuffled(using: &random)
        return HuntRules(huntID: 7, rulesVersion: 3, definition: definition, checkpointIDs: ids)
    }
}
