import Foundation
import HuntCore
import Reactor
import Testing

extension ServiceTests {
    @Suite("One scan")
    struct OneScan {
        @Test("one scan reaches Postgres, Redis and the feed", .timeLimit(.minutes(2)))
        @Reactor
        func oneScan() async throws {
            phase("one scan: booting")
            try await withSite(partitions: 1) { site in
                try await site.startWorkers()
                let load = try ScanLoad(site, seed: 1)
                let now = Clock.epochMs()
                let scannedAt = now - 60_000
                let scan = SentScan(
                    eventID: "e:1", hunt: "harbour", player: "ana@x", tag: site.hunts[0].checkpoints[1].tag,
                    scannedAt: scannedAt, reader: "gate.7")
                load.send(ProducedRecord(content: .scan(scan), key: "ana@x", receivedAt: now))
                try await load.stop()
                phase("one scan: sent")
                try await site.expectExact(load)
                try await compareByLetter(site, scannedAt)
                await load.close()
            }
        }

        /// The formats of contracts.md section 4, written out.
        @Reactor
        private func compareByLetter(_ site: Site, _ scannedAt: Int64) async throws {
            let row = try #require(try await site.scoreRows()["harbour ana@x"])
            #expect(row.version == 1)
            #expect(row.factsSeq == 1)
            #expect(abs(row.updatedAt - Clock.epochMs()) < 60_000)
            // CRC16/XMODEM of "ana@x" modulo 64, by another program.
            let key = "cairn:{harbour:\(crcOfAna)}:score:ana@x"
            #expect(scoreKey(hunt: "harbour", player: "ana@x") == key)
            #expect(try await site.redisScores() == [key: "1 1 6 1 \(scannedAt) \(row.updatedAt)"])
            let ttl = try await site.redis.call(.init("PTTL", key))
            guard case .integer(let left) = ttl else { throw ServiceFailure("no time to live: \(ttl)") }
            #expect((1...30_000).contains(left))
            let reader = try FeedReader(site)
            _ = await eventually(within: 10) {
                reader.read()
                return !reader.newest.isEmpty
            }
            #expect(reader.faults.isEmpty)
            #expect(
                reader.newest["harbour ana@x"]?.json == #"{"hunt":"harbour","player":"ana@x","score":6,"unlocks":1,"#
                    + #""reached_at":\#(scannedAt),"version":1,"committed_at":\#(row.updatedAt),"#
                    + #""source":{"partition":0,"offset":0}}"#)
            await reader.close()
        }

        private let crcOfAna = 13
    }
}
