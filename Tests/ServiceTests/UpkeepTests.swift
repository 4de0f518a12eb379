import DevStack
import Foundation
import HuntCore
import Reactor
import RedisClient
import Testing

extension ServiceTests {
    /// Changing, closing and deleting hunts and erasing players by the command line, while workers go on.
    @Suite("Upkeep")
    struct Upkeep {
        @Test(
            "a rescore under load, killed again and again, ends with every score, refusal and counter by the new rules",
            .timeLimit(.minutes(4)))
        @Reactor
        func rescoreUnderLoad() async throws {
            let sample = SampleHunts()
            let changed = Self.changed(sample)
            try await withSite(hunts: sample.all) { site in
                try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 21, players: 6_000)
                await load.burst(12_000)
                load.start(perSecond: 1_000)
                #expect(await Self.waitForCommitted(10_000, site))

                phase("rescore: refused without the flag")
                let path = try site.write(changed[0])
                let refused = try await site.cairn(["hunt", "import", path, "--format", "csv"])
                #expect(refused.status == 3)
                #expect(refused.output.contains("player,rank_before,rank_after,score_before,score_after\n"))
                #expect(refused.output.contains("nothing was changed"))

                phase("rescore: with kills")
                let kills = try await Self.rescoreWithKills(site, path)
                #expect(kills > 0, "the rescore was over before it could be killed")
                await site.workers[0].kill()
                for hunt in changed.dropFirst() {
                    let done = try await site.cairn(["hunt", "import", "--rescore", try site.write(hunt)])
                    #expect(done.status == 0, "\(done.output)")
                }
                try await site.startWorkers(1)
                await load.burst(3_000)
                try await load.stop()
                #expect(try await site.query("select count(*) from cairn.rescore").int64(0, 0) == 0)
                let again = try await site.cairn(["hunt", "import", "--rescore", path])
                #expect(again.output.contains("unchanged"))
                try await site.expectExact(load.records, hunts: changed)
                await load.close()
            }
        }

        /// Every kind of change that a rescore may make.
        private static func changed(_ sample: SampleHunts) -> [HuntDefinition] {
            var harbour = sample.harbour
            for number in harbour.checkpoints.indices { harbour.checkpoints[number].points += Int64(number % 3) }
            harbour.checkpoints[4].requires = []
            harbour.checkpoints[7].requires = ["pier-2"]
            harbour.trails[1].bonus = 1
            harbour.trails.remove(at: 2)
            harbour.opensAt -= 1_000
            harbour.checkpoints[6].opensAt = nil
            // The tag that phones were refused for.
            harbour.checkpoints.append(.init(id: "pier-new", tag: "04DEADBEEF0000", points: 3))
            var fado = sample.fado
            fado.ranking = .firstToReach
            var bygone = sample.bygone
            bygone.lateGrace = 20 * 86_400_000
            return [harbour, fado, bygone]
        }

        /// Kills the command at growing times until it comes to its end.
        ///
        /// - Returns: how many of the kills left work behind.
        @Reactor
        private static func rescoreWithKills(_ site: Site, _ path: String) async throws -> Int {
            var kills = 0
            for round in 0..<40 {
                let process = try await site.start(["hunt", "import", "--rescore", path], site.settings)
                if kills < 6, await waitForBatch(site, process, after: round) {
                    process.signal(SIGKILL)
                    await process.wait()
                    let left = try await site.query("select count(*) from cairn.rescore").int64(0, 0)
                    kills += Int(left)
                    phase("rescore: killed, \(left == 1 ? "unfinished" : "too late")")
                    continue
                }
                let status = await process.wait()
                #expect(status == 0, "\(WorkerProcess(process: process).log)")
                return kills
            }
            throw ServiceFailure("the rescore did not come to its end")
        }

        /// Waits until a rescore is under way and has counted a part that differs from round to round.
        @Reactor
        @inline(never)
        private static func waitForBatch(_ site: Site, _ process: DevProcess, after round: Int) async -> Bool {
            await eventually(within: 30) {
                if !process.isRunning { return true }
                let reached = try await site.query("select players + judged, epoch from cairn.rescore")
                return !reached.isEmpty && reached.int64(0, 0) >= Int64(round) * 400
            } && process.isRunning
        }

