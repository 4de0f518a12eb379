import FlowCore
import HuntCore
import KafkaClient
import PostgresClient
import Reactor
import Storage
import Testing

extension RealServices {
    /// Rescoring and erasing on real tables, without workers.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct UpkeepTests {

        /// A hunt with one player who has found the gate, and a lease that has counted it.
        private func withFacts(_ body: @Reactor (TestDatabase, DefinitionStore) async throws -> Void) async throws {
            try await TestDatabase.with { database in
                let store = DefinitionStore(pool: database.pool)
                _ = try await store.importHunt(smallHunt())
                try await database.run(
                    """
                    insert into cairn.first_scan
                        (hunt_id, player, checkpoint_id, scanned_at, event_id, source_partition, source_offset)
                    values (1, 'anna', 1, to_timestamp(\(opening / 1000 + 60)), 'e-1', 0, 0);
                    insert into cairn.score
                        (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
                    values (1, 'anna', 10, 1, to_timestamp(\(opening / 1000 + 60)), 1, 1, now());
                    insert into cairn.partition_lease
                        (topic, partition, consumer_group, epoch, owner, start_offset, next_offset, published_offset,
                         first_scans, refusals)
                    values ('scans', 0, 'cairn', 1, 'w', 0, 3, 3, 1, 2);
                    """)
                try await body(database, store)
            }
        }

        private func run(
            _ store: DefinitionStore, _ database: TestDatabase, failing: Bool = false,
            told: @escaping @Reactor ([PublishItem]) -> Void = { _ in }, reader: @escaping KeptScanReader = { _ in nil }
        ) async throws -> Rescore.Summary? {
            let hunt = try #require(try await store.hunts(slug: "small").first)
            let rescore = Rescore(
                pool: database.pool, hunt: hunt, reader: reader,
                publish: { items throws(KafkaError) in
                    if failing { throw .unreachable("the broker is away") }
                    told(items)
                })
            return try await rescore.run()
        }

