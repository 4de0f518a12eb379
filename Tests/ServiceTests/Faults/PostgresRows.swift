import Foundation
import PostgresClient
import Reactor
import Testing

extension ServiceTests {
    @Suite("Faults of Postgres")
    struct PostgresFaults {
        /// Lanes, prefetched records and the cache of players are bounded; this is far above all of them together.
        static let residentBytesMax = 400 << 20

        @Test("Postgres is killed and restarted after five seconds; workers wait and go on", .timeLimit(.minutes(3)))
        @Reactor
        func serverKilled() async throws {
            try await FaultRow("Postgres: SIGKILL, restart after 5 s").run { scene in
                try await scene.site.stack.kill(.postgres)
                await Reactor.pause(ms: 5_000)
                Self.expectBounded(scene)
                try await scene.site.stack.restart(.postgres)
                scene.faultEnded()
            }
        }

        @Test("a backend killed during its commit, again and again, doubles nothing", .timeLimit(.minutes(3)))
        @Reactor
        func backendKilled() async throws {
            try await FaultRow("Postgres: SIGKILL of a backend during COMMIT, five times").run { scene in
                let admin = scene.site.stack.adminURL
                // Every commit now waits a tenth of a second before its record goes to disk: that is when it is hit.
                try await Self.run(
                    admin, "alter system set commit_delay = 100000", "alter system set commit_siblings = 0",
                    "select pg_reload_conf()")
                var unknown = 0.0
                for _ in 0..<5 {
                    let before = await scene.site.countWhenUp()
                    try await scene.await("work between two kills", within: 30) {
                        try await scene.site.committedCount() > before + 500
                    }
                    try await scene.await("a commit under way") { try await Self.killCommitting(admin) }
                    // All other connections end with it, and Postgres recovers as after a crash.
                    let baseline = unknown
                    try await scene.await("the lost reply is noticed") {
                        unknown = await scene.total("cairn_outcomes_unknown_total")
                        return unknown > baseline
                    }
                }
                try await scene.await("Postgres is back") {
                    try await Self.run(
                        admin, "alter system reset commit_delay", "alter system reset commit_siblings",
                        "select pg_reload_conf()")
                    return true
                }
                scene.faultEnded()
                scene.note("\(Int(unknown)) flushes without a reply")
            }
        }

        @Test(
            "backends that end in the middle of a flush lose and double nothing",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func backendsEnded() async throws {
            try await FaultRow("Postgres: a hundred rounds of pg_terminate_backend").run { scene in
                let admin = try await PostgresConnection.open(scene.site.stack.adminURL)
                var ended: Int64 = 0
                for _ in 0..<100 {
                    let rows = try await admin.query(
                        "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                            + "where application_name = 'cairn worker' and state <> 'idle'")
                    ended += rows.int64(0, 0)
                    await Reactor.pause(ms: 50)
                }
                admin.close()
                scene.note("\(ended) ended during a call")
                #expect(ended > 10)
            }
        }

        @Test(
            "a full disk makes workers wait with bounded memory, and they go on by themselves",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func diskFull() async throws {
            let stack = try await ServiceStack.shared.stack()
            guard let disk = try await SmallDisk.mount(below: stack.folder, megabytes: 96) else {
                var result = FaultResult(fault: "Postgres: disk full")
                result.failure = "skipped: no right to mount a tmpfs here"
                return FaultMatrix.report(result)
            }
            try await Self.run(stack.adminURL, "create tablespace small location '\(disk.folder)'")
            var name = ""
            try await FaultRow("Postgres: disk full for 5 s (tablespace on a tmpfs)").run { scene in
                name = scene.site.name
                let before = await scene.total("cairn_ledger_unavailable_total")
                try disk.fill()
                try await scene.await("the full disk is met", within: 40) {
                    await scene.total("cairn_ledger_unavailable_total") > before + 2
                }
                #expect(scene.site.logs().contains("53100"))
                await Reactor.pause(ms: 5_000)
                Self.expectBounded(scene)
                try disk.free()
                scene.faultEnded()
                #expect(scene.living.count == 2)
            } before: { site in
                try await Self.run(stack.adminURL, "alter database \(site.name) set tablespace small")
            }
            try await Self.run(stack.adminURL, "drop database \(name) with (force)", "drop tablespace small")
            await disk.unmount()
        }

        @Reactor
        private static func expectBounded(_ scene: FaultScene) {
            let most = scene.living.map(\.process.residentBytes).max() ?? 0
            scene.note("at most \(most >> 20) MiB in a worker meanwhile")
            #expect(most > 0 && most < residentBytesMax)
        }

        /// Kills a backend that is in `cairn.flush`, which is one statement with its commit.
        @Reactor
        private static func killCommitting(_ admin: String) async throws -> Bool {
            let connection = try await PostgresConnection.open(admin)
            defer { connection.close() }
            let rows = try await connection.query(
                "select pid from pg_stat_activity where application_name = 'cairn worker' and state = 'active' "
                    + "and query like '%cairn.flush%' and clock_timestamp() - query_start > interval '50 ms' limit 1")
            return !rows.isEmpty && Foundation.kill(rows.int32(0, 0), SIGKILL) == 0
        }

        @Reactor
        static func run(_ url: String, _ statements: String...) async throws {
            let connection = try await PostgresConnection.open(url)
            defer { connection.close() }
            for statement in statements { _ = try await connection.query(statement) }
        }
    }
}
