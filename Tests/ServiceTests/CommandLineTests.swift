import Foundation
import HuntCore
import KafkaClient
import Reactor
import Testing

extension ServiceTests {
    /// Section 6 of contracts.md, through the real command.
    @Suite("The command line")
    struct CommandLine {
        private static let leaves = [
            "demo", "migrate up", "migrate status", "migrate verify", "hunt import", "hunt list", "hunt show",
            "hunt export", "hunt close", "hunt delete", "worker", "standings", "player show", "player erase", "refused",
            "simulate", "record", "status", "lease list", "lease skip", "lease reset", "verify", "config show",
        ]

        @Test("every command has --help and --config; asking for help exits with 0", .timeLimit(.minutes(2)))
        @Reactor
        func help() async throws {
            try await withSite(partitions: 1, hunts: []) { site in
                for leaf in Self.leaves {
                    let words = leaf.split(separator: " ").map(String.init)
                    let (status, output) = try await site.cairn(words + ["--help"])
                    #expect(status == 0 && output.contains("USAGE: cairn \(leaf)"), "\(leaf): \(output)")
                    #expect(output.contains("--config <file>"), "\(leaf): \(output)")
                }
            }
        }

        @Test("exit codes are 0 done, 1 failed, 2 wrong usage, 3 refused by a check", .timeLimit(.minutes(2)))
        @Reactor
        func exitCodes() async throws {
            try await withSite(partitions: 1) { site in
                let bad = "\(site.stack.folder)/\(site.name)-bad.yaml"
                try "hunt: Bad\ncheckpoints: []\n".write(toFile: bad, atomically: true, encoding: .utf8)
                let cases: [(arguments: [String], status: Int32, needle: String)] = [
                    (["hunt", "list"], 0, "harbour"), (["migrate", "verify"], 0, "schema"),
                    (["standings", "no-hunt"], 1, "cairn hunt list"), (["verify", "no-hunt"], 1, "cairn hunt list"),
                    (["hunt", "show", "no-hunt"], 1, "cairn hunt list"),
                    (["hunt", "import", "/nonexistent.yaml"], 1, "hunt file"),
                    (["standings"], 2, "Usage"), (["no-command"], 2, "Usage"),
                    (["hunt", "list", "--nope"], 2, "--nope"),
                    (["standings", "harbour", "--limit=-1"], 2, "0 or more"),
                    (["refused", "--reason", "nonsense"], 2, "malformed"),
                    (["hunt", "import", bad], 3, "bad.yaml:1:"),
                ]
                for item in cases {
                    let (status, output) = try await site.cairn(item.arguments)
                    #expect(status == item.status, "\(item.arguments): \(status) \(output)")
                    #expect(output.contains(item.needle), "\(item.arguments): \(output)")
                    let isOneLine = output.split(separator: "\n").count == 1
                    if item.status == 1 { #expect(isOneLine, "\(item.arguments): \(output)") }
                }
            }
        }

        @Test("a faulty hunt file, and other rules for a hunt that has facts, are refused with 3 and change nothing")
        @Reactor
        func refusedImports() async throws {
            try await withSite(partitions: 1) { site in
                try await site.startWorkers()
                let load = try ScanLoad(site, seed: 33)
                await load.burst(200)
                try await load.stop()
                try await site.expectExact(load)
                let generation = "select generation from cairn.definitions"
                let before = try await site.query(generation).int64(0, 0)
                var other = site.hunts[0]
                other.checkpoints[1].points += 1
                let faulty = site.hunts[0].yaml.replacing("points: 6", with: "points: six")
                for (name, text, needle) in [("faulty", faulty, "six"), ("other", other.yaml, "nothing was changed")] {
                    let path = "\(site.stack.folder)/\(site.name)-\(name).yaml"
                    try text.write(toFile: path, atomically: true, encoding: .utf8)
                    let (status, output) = try await site.cairn(["hunt", "import", path])
                    #expect(status == 3 && output.contains(needle), "\(name): \(status) \(output)")
                }
                #expect(try await site.query(generation).int64(0, 0) == before)
                await load.close()
            }
        }

        @Test(
            "lists come as table, JSON and CSV under the names of the views' columns, times in RFC 3339 with ms",
            .timeLimit(.minutes(2)))
        @Reactor
        func formats() async throws {
            try await withSite(partitions: 2) { site in
                let worker = try await site.startWorkers()[0]
                let load = try ScanLoad(site, seed: 31)
                await load.burst(500)
                load.send(
                    ProducedRecord(
                        content: .poison([UInt8](repeating: 0x20, count: 20_000), .oversized), key: "player-1",
                        receivedAt: Clock.epochMs()))
                try await load.stop()
                try await site.expectExact(load)
                let lists = [
                    ["standings", "harbour"]: ["hunt", "rank", "player", "score", "unlocks", "reached_at"],
                    ["refused"]: ["reason", "count", "latest"],
                    ["refused", "--limit", "5"]: [
                        "topic", "partition", "offset", "reason", "detail", "received_at", "value",
                    ],
                    ["config", "show"]: ["setting", "value", "source"],
                ]
                for (arguments, columns) in lists {
                    let csv = try await site.cairn(arguments + ["--format", "csv"]).output.split(separator: "\n")
                    #expect(csv.first.map(String.init) == columns.joined(separator: ","))
                    let table = try await site.cairn(arguments).output.split(separator: "\n")
                    #expect(table.first?.split(separator: " ").map(String.init) == columns)
                    let json = try await site.cairn(arguments + ["--format", "json"]).output
                    let rows = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
                    #expect(rows?.isEmpty == false && rows?.allSatisfy { Set($0.keys) == Set(columns) } == true)
                    for time in rows?.compactMap({ $0["reached_at"] ?? $0["latest"] }) ?? [] {
                        guard let text = time as? String else { continue }
                        #expect(text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(text)")
                    }
                }
                try await Self.compareObjects(site)
                // A kept value is the first 1 KiB.
                let kept = try await site.query(
                    "select octet_length(value), octet_length(detail) from cairn.refused_scan "
                        + "where reason = 'oversized'")
                #expect(kept.count == 1 && kept.int32(0, 0) == 1024 && kept.int32(0, 1) <= 200)
                let partitions = try await KafkaAdmin.partitionCount(site.kafka(), site.settings.scoresTopic)
                #expect(partitions == 2)
                let (status, tookMs) = await worker.stop()
                #expect(status == 0 && tookMs < 5_000 * patience)
                await load.close()
            }
        }

        /// What is one object, and lists that a filter makes.
        @Reactor
        private static func compareObjects(_ site: Site) async throws {
            func parsed(_ arguments: [String]) async throws -> Any {
                let output = try await site.cairn(arguments + ["--format", "json"]).output
                return try JSONSerialization.jsonObject(with: Data(output.utf8))
            }
            let status = try #require(try await parsed(["status"]) as? [String: Any])
            #expect(status["topic"] as? String == site.settings.topic && status["schema"] as? String == "current")
            #expect(status["kafka"] as? String == "up" && status["redis"] as? String == "up", "\(status)")
            let partitions = try #require(status["partitions"] as? [[String: Any]])
            #expect(partitions.compactMap { $0["lag"] as? Int } == [0, 0], "\(status)")
            #expect(partitions.allSatisfy { $0["trouble"] is NSNull && $0["epoch"] as? Int == 1 }, "\(status)")
            #expect((status["workers"] as? [[String: Any]])?.isEmpty == false, "\(status)")
            let leases = try #require(try await parsed(["lease", "list"]) as? [[String: Any]])
            #expect(leases.compactMap { $0["partition"] as? Int } == [0, 1])
            let named = try #require(
                try await parsed(["refused", "--hunt", "harbour", "--reason", "unknown_tag"]) as? [[String: Any]])
            #expect(!named.isEmpty && named.allSatisfy { $0["reason"] as? String == "unknown_tag" })
            #expect(named.allSatisfy { ($0["value"] as? String)?.contains(#""hunt":"harbour""#) == true })
        }