        @Reactor
        @inline(never)
        private static func waitForCommitted(_ count: Int64, _ site: Site) async -> Bool {
            await eventually(within: 40) { try await site.committedCount() >= count }
        }

        // MARK: Close

        @Test("a closed hunt refuses scans from then on, and the one before its end counts", .timeLimit(.minutes(2)))
        @Reactor
        func close() async throws {
            let sample = SampleHunts()
            try await withSite(partitions: 2, hunts: sample.all) { site in
                try await site.startWorkers()
                let load = try ScanLoad(site, seed: 22)
                Self.send(load, sample.fado, "ana", house: 1)
                #expect(await Self.waitForCommitted(1, site))
                let closed = try await site.cairn(["hunt", "close", "fado-night"])
                #expect(closed.status == 0)
                #expect(closed.output.contains("closed at"))
                let end = try await site.query("select closes_at from cairn.hunt where slug = 'fado-night'")
                    .timestampMs(0, 0)
                #expect(abs(end - Clock.epochMs()) < 60_000)
                Self.send(load, sample.fado, "ana", house: 2, scannedAt: end - 1)
                Self.send(load, sample.fado, "ana", house: 4, scannedAt: end)
                try await load.stop()
                let fado = sample.fado.closed(at: end)
                try await site.expectExact(load.records, hunts: [sample.harbour, fado, sample.bygone])

                phase("close: again, and what cannot be closed")
                let again = try await site.cairn(["hunt", "close", "fado-night"])
                #expect(again.status == 0 && again.output.contains("unchanged"))
                #expect(try await site.cairn(["hunt", "close", "nowhere"]).status == 1)
                let exported = try await site.cairn(["hunt", "export", "fado-night"])
                let file = "\(site.stack.folder)/exported.yaml"
                try exported.output.write(toFile: file, atomically: true, encoding: .utf8)
                #expect(try await site.cairn(["hunt", "import", file]).output.contains("unchanged"))

                phase("close: opened again by its file")
                let opened = try await site.cairn(["hunt", "import", "--rescore", try site.write(sample.fado)])
                #expect(opened.status == 0, "\(opened.output)")
                try await site.expectExact(load.records, hunts: sample.all)
                await load.close()
            }
        }

        // MARK: Erase

        @Test(
            "an erased player is gone from Postgres, Redis, feed and refused values, and begins anew",
            .timeLimit(.minutes(2)))
        @Reactor
        func erase() async throws {
            let sample = SampleHunts()
            try await withSite(partitions: 2, hunts: sample.all) { site in
                try await site.startWorkers()
                let load = try ScanLoad(site, seed: 23)
                for player in ["ana", "bob"] {
                    for house in [1, 2] { Self.send(load, sample.fado, player, house: house) }
                    Self.send(load, sample.fado, player, house: 4, scannedAt: sample.fado.closesAt + 86_400_000)
                }
                try await load.stop()
                try await site.expectExact(load)
                #expect(try await site.cairn(["player", "erase", "fado-night", "ana"]).status == 2)
                let erased = try await site.cairn(["player", "erase", "fado-night", "ana", "--yes"])
                #expect(erased.status == 0, "\(erased.output)")
                #expect(erased.output.contains("erased, 2 facts, a score, 1 refused scans"))
                try await Self.expectGone(site)

                phase("erase: she scans again")
                Self.send(load, sample.fado, "ana", house: 1)
                try await load.stop()
                #expect(await Self.waitForScore("fado-night ana", version: 1, site))
                let row = try #require(try await site.scoreRows()["fado-night ana"])
                #expect(row.tally.score == 10 && row.factsSeq == 1)
                #expect(try await site.cairn(["verify", "fado-night"]).status == 0)
                await load.close()
            }
        }

        @Reactor
        @inline(never)
        private static func waitForScore(_ player: String, version: Int64, _ site: Site) async -> Bool {
            await eventually(within: 20) { try await site.scoreRows()[player]?.version == version }
        }

