import HuntCore
import HuntFile
import PostgresClient
import Reactor
import Storage
import Testing

extension RealServices {
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct DefinitionStoreTests {
        private func generation(_ database: TestDatabase) async throws -> Int64 {
            try await database.number("select generation from cairn.definitions")
        }

        @Test(
            "the hunt that comes with the program survives import and export, and importing the export changes nothing")
        func lisbonRoundTrip() async throws {
            try await TestDatabase.with { database in
                let store = DefinitionStore(pool: database.pool)
                let definition = try lisbon()
                #expect(try await store.importHunt(definition) == .created)
                let stored = try #require(try await store.hunts(slug: definition.slug).first)
                #expect(stored.definition == definition)
                #expect(stored.rulesVersion == 1)
                let exported = try HuntFile.parse(HuntFile.render(stored.definition))
                #expect(try await store.importHunt(exported) == .unchanged)
                #expect(try await generation(database) == 1)
            }
        }

        @Test("a changed hunt is a new rules version and a new generation, and checkpoints keep their numbers")
        func changed() async throws {
            try await TestDatabase.with { database in
                let store = DefinitionStore(pool: database.pool)
                var definition = smallHunt()
                _ = try await store.importHunt(definition)
                definition.checkpoints.insert(
                    HuntDefinition.Checkpoint(id: "arch", tag: "04A1B2C3D4E5F8", points: 1), at: 0)
                #expect(try await store.importHunt(definition) == .changed(rulesVersion: 2))
                let stored = try #require(try await store.hunts().first)
                #expect(stored.definition == definition)
                #expect(stored.checkpointIDs == [3, 1, 2])
                #expect(try await generation(database) == 2)
                #expect(try await store.ruleBook().generation == 2)
            }
        }

        @Test("a hunt that has facts is not changed without a rescore")
        func refused() async throws {
            try await TestDatabase.with { database in
                let store = DefinitionStore(pool: database.pool)
                var definition = smallHunt()
                _ = try await store.importHunt(definition)
                try await database.run(
                    """
                    insert into cairn.score
                        (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
                    values (1, 'anna', 10, 1, now(), 1, 1, now())
                    """)
                definition.checkpoints[0].points = 11
                let change = RuleChange(from: smallHunt(), to: definition)
                #expect(try await store.importHunt(definition) == .needsRescore(change))
                #expect(change.allowed == ["checkpoint gate: points 10 -> 11"])
                var narrower = definition
                narrower.closesAt -= 1
                let forbidden = try await store.importHunt(narrower, rescore: [])
                #expect(forbidden == .forbidden(RuleChange(from: smallHunt(), to: narrower)))
                #expect(try await store.hunts().first?.definition == smallHunt())
                #expect(try await store.importHunt(smallHunt()) == .unchanged)
                #expect(try await generation(database) == 1)
            }
        }
    }
}