        @Test(
            "verify exits with 3 on a difference and names it, and --no-hot leaves Redis out", .timeLimit(.minutes(2)))
        @Reactor
        func verify() async throws {
            try await withSite(partitions: 1) { site in
                try await site.startWorkers()
                let load = try ScanLoad(site, seed: 32)
                await load.burst(300)
                try await load.stop()
                try await site.expectExact(load)
                let rows = try await site.query(
                    "update cairn.score set unlocks = unlocks + 1 where hunt_id = 1 and player in "
                        + "(select min(player) from cairn.score where hunt_id = 1) returning player")
                let (status, output) = try await site.cairn(["verify", site.hunts[0].slug, "--no-hot"])
                #expect(status == 3 && output.contains("\(rows.text(0, 0)):"), "\(output)")
                #expect(output.contains("keys not checked"), "\(output)")
                await load.close()
            }
        }

        @Test(
            "the demo plays on a private stack whatever addresses are set, verifies itself and leaves with 0",
            .timeLimit(.minutes(2)))
        @Reactor
        func demo() async throws {
            let stack = try await ServiceStack.shared.stack()
            let path = "\(stack.folder)/demo-user.yaml"
            let text = """
                kafka: {brokers: "127.0.0.1:9", topic: elsewhere, properties: {security.protocol: SSL}}
                redis: {url: "redis://127.0.0.1:9", cluster: true}
                flush: {concurrent: 1}
                """
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            // It looks for the servers where the tests do, so CAIRN_TOOLS stays.
            let process = try await stack.spawn(
                "demo", "env",
                [
                    "-u", "CAIRN_BINARY", "-u", "CAIRN_TEST_BROKERS",
                    "CAIRN_POSTGRES_URL=postgres://cairn@127.0.0.1:9/cairn",
                ]
                    + [try ServiceStack.binary(), "demo", "--headless", "--seconds", "3", "--rate", "500"]
                    + ["--players", "50", "--config", path, "--set", "log.level=debug"])
            if !(await eventually(within: 60, { !process.isRunning })) { process.signal(SIGKILL) }
            let status = await process.wait()
            let log = WorkerProcess(process: process).log
            #expect(status == 0, "\(log)")
            #expect(log.contains("scans produced 1500, lost 0, doubled 0, wrong 0"), "\(log)")
        }

        @Test("an export that is imported changes nothing, and config show masks secrets and names sources")
        @Reactor
        func exportAndConfig() async throws {
            try await withSite(partitions: 1) { site in
                let export = try await site.cairn(["hunt", "export", "harbour"])
                let path = "\(site.stack.folder)/\(site.name)-export.yaml"
                try export.output.write(toFile: path, atomically: true, encoding: .utf8)
                let again = try await site.cairn(["hunt", "import", path])
                #expect(export.status == 0 && again.status == 0 && again.output.contains("unchanged"), "\(again)")
                let config = try await site.cairn([
                    "config", "show", "--set", "redis.url=redis://:hidden-secret@127.0.0.1:1", "--format", "csv",
                ])
                #expect(config.status == 0 && !config.output.contains("hidden-secret"), "\(config.output)")
                let lines = config.output.split(separator: "\n")
                #expect(lines.contains { $0.hasPrefix("redis.url,") && $0.hasSuffix("--set") }, "\(config.output)")
                #expect(lines.contains { $0.hasPrefix("kafka.group,") && $0.contains(".yaml") })
                #expect(lines.contains { $0.hasPrefix("flush.concurrent,2,built") })
            }
        }
    }
}