        @Test("new points are in the row, one version later, and told; the report shows before and after")
        func points() async throws {
            try await withFacts { database, store in
                var definition = smallHunt()
                definition.checkpoints[0].points = 15
                let preview = try #require(try await store.preview(definition, reader: { _ in nil }))
                #expect((preview.players, preview.changed, preview.moved, preview.accepted) == (1, 1, 0, 0))
                let outcome = try await store.importHunt(definition, rescore: preview.moves)
                #expect(outcome == .rescoring(rulesVersion: 2))
                #expect(try await store.importHunt(definition) == .unfinished)
                var items: [PublishItem] = []
                let summary = try #require(try await run(store, database, told: { items += $0 }))
                #expect((summary.players, summary.changed) == (1, 1))
                #expect(
                    summary.moves == [
                        .init(player: "anna", rankBefore: 1, rankAfter: 1, scoreBefore: 10, scoreAfter: 15)
                    ])
                #expect(items.map(\.version) == [2] && items.map(\.tally.score) == [15])
                let row = try await database.text("select score, version, facts_seq from cairn.score")
                #expect(row == "(15,2,2)")
                #expect(try await database.number("select count(*) from cairn.rescore") == 0)
                #expect(try await run(store, database) == nil)
                #expect(try await store.importHunt(definition) == .unchanged)
            }
        }

        @Test("what was counted but not told before a crash is told by the next run, though nothing changes any more")
        func untold() async throws {
            try await withFacts { database, store in
                var definition = smallHunt()
                definition.checkpoints[0].points = 15
                _ = try await store.importHunt(definition, rescore: [])
                await #expect(throws: RescoreError.self) { try await run(store, database, failing: true) }
                #expect(try await database.number("select score from cairn.score") == 15)
                var items: [PublishItem] = []
                let summary = try #require(try await run(store, database, told: { items += $0 }))
                #expect(items.map(\.version) == [2])
                #expect((summary.players, summary.changed) == (1, 1))
            }
        }

        @Test("who was counted but not told before a crash is told after another import, though that changes no score")
        func untoldBeforeAnotherImport() async throws {
            try await withFacts { database, store in
                var definition = smallHunt()
                definition.checkpoints[0].points = 15
                _ = try await store.importHunt(definition, rescore: [])
                await #expect(throws: RescoreError.self) { try await run(store, database, failing: true) }
                definition.title = "Another title"
                let outcome = try await store.importHunt(definition, rescore: [])
                #expect(outcome == .rescoring(rulesVersion: 3))
                var items: [PublishItem] = []
                let summary = try #require(try await run(store, database, told: { items += $0 }))
                #expect(items.map(\.version) == [2] && items.map(\.tally.score) == [15])
                #expect((summary.players, summary.changed) == (1, 0))
            }
        }

        @Test("refused scans that the new rules accept become facts, and every record is still counted once")
        func refusals() async throws {
            try await withFacts { database, store in
                try await database.run(
                    """
                    insert into cairn.refused_scan
                        (topic, partition, "offset", reason, detail, value, received_at, hour)
                    select 'scans', 0, o, r, '', v::bytea, to_timestamp(\(opening / 1000)), date_trunc('hour', now())
                    from (values (1, 'unknown_tag', 'arch'), (2, 'outside_window', 'early')) x(o, r, v);
                    insert into cairn.refused_count (reason, hour, count)
                    select reason, hour, 1 from cairn.refused_scan;
                    """)
                var definition = smallHunt()
                definition.checkpoints.append(.init(id: "arch", tag: "04A1B2C3D4E5F8", points: 7))
                _ = try await store.importHunt(definition, rescore: [])
                let reader: KeptScanReader = { value in
                    var scan = ScanView()
                    let isArch = value.elementsEqual("arch".utf8)
                    scan.tag = TagUID(hex: Self.tag(isArch ? "04A1B2C3D4E5F8" : "04A1B2C3D4E5F6")) ?? .none
                    scan.scannedAt = isArch ? opening + 5_000 : opening - 5_000
                    return "small".utf8.withContiguousStorageIfAvailable { hunt in
                        scan.hunt = UnsafeRawBufferPointer(hunt)
                        return KeptScan(hunt: scan.hunt, player: "bob", eventID: "e-9", scan)
                    } ?? nil
                }
                let summary = try #require(try await run(store, database, reader: reader))
                #expect((summary.judged, summary.accepted, summary.players, summary.changed) == (2, 1, 2, 1))
                #expect(
                    try await database.text("select player, score, unlocks, version, facts_seq from cairn.score")
                        == "(anna,10,1,1,1) (bob,7,1,1,2)")
                #expect(try await database.text("select reason from cairn.refused_scan") == "(outside_window)")
                #expect(
                    try await database.text("select reason, count from cairn.refused_count order by reason")
                        == "(outside_window,1) (unknown_tag,0)")
                #expect(
                    try await database.text("select first_scans, repeats, refusals from cairn.partition_lease")
                        == "(2,0,1)")
                #expect(
                    try await database.text(
                        "select event_id, source_partition, source_offset from cairn.first_scan where player = 'bob'")
                        == "(e-9,0,1)")
            }
        }

        private static func tag(_ digits: StaticString) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: digits.utf8Start, count: digits.utf8CodeUnitCount)
        }

        @Test("a rescore that another process took over stops and changes nothing more")
        func takenOver() async throws {
            try await withFacts { database, store in
                var definition = smallHunt()
                definition.checkpoints[0].points = 15
                _ = try await store.importHunt(definition, rescore: [])
                let hunt = try #require(try await store.hunts(slug: "small").first)
                let rescore = Rescore(
                    pool: database.pool, hunt: hunt, reader: { _ in nil },
                    publish: { _ throws(KafkaError) in
                        do throws(PostgresError) {
                            try await database.run("update cairn.rescore set epoch = epoch + 1")
                        } catch {
                            throw .unreachable("\(error)")
                        }
                    })
                do throws(RescoreError) {
                    _ = try await rescore.run()
                    Issue.record("it went on")
                } catch {
                    guard case .takenOver = error else { throw error }
                }
                #expect(try await database.number("select count(*) from cairn.rescore") == 1)
            }
        }

        @Test("erasing makes workers forget, and empties the refused values that name the player")
        func erase() async throws {
            try await withFacts { database, store in
                try await database.run(
                    """
                    insert into cairn.refused_scan
                        (topic, partition, "offset", reason, detail, value, received_at, hour)
                    values ('scans', 0, 1, 'too_late', '', 'anna', now(), now()),
                           ('scans', 0, 2, 'too_late', '', 'bob', now(), now())
                    """)
                let before = try await store.ruleBook()
                let erasure = PlayerErasure(pool: database.pool, hunt: "small", player: "anna")
                let outcome = try #require(try await erasure.run { $0.elementsEqual("anna".utf8) })
                #expect((outcome.facts, outcome.hadScore, outcome.refusals, outcome.isQuiet) == (1, true, 1, true))
                let after = try await store.ruleBook()
                #expect(after.generation == before.generation + 1)
                #expect(after.hunts[0].erasures == 1 && after.hunts[0].rulesVersion == before.hunts[0].rulesVersion)
                #expect(try await database.number("select count(*) from cairn.score") == 0)
                #expect(try await database.number("select count(*) from cairn.refused_scan where value is null") == 1)
                let again = try #require(try await erasure.run { _ in false })
                #expect((again.facts, again.hadScore) == (0, false))
                let stranger = PlayerErasure(pool: database.pool, hunt: "nowhere", player: "anna")
                #expect(try await stranger.run { _ in false } == nil)
            }
        }

        @Test("an erased player who scans again before the tombstone is known, to be told once more after it")
        func returned() async throws {
            try await withFacts { database, _ in
                let erasure = PlayerErasure(pool: database.pool, hunt: "small", player: "anna")
                let outcome = try #require(try await erasure.run { _ in false })
                #expect(try await erasure.returned(huntID: outcome.huntID)?.version == nil)
                try await database.run(
                    """
                    insert into cairn.score (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
                    values (1, 'anna', 10, 1, to_timestamp(\(opening / 1000 + 60)), 1, 1, now())
                    """)
                let item = try #require(try await erasure.returned(huntID: outcome.huntID))
                #expect((item.version, item.tally.score, item.tally.reachedAt) == (1, 10, opening + 60_000))
                #expect(item.key.withBytes { $0.elementsEqual("anna".utf8) })
            }
        }

        @Test("a hunt that has not opened or is over is not closed")
        func close() async throws {
            try await TestDatabase.with { database in
                let store = DefinitionStore(pool: database.pool)
                var definition = smallHunt()
                definition.opensAt = 4_000_000_000_000
                definition.closesAt = definition.opensAt + 86_400_000
                _ = try await store.importHunt(definition)
                #expect(try await store.close("small") == .notOpen(until: definition.opensAt))
                var bygone = smallHunt("bygone")
                bygone.opensAt = 0
                bygone.closesAt = 1_000
                _ = try await store.importHunt(bygone)
                #expect(try await store.close("bygone") == .wasClosed(at: 1_000))
                #expect(try await store.close("nowhere") == .unknown)
                #expect(try await database.number("select generation from cairn.definitions") == 2)
            }
        }

        @Test("a hunt whose players are being counted anew is neither closed nor changed by a plain import")
        func closeWhileRescoring() async throws {
            try await withFacts { database, store in
                var definition = smallHunt()
                definition.closesAt = 4_000_000_000_000
                _ = try await store.importHunt(definition, rescore: [])
                #expect(try await store.close("small") == .rescoring)
                try await database.run("delete from cairn.score; delete from cairn.first_scan")
                definition.title = "Other"
                #expect(try await store.importHunt(definition) == .unfinished)
                #expect(try await store.hunts(slug: "small").first?.definition.title == nil)
            }
        }

        @Test("a hunt does not close before a scan that it has accepted")
        func closeAfterFacts() async throws {
            try await TestDatabase.with { database in
                let store = DefinitionStore(pool: database.pool)
                var definition = smallHunt()
                definition.closesAt = 4_000_000_000_000
                _ = try await store.importHunt(definition)
                try await database.run(
                    """
                    insert into cairn.first_scan
                        (hunt_id, player, checkpoint_id, scanned_at, event_id, source_partition, source_offset)
                    values (1, 'anna', 1, to_timestamp(3900000000), 'e-1', 0, 0)
                    """)
                #expect(try await store.close("small") == .closed(at: 3_900_000_000_001, rulesVersion: 2))
                #expect(try await store.hunts(slug: "small").first?.definition.closesAt == 3_900_000_000_001)
            }
        }
    }
}

extension KeptScan {
    fileprivate init(hunt: UnsafeRawBufferPointer, player: String, eventID: String, _ scan: ScanView) {
        var scan = scan
        let text = Array(player.utf8) + Array(eventID.utf8)
        self = text.withUnsafeBytes { bytes in
            scan.hunt = hunt
            scan.player = UnsafeRawBufferPointer(rebasing: bytes[..<player.utf8.count])
            scan.eventID = UnsafeRawBufferPointer(rebasing: bytes[player.utf8.count...])
            return KeptScan(scan)
        }
    }
}
