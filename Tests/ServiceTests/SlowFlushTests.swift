import PostgresClient
import Reactor
import Testing

extension ServiceTests {
    @Suite("Slow flush")
    struct SlowFlush {
        private static let others = 40

        @Test("a player whose row somebody has locked delays nobody in other partitions", .timeLimit(.minutes(2)))
        @Reactor
        func lockedRow() async throws {
            phase("slow flush: booting")
            try await withSite(partitions: 4) { site in
                try await site.startWorkers()
                let load = try ScanLoad(site, seed: 1)
                send("slow", checkpoint: 0, load, site)
                #expect(await eventually(within: 20) { try await site.scoreRows().count == 1 })

                let hand = try await PostgresConnection.open(site.settings.postgresURL)
                _ = try await hand.query("begin")
                _ = try await hand.query("select from cairn.score for update")
                send("slow", checkpoint: 1, load, site)
                #expect(await eventually(within: 20) { try await Self.waiting(hand) == 1 })
                phase("slow flush: stuck")
                for number in 0..<Self.others { send("p\(number)", checkpoint: 0, load, site) }
                let isFree = await eventually(within: 20) { try await site.scoreRows().count > Self.others / 2 }
                #expect(isFree)
                #expect(try await Self.waiting(hand) == 1)
                #expect(try await site.scoreRows()["harbour slow"]?.version == 1)

                _ = try await hand.query("rollback")
                hand.close()
                try await load.stop()
                try await site.expectExact(load)
                await load.close()
            }
        }

        @Reactor
        private func send(_ player: String, checkpoint: Int, _ load: ScanLoad, _ site: Site) {
            let now = Clock.epochMs()
            let scan = SentScan(
                eventID: "e:\(player)-\(checkpoint)", hunt: "harbour", player: player,
                tag: site.hunts[0].checkpoints[checkpoint].tag, scannedAt: now - 60_000, reader: "gate.7")
            load.send(ProducedRecord(content: .scan(scan), key: player, receivedAt: now))
        }

        /// Flushes that wait for a lock.
        @Reactor
        private static func waiting(_ connection: PostgresConnection) async throws -> Int64 {
            try await connection.query(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%cairn.flush%' "
                    + "and datname = current_database()"
            ).int64(0, 0)
        }
    }
}
