import FlowCore
import HuntCore
import OrderIndex

/// A million players of one hunt, the same in every run, in no order.
final class SampleCrowd {
    static let count = 1_000_000
    let values: [PlayerValue]

    /// - Parameter isTied: whether all have one score that nobody reached at any instant, so that ids decide.
    init(isTied: Bool = false) {
        var random = SplitMix64(seed: 7)
        values = (0..<Self.count).map { _ in
            let player = PlayerID(Self.name(&random))!
            let tally = isTied ? Tally(score: 0, unlocks: 1, reachedAt: -1) : Self.tally(&random)
            return PlayerValue(player: player, tally: tally, version: 1)
        }
    }

    func loaded() -> OrderIndex {
        let index = OrderIndex(seed: 1)
        for value in values { _ = index.apply(value) }
        return index
    }

    /// Up to 100,000 points within the hunt's window.
    static func tally(_ random: inout SplitMix64) -> Tally {
        let score = Int64(random.next() % 100_000)
        return Tally(score: score, unlocks: 1, reachedAt: SampleScans.opensAt + Int64(random.next() % 200_000_000))
    }

    /// As long as a UUID.
    private static func name(_ random: inout SplitMix64) -> String {
        let digits = String(random.next(), radix: 16) + String(random.next(), radix: 16)
        return String(repeating: "0", count: 36 - digits.count) + digits
    }
}

/// A loaded index and whom to ask it for next: players far apart in memory, as in life.
final class RankedCrowd {
    static let batch = 1_000
    let crowd: SampleCrowd
    let index: OrderIndex
    private var random = SplitMix64(seed: 8)
    private var version: Int64 = 1

    init(_ crowd: SampleCrowd = SampleCrowd()) {
        self.crowd = crowd
        index = crowd.loaded()
    }

    func nextPlayers() -> [PlayerID] {
        (0..<Self.batch).map { _ in crowd.values[Int(random.next() % UInt64(SampleCrowd.count))].player }
    }

    /// To anywhere in the order.
    func nextMoves() -> [PlayerValue] {
        version += 1
        return nextPlayers().map { player in
            PlayerValue(player: player, tally: SampleCrowd.tally(&random), version: version)
        }
    }
}
