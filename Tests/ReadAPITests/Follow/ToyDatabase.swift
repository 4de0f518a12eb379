import FlowCore
import HuntCore
import OrderIndex
import Randomness

@testable import ReadAPI

/// A database as the machine sees it: partitions whose scans change players, and its committed states.
struct ToyDatabase {
    var random: SplitMix64
    var next: [Int64]
    var changes: [Int64]
    var versions: [Int64]
    var asOf: Int64 = 1_000
    /// What was committed, in order; the feed may deliver it in any other.
    var told: [FedChange] = []

    init(seed: UInt64, partitions: Int, players: Int) {
        random = SplitMix64(seed: seed)
        next = Array(repeating: 0, count: partitions)
        changes = Array(repeating: 0, count: partitions)
        versions = Array(repeating: 0, count: players)
    }

    /// One transaction: some partitions go on, some players change.
    mutating func commit() {
        asOf += 1
        for partition in next.indices where random.chance(67) {
            let from = next[partition]
            next[partition] += Int64(random.below(6))
            for offset in from..<next[partition] where random.chance(50) {
                // A player belongs to a partition, but for some whose producers disagree.
                let player = random.chance(11) ? random.below(versions.count) : partition
                versions[player] += 1
                changes[partition] += 1
                told.append(
                    FedChange(
                        hunt: 0, value: value(player, versions[player]), partition: Int32(partition), offset: offset))
            }
        }
    }

    func value(_ player: Int, _ version: Int64) -> PlayerValue {
        PlayerValue(
            player: PlayerID("p\(player)")!, tally: Tally(score: version, unlocks: 1, reachedAt: version),
            version: version)
    }

    var cut: CommittedCut {
        CommittedCut(
            asOf: asOf, generation: 1, erasures: 0, isUnderUpkeep: false, foreignChanges: 0,
            marks: next.indices.map {
                LeaseMark(partition: Int32($0), nextOffset: next[$0], changes: changes[$0])
            })
    }
}
