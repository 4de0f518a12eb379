import HuntCore
import Reactor
import Testing

extension ServiceTests {
    @Suite("Definitions and replays")
    struct Definitions {
        @Test(
            "a hunt imported or changed while scans flow counts from the moment of the import", .timeLimit(.minutes(3)))
        @Reactor
        func importUnderLoad() async throws {
            let sample = SampleHunts()
            let early = sample.further("late-comer")
            let changing = sample.further("changing", points: 3)
            try await withSite(hunts: sample.all + [changing]) { site in
                try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 11)
                load.generator.hunts = sample.all
                load.start(perSecond: 3_000)
                Self.send(load, early, 300, "before-")
                #expect(await eventually(within: 40, { try await site.refusedAsUnknown(beyond: 299) }))

                phase("import: under load")
                Self.send(load, early, 300, "during-")
                try await site.importHunt(early)
                let changed = sample.further("changing", points: 9)
                try await site.importHunt(changed)
                Self.send(load, early, 300, "after-")
                Self.send(load, changed, 300, "after-")
                phase("import: done")
                #expect(await eventually(within: 20, { load.records.count > 15_000 }))
                try await load.stop()

                // Scans of before the import stay refused: the judge takes them for scans of an unknown hunt.
                let records = load.records.map { record in
                    guard case .scan(var scan) = record.content, scan.player.hasPrefix("before-") else { return record }
                    scan.hunt = "unknown-then"
                    var copy = record
                    copy.content = .scan(scan)
                    return copy
                }
                try await site.expectExact(
                    records, hunts: sample.all + [early, changed], undecidedPrefix: "during-")
                await load.close()
            }
        }

        /// Valid scans of one hunt by players of their own.
        @Reactor
        private static func send(_ load: ScanLoad, _ hunt: HuntDefinition, _ count: Int, _ prefix: String) {
            let now = Clock.epochMs()
            for number in 0..<count {
                let scan = SentScan(
                    eventID: "\(prefix)\(number)", hunt: hunt.slug, player: "\(prefix)\(number % 50)",
                    tag: hunt.checkpoints[number / 50 % hunt.checkpoints.count].tag,
                    scannedAt: now - Int64(number) * 1000)
                load.send(ProducedRecord(content: .scan(scan), key: scan.player, receivedAt: now))
            }
        }

        @Test("a replay into an empty database gives the same facts and scores", .timeLimit(.minutes(3)))
        @Reactor
        func replay() async throws {
            try await withSite { site in
                let load = try ScanLoad(site, seed: 12)
                await load.burst(30_000)
                try await load.stop()
                var workers = try await site.startWorkers(2)
                try await site.expectExact(load)
                for worker in workers { #expect(await worker.stop().status == 0) }
                let first = try await site.dump()

                phase("replay: into another database")
                _ = try await site.redis.call(.init("FLUSHALL"))
                site.settings.group += "-again"
                site.settings.scoresTopic += "-again"
                try await site.useDatabase(site.name + "_again")
                workers = try await site.startWorkers(1)
                try await site.expectExact(load)
                for worker in workers { #expect(await worker.stop().status == 0) }
                let second = try await site.dump()
                #expect(first.count > 20_000)
                let difference = first.difference(from: second)
                site.report(difference.insertions.map { "only in the first: \($0)" })
                site.report(difference.removals.map { "only in the second: \($0)" })
                await load.close()
            }
        }
    }
}

extension Site {
    /// Whether more scans than this were refused because nobody knew their hunt.
    func refusedAsUnknown(beyond count: Int64) async throws -> Bool {
        // Phones that scan for no hunt at all are refused for the same reason; only these players are asked for.
        let rows = try await query(
            "select count(*) from cairn.refused_scan where reason = 'unknown_hunt' "
                + "and convert_from(value, 'UTF8') like '%\"before-%'")
        return rows.int64(0, 0) > count
    }

    /// Facts and scores as text, in one order, without what may differ from run to run.
    func dump() async throws -> [String] {
        let rows = try await query(
            "select row(h.slug, f.player, c.slug, f.scanned_at, f.event_id, f.reader, f.source_partition, "
                + "f.source_offset)::text as line from cairn.first_scan f join cairn.hunt h using (hunt_id) "
                + "join cairn.checkpoint c using (hunt_id, checkpoint_id) union all "
                + "select row(h.slug, s.player, s.score, s.unlocks, s.reached_at)::text "
                + "from cairn.score s join cairn.hunt h using (hunt_id) order by line")
        return (0..<rows.count).map { rows.text($0, 0) }
    }
}
