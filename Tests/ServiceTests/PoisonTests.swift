import Foundation
import HuntCore
import Randomness
import Reactor
import Testing

extension ServiceTests {
    @Suite("What producers send")
    struct Producers {
        @Test("poison among good scans is refused by its reason, and the rest is exact", .timeLimit(.minutes(3)))
        @Reactor
        func poison() async throws {
            try await withSite { site in
                try await site.startWorkers(2)
                let load = try ScanLoad(
                    site, seed: 8,
                    properties: ["message.max.bytes": "\(16 << 20)", "queue.buffering.max.kbytes": "\(1 << 20)"])
                load.start(perSecond: 3_000)
                var random = SplitMix64(seed: 8)
                phase("poison: sending")
                for _ in 0..<50 {
                    for record in Self.poison(&random) { load.send(record) }
                    await Reactor.pause(ms: 20)
                }
                try await load.stop()
                try await site.expectExact(load)
                await load.close()
            }
        }

        @Test("the largest record that the broker takes is refused as oversized", .timeLimit(.minutes(3)))
        @Reactor
        func largest() async throws {
            try await withSite(partitions: 1) { site in
                try await site.startWorkers()
                var sizes = [15 << 20, 4 << 20, 1 << 20, 512 << 10]
                while let size = sizes.first {
                    let load = try ScanLoad(
                        site, seed: 9,
                        properties: ["message.max.bytes": "\(16 << 20)", "queue.buffering.max.kbytes": "\(1 << 20)"])
                    load.send(
                        ProducedRecord(
                            content: .poison([UInt8](repeating: 0x20, count: size), .oversized), key: "player-1",
                            receivedAt: Clock.epochMs()))
                    do {
                        try await load.stop()
                    } catch {
                        phase("a record of \(size) bytes: \(error)")
                        await load.close()
                        sizes.removeFirst()
                        continue
                    }
                    await load.burst(500)
                    try await load.stop()
                    phase("a record of \(size) bytes: taken by the broker")
                    try await site.expectExact(load)
                    await load.close()
                    return
                }
                throw ServiceFailure("the broker takes no large record")
            }
        }

        @Test(
            "two producers with different partitioners send one player to two partitions: exact all the same",
            .timeLimit(.minutes(3)))
        @Reactor
        func partitioners() async throws {
            try await withSite { site in
                let workers = try await site.startWorkers(3)
                // Few players: rows are contended.
                let load = try ScanLoad(
                    site, seed: 10, players: 400, partitioners: ["consistent_random", "murmur2_random"])
                load.start(perSecond: 4_000)
                #expect(await eventually(within: 40, { try await site.owners().count == 3 }))
                #expect(await eventually(within: 40, { load.records.count > 40_000 }))
                try await load.stop()
                try await site.expectExact(load)
                var foreign = 0.0
                for worker in workers { foreign += await worker.metric("cairn_foreign_writes_total") ?? 0 }
                phase("two partitioners: \(Int(foreign)) foreign writes")
                #expect(foreign > 0)
                await load.close()
            }
        }

        private static func poison(_ random: inout SplitMix64) -> [ProducedRecord] {
            let now = Clock.epochMs()
            let fields = #""event_id":"e","hunt":"harbour","player":"player-1","tag":"04112233445566""#
            let good = "{\(fields),\"scanned_at\":\(now)}"
            let texts: [(String, RefusalReason)] = [
                (String(repeating: "[", count: 5_000), .malformed),
                (
                    "{\(fields),\"scanned_at\":\(now),\"x\":\(String(repeating: "[", count: 40))1"
                        + "\(String(repeating: "]", count: 40))}", .malformed
                ),
                ("{\(fields),\"scanned_at\":true}", .malformed),
                ("{\(fields),\"scanned_at\":9223372036854775808}", .malformed),
                ("{\(fields),\"scanned_at\":\(now).5}", .malformed),
                ("{\(fields),\"scanned_at\":\"2026-02-30T00:00:00Z\"}", .malformed),
                ("{\(fields),\"scanned_at\":\(now),\"tag\":\"04112233445566\"}", .malformed),
                (good.replacing("\"e\"", with: "17"), .malformed),
                (good.replacing("5566", with: "556"), .malformed),
                ("\u{feff}\(good)", .malformed),
                ("\(good) x", .malformed),
                ("{\(fields),\"scanned_at\":\(now),\"x\":\"\\ud800\"}", .malformed),
                ("", .malformed),
                ("null", .malformed),
                (good + String(repeating: " ", count: 20_000), .oversized),
            ]
            var records = texts.map { (Array($0.utf8), $1) }.map {
                ProducedRecord(content: .poison($0, $1), key: "player-1", receivedAt: now)
            }
            let noise = (0..<Int.random(in: 1...200, using: &random)).map { _ in
                UInt8.random(in: 128...255, using: &random)
            }
            records.append(ProducedRecord(content: .poison(noise, .malformed), key: "player-1", receivedAt: now))
            let torn = Array(good.utf8.dropLast(1)) + Array(",\"x\":\"".utf8) + [0xc3, 0x28] + Array("\"}".utf8)
            records.append(ProducedRecord(content: .poison(torn, .malformed), key: "player-1", receivedAt: now))
            records.append(ProducedRecord(content: .poison(nil, .malformed), key: "player-1", receivedAt: now))
            records.append(ProducedRecord(content: .poison(nil, .malformed), key: nil, receivedAt: now))
            records.append(ProducedRecord(content: .poison(Array(good.utf8), .wrongKey), key: nil, receivedAt: now))
            records.append(ProducedRecord(content: .poison(Array(good.utf8), .wrongKey), key: "", receivedAt: now))
            return records
        }
    }
}
