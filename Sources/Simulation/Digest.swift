import FlowCore

/// A number for everything that a run left behind: tables, keys, feed, and what workers said. Two runs that end alike
/// have the same.
extension Simulation {
    public var digest: UInt64 {
        var digest = Digest()
        let ledger = world.ledger
        digest.add(ledger.facts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.sorted { $0.key < $1.key })" })
        digest.add(ledger.scores.sorted { $0.key < $1.key }.map { "\($0)" })
        digest.add(ledger.leases.sorted { $0.key < $1.key }.map { "\($0)" })
        digest.add(ledger.refused.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.reason)" })
        digest.add(ledger.journal.map { "\($0)" })
        digest.add(ledger.raised.sorted { $0.key < $1.key }.map { "\($0)" })
        digest.add(world.cache.entries.sorted { $0.key < $1.key }.map { "\($0)" })
        digest.add(world.feed.versions.sorted { $0.key < $1.key }.map { "\($0)" })
        for worker in world.workers { digest.add(["\(worker.turns)"] + worker.notes.map(\.text)) }
        digest.add(story)
        return digest.value
    }
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo; RFC 9923).
private struct Digest {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ lines: [String]) {
        for line in lines {
            for byte in line.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
            value = (value ^ 10) &* 0x100_0000_01B3
        }
    }
}
