import HuntCore
import Testing

@testable import FlowCore

@Suite("the ring of hot tier updates")
struct CoalescingRingTests {
    private static func item(_ player: Int, version: Int64, provenAtMs: Int64 = 0) -> PublishItem {
        let name = Array("p\(player)".utf8)
        return PublishItem(
            key: name.withUnsafeBytes { PlayerKey(huntID: 1, player: $0) }, tally: .zero, version: version,
            committedAt: 0, provenAtMs: provenAtMs, partition: 0, offset: 0, receivedAt: 0, batch: 1)
    }

    @Test("of one version the better proven stays: an old try that failed does not age a fresh one")
    func equalVersions() {
        let ring = CoalescingRing(capacity: 4)
        _ = ring.offer(Self.item(1, version: 3, provenAtMs: 900))
        guard case .superseded = ring.offer(Self.item(1, version: 3, provenAtMs: 100)) else {
            Issue.record("the older proof replaced the newer")
            return
        }
        #expect(ring.oldest?.provenAtMs == 900)
    }

    @Test("it holds the newest version per player, oldest first, like a plain list would", arguments: [1, 3, 16, 40])
    func likeAList(capacity: Int) {
        var random = SplitMix64(seed: UInt64(capacity))
        let ring = CoalescingRing(capacity: capacity)
        var list: [(player: Int, version: Int64)] = []
        for _ in 0..<4_000 {
            if Int.random(in: 0..<3, using: &random) == 0 {
                #expect(ring.popOldest()?.version == list.first?.version)
                if !list.isEmpty { list.removeFirst() }
                continue
            }
            let player = Int.random(in: 0..<50, using: &random)
            let version = Int64.random(in: 0..<1_000, using: &random)
            _ = ring.offer(Self.item(player, version: version))
            if let place = list.firstIndex(where: { $0.player == player }) {
                list[place].version = max(list[place].version, version)
            } else {
                if list.count == capacity { list.removeFirst() }
                list.append((player, version))
            }
            #expect(ring.count == list.count)
            #expect(ring.oldest?.version == list.first?.version)
        }
    }
}
