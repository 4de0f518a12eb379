import Foundation
import PostgresClient
import Reactor
import Testing

extension ServiceTests {
    @Suite("Starting")
    struct Starting {
        /// A start that must fail: the settings, the exit code, and what the one line must name.
        private struct Case {
            var name: String
            var status: Int32 = 1
            var needles: [String]
            var change: (inout SettingsFile) -> Void
        }

        @Test("a start that cannot work ends with one line that names culprit and remedy", .timeLimit(.minutes(2)))
        @Reactor
        func failures() async throws {
            try await withSite(partitions: 1) { site in
                try await Self.demandPassword(site)
                let worker = try await site.startWorkers()[0]
                #expect(await eventually(within: 10, { await worker.metrics() != nil }))
                let taken = try #require(worker.metricsPort)
                let unmigrated = try await site.stack.createDatabase("\(site.name)_bare")
                let url = site.settings.postgresURL
                let guarded = url.replacingOccurrences(of: "cairn@", with: "guarded:wrong-secret@")
                let cases = [
                    Case(name: "wrong password", needles: ["password", "guarded"]) { $0.postgresURL = guarded },
                    Case(name: "wrong database", needles: ["no_such_database"]) {
                        $0.postgresURL = url.replacingOccurrences(of: site.name, with: "no_such_database")
                    },
                    Case(name: "unreachable Postgres", needles: ["127.0.0.1:9"]) {
                        $0.postgresURL = "postgres://cairn@127.0.0.1:9/cairn"
                    },
                    Case(name: "unreachable broker", needles: ["127.0.0.1:9", "kafka.brokers"]) {
                        $0.brokers = "127.0.0.1:9"
                    },
                    Case(name: "missing topic", needles: ["no-such-topic"]) { $0.topic = "no-such-topic" },
                    Case(name: "unmigrated database", status: 3, needles: ["cairn migrate up"]) {
                        $0.postgresURL = unmigrated
                    },
                    Case(name: "unknown key", needles: ["lains", ".yaml"]) { $0.extra = "lains: {ring_capacity: 1}" },
                    Case(name: "taken metrics port", needles: ["metrics.listen", "\(taken)"]) {
                        $0.metricsListen = "127.0.0.1:\(taken)"
                    },
                    Case(name: "wrong Redis password", needles: ["edis"]) {
                        $0.redisURL = $0.redisURL.replacingOccurrences(of: "//", with: "//:wrong-secret@")
                    },
                ]
                for item in cases { try await check(item, site) }
            }
        }

        @Reactor
        private func check(_ item: Case, _ site: Site) async throws {
            var settings = site.settings
            settings.logLevel = "error"
            item.change(&settings)
            let start = Clock.monotonicMs()
            let (status, output) = try await site.cairn(["worker"], settings, withinSeconds: 20)
            let lines = output.split(separator: "\n")
            let tookMs = Clock.monotonicMs() - start
            phase("\(item.name): \(status) after \(tookMs) ms: \(output.trimmingCharacters(in: .newlines))")
            #expect(status == item.status, "\(item.name): \(output)")
            #expect(lines.count == 1, "\(item.name): \(output)")
            for needle in item.needles { #expect(output.contains(needle), "\(item.name): \(output)") }
            #expect(!output.contains("wrong-secret"), "\(item.name) shows the password: \(output)")
        }

        /// Makes a role that must give a password; the stack trusts everybody otherwise.
        @Reactor
        private static func demandPassword(_ site: Site) async throws {
            let admin = try await PostgresConnection.open(site.stack.adminURL)
            defer { admin.close() }
            try await admin.script("drop role if exists guarded; create role guarded login password 'right'")
            let rows = try await admin.query(
                "select current_setting('hba_file'), pg_read_file(current_setting('hba_file'))")
            let text = "host all guarded 127.0.0.1/32 scram-sha-256\n" + rows.text(0, 1)
            try text.write(toFile: rows.text(0, 0), atomically: false, encoding: .utf8)
            _ = try await admin.query("select pg_reload_conf()")
        }

        @Test("the metrics page is valid and has every family", .timeLimit(.minutes(2)))
        @Reactor
        func metrics() async throws {
            try await withSite(partitions: 2) { site in
                let worker = try await site.startWorkers()[0]
                let load = try ScanLoad(site, seed: 13)
                await load.burst(2_000)
                try await load.stop()
                try await site.expectExact(load)
                let text = try #require(await worker.metrics())
                let page = PrometheusText(text)
                #expect(page.faults.isEmpty, "\(page.faults)")
                let families = [
                    "cairn_scans_total", "cairn_refusals_total", "cairn_flush_records_total", "cairn_flush_seconds",
                    "cairn_lane_records", "cairn_pool_connections", "cairn_hot_tier_updates_total",
                    "cairn_redis_timeouts_total", "cairn_leases_lost_total", "cairn_leases_retaken_total",
                    "cairn_foreign_writes_total", "cairn_consumer_lag_records", "cairn_received_to_seconds",
                ]
                for family in families { #expect(page.kinds[family] != nil, "\(family) is missing") }
                let outcomes = ["first", "earlier", "repeat", "refused"].map {
                    page.samples["cairn_scans_total{outcome=\"\($0)\"}"] ?? -1
                }
                #expect(outcomes.reduce(0, +) == 2_000, "\(outcomes)")
                for place in ["postgres", "redis", "feed"] {
                    let count = page.samples["cairn_received_to_seconds_count{to=\"\(place)\"}"] ?? 0
                    #expect(count > 0, "nothing was timed on its way to \(place)")
                }
                await load.close()
            }
        }
    }
}
