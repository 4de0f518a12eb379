import PostgresClient
import Reactor
import Storage
import Testing

@testable import Migrations

extension RealServices {
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct MigratorTests {
        private func file(_ version: Int, _ sql: String) -> Migrations.File {
            Migrations.File(version: version, name: "step\(version)", sql: Array(sql.utf8))
        }

        private func failure(
            _ body: @Reactor () async throws(MigrationError) -> Void
        ) async -> MigrationError? {
            do throws(MigrationError) {
                try await body()
                return nil
            } catch {
                return error
            }
        }

        @Test("an empty database lacks every migration, a second up finds nothing to do")
        func upTwice() async throws {
            try await TestDatabase.with(isMigrated: false) { database in
                let migrator = Migrator(pool: database.pool)
                let first = try #require(Migrations.all.first)
                let before = await failure { () throws(MigrationError) in try await migrator.verify() }
                #expect(before == .pending(count: Migrations.all.count, first: "1 (\(first.name))"))
                #expect(try await migrator.up().map(\.version) == Migrations.all.map(\.version))
                #expect(try await migrator.up().isEmpty)
                try await migrator.verify()
                let status = try await migrator.status()
                #expect(status.allSatisfy { $0.appliedAt != nil } && status.count == Migrations.all.count)
            }
        }

        @Test("a dry run tells what would be applied and applies nothing")
        func dryRun() async throws {
            try await TestDatabase.with(isMigrated: false) { database async throws in
                let migrator = Migrator(pool: database.pool, files: [file(1, "create table cairn.one ()")])
                #expect(try await migrator.up(isDryRun: true).map(\.version) == [1])
                #expect(try await migrator.status().map(\.appliedAt) == [nil])
                #expect(try await database.number("select count(*) from pg_tables where tablename = 'one'") == 0)
            }
        }

        @Test("of ten programs that migrate at once one works and the others find nothing to do")
        func concurrentUps() async throws {
            try await TestDatabase.with(isMigrated: false) { database in
                let ups = (0..<10).map { _ in
                    Task { @Reactor in try await Migrator(pool: database.pool).up().count }
                }
                var counts: [Int] = []
                for up in ups { counts.append(try await up.value) }
                #expect(counts.sorted() == [0, 0, 0, 0, 0, 0, 0, 0, 0, Migrations.all.count])
                try await Migrator(pool: database.pool).verify()
            }
        }

        @Test("an edited, an unknown and a missing migration are told apart")
        func disagreements() async throws {
            try await TestDatabase.with(isMigrated: false) { database in
                let one = file(1, "create table cairn.one ()")
                let two = file(2, "create table cairn.two ()")
                let three = file(3, "create table cairn.three ()")
                _ = try await Migrator(pool: database.pool, files: [one, two]).up()

                let edited = Migrator(pool: database.pool, files: [one, file(2, "create table cairn.other ()")])
                let older = Migrator(pool: database.pool, files: [one])
                let all = Migrator(pool: database.pool, files: [one, two, three])
                let first = await failure { () throws(MigrationError) in try await edited.verify() }
                #expect(first == .edited(version: 2, name: "step2"))
                let second = await failure { () throws(MigrationError) in _ = try await older.up() }
                #expect(second == .unknown(version: 2, name: "step2"))
                try await database.run("delete from cairn.schema_migration where version = 1")
                let third = await failure { () throws(MigrationError) in _ = try await all.up() }
                #expect(third == .missing(version: 1, name: "step1"))
            }
        }

        @Test("a migration that fails leaves nothing of itself and keeps those before it")
        func failing() async throws {
            try await TestDatabase.with(isMigrated: false) { database async throws in
                let one = file(1, "create table cairn.one ()")
                let bad = file(2, "create table cairn.two (); select nothing")
                let migrator = Migrator(pool: database.pool, files: [one, bad])
                let error = await failure { () throws(MigrationError) in _ = try await migrator.up() }
                guard case .database(.raised) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(try await migrator.status().map { $0.appliedAt != nil } == [true, false])
                #expect(try await database.number("select count(*) from pg_tables where tablename = 'two'") == 0)
                // The lock is free again.
                let mended = Migrator(pool: database.pool, files: [one, file(2, "create table cairn.two ()")])
                #expect(try await mended.up().map(\.version) == [2])
            }
        }

        @Test("a migration marked so runs outside a transaction")
        func outsideTransaction() async throws {
            try await TestDatabase.with(isMigrated: false) { database async throws in
                let files = [
                    file(1, "create table cairn.one (n int)"),
                    file(2, "-- outside a transaction\ncreate index concurrently one_n on cairn.one (n);\n"),
                ]
                #expect(try await Migrator(pool: database.pool, files: files).up().count == 2)
                #expect(try await database.number("select count(*) from pg_indexes where indexname = 'one_n'") == 1)
            }
        }
    }
}