        @Reactor
        private static func expectGone(_ site: Site) async throws {
            let rows = try await site.scoreRows()
            #expect(rows["fado-night ana"] == nil)
            #expect(rows["fado-night bob"] != nil)
            let ranks = try await site.query("select rank, player from cairn.standings where hunt = 'fado-night'")
            #expect(ranks.count == 1 && ranks.int64(0, 0) == 1)
            #expect(try await site.query("select count(*) from cairn.first_scan where player = 'ana'").int64(0, 0) == 0)
            let kept = try await site.query(
                "select count(*) from cairn.refused_scan where convert_from(value, 'UTF8') like '%ana%'")
            #expect(kept.int64(0, 0) == 0)
            #expect(try await site.redisScores()[scoreKey(hunt: "fado-night", player: "ana")] == nil)
            #expect(try await site.compareFeed(rows) == [])
        }

        // MARK: Delete

        @Test(
            "a hunt is deleted with all its players, also by a command that was killed, and may come again",
            .timeLimit(.minutes(3)))
        @Reactor
        func delete() async throws {
            let sample = SampleHunts()
            try await withSite(partitions: 4, hunts: sample.all) { site in
                try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 24, players: 8_000)
                await load.burst(15_000)
                try await load.stop()
                try await site.expectExact(load)
                #expect(try await site.cairn(["hunt", "delete", "harbour"]).status == 2)

                phase("delete: killed on its way")
                let process = try await site.start(["hunt", "delete", "harbour", "--yes"], site.settings)
                let isUnderWay = await Self.waitForDeletion(site, process)
                process.signal(SIGKILL)
                await process.wait()
                #expect(isUnderWay)
                let harbour = try site.write(sample.harbour)
                let tooEarly = try await site.cairn(["hunt", "import", harbour])
                #expect(tooEarly.status == 3, "\(tooEarly.output)")
                let done = try await site.cairn(["hunt", "delete", "harbour", "--yes"])
                #expect(done.status == 0, "\(done.output)")
                #expect(try await site.cairn(["hunt", "delete", "harbour", "--yes"]).status == 1)

                phase("delete: nothing is left, and the others are whole")
                let rows = try await site.scoreRows()
                #expect(!rows.isEmpty)
                #expect(try await site.query("select count(*) from cairn.score").int64(0, 0) == Int64(rows.count))
                #expect(try await site.redisScores().keys.allSatisfy { !$0.contains("harbour") })
                #expect(try await site.compareFeed(rows) == [])

                phase("delete: the same hunt again")
                try await site.importHunt(sample.harbour)
                Self.send(load, sample.harbour, "ana", house: 1)
                try await load.stop()
                #expect(await Self.waitForScore("harbour ana", version: 1, site))
                #expect(try await site.cairn(["verify", "harbour"]).status == 0)
                await load.close()
            }
        }

        @Reactor
        @inline(never)
        private static func waitForDeletion(_ site: Site, _ process: DevProcess) async -> Bool {
            await eventually(within: 30) {
                try await site.query("select count(*) from cairn.hunt_deletion").int64(0, 0) == 1
            }
        }

        @Reactor
        private static func send(
            _ load: ScanLoad, _ hunt: HuntDefinition, _ player: String, house: Int, scannedAt: Int64? = nil
        ) {
            let now = Clock.epochMs()
            // A scan of the future is received then.
            let at = scannedAt ?? now - 60_000
            let scan = SentScan(
                eventID: "\(player)-\(house)", hunt: hunt.slug, player: player, tag: hunt.checkpoints[house].tag,
                scannedAt: at)
            load.send(ProducedRecord(content: .scan(scan), key: player, receivedAt: max(now, at)))
        }
    }
}

extension Site {
    /// Writes a hunt file.
    ///
    /// - Returns: its path.
    func write(_ hunt: HuntDefinition) throws -> String {
        let path = "\(stack.folder)/\(name)-\(hunt.slug)-changed.yaml"
        try hunt.yaml.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
