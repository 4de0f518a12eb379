import Foundation
import HuntCore
import Reactor
import Testing

extension ServiceTests {
    /// Every answer that comes is judged: it must be that of a committed state between its `as_of` and its arrival.
    @Suite("Serve")
    struct Serve {
        @Test("ranks are right at every moment while scans come and a worker is killed", .timeLimit(.minutes(3)))
        @Reactor
        func underLoad() async throws {
            phase("serve: under load")
            try await withServe { site, serve, load, audit in
                let workers = try await site.startWorkers(2)
                load.start(perSecond: 1_000)
                try await ask(audit, serve, forMs: 6_000)
                await workers[0].kill()
                try await ask(audit, serve, forMs: 4_000)
                try await load.stop()
                try await site.expectExact(load)
                try await expectStandings(site, serve)
            }
        }

        @Test(
            "without Redis, with the primary restarted, ranks stay right and come back by themselves",
            .timeLimit(.minutes(3)))
        @Reactor
        func serversRestart() async throws {
            phase("serve: servers restart")
            try await withServe { site, serve, load, audit in
                try await site.startWorkers()
                load.start(perSecond: 500)
                try await ask(audit, serve, forMs: 2_000)
                try await site.stack.kill(.redis)
                try await ask(audit, serve, forMs: 2_000)
                try await site.stack.restart(.redis)
                try await site.stack.kill(.postgres)
                try await ask(audit, serve, forMs: 3_000)
                try await site.stack.restart(.postgres)
                try await ask(audit, serve, forMs: 4_000)
                site.stack.signal(.kafka, SIGSTOP)
                try await ask(audit, serve, forMs: 2_000)
                site.stack.signal(.kafka, SIGCONT)
                try await ask(audit, serve, forMs: 2_000)
                try await load.stop()
                try await site.expectExact(load)
                try await expectStandings(site, serve)
            }
        }

        @Test("without a feed the board follows Postgres and says so", .timeLimit(.minutes(2)))
        @Reactor
        func withoutFeed() async throws {
            phase("serve: without a feed")
            try await withServe(scoresTopic: "no-such-feed") { site, serve, load, audit in
                try await site.startWorkers()
                load.start(perSecond: 500)
                try await ask(audit, serve, forMs: 5_000)
                try await load.stop()
                try await site.expectExact(load)
                try await expectStandings(site, serve)
                let answer = try #require(await serve.call("/v1/hunts/harbour/board"))
                #expect(answer.json["source"] as? String == "primary")
            }
        }

        @Test(
            "hunts are imported, change their rules, lose players and close without a restart", .timeLimit(.minutes(2)))
        @Reactor
        func definitionsChange() async throws {
            phase("serve: definitions change")
            try await withServe { site, serve, load, audit in
                try await site.startWorkers()
                load.start(perSecond: 300)
                try await ask(audit, serve, forMs: 2_000)
                var changed = site.hunts[0]
                changed.checkpoints[1].points += 50
                try await site.importHunt(SampleHunts().further("further"))
                #expect(await eventually(within: 20) { await serve.call("/v1/hunts/further")?.status == 200 })
                try await rescore(changed, site)
                try await load.stop()
                try await site.expectExact(load.records, hunts: [changed] + site.hunts.dropFirst())
                try await expectStandings(site, serve)
                let player = try #require(await leader(serve))
                let erased = try await site.cairn(["player", "erase", "harbour", player, "--yes"])
                #expect(erased.status == 0, "\(erased.output)")
                #expect(
                    await eventually(within: 20) {
                        await serve.call("/v1/hunts/harbour/players/\(player)")?.status == 404
                    })
                try await expectStandings(site, serve)
                let closed = try await site.cairn(["hunt", "close", "further"])
                #expect(closed.status == 0, "\(closed.output)")
                let closesAt = try #require(try await definition("further", site)["closes_at"] as? String)
                #expect(
                    await eventually(within: 20) {
                        await serve.call("/v1/hunts/further")?.json["closes_at"] as? String == closesAt
                    })
                let deleted = try await site.cairn(["hunt", "delete", "further", "--yes"])
                #expect(deleted.status == 0, "\(deleted.output)")
                #expect(await eventually(within: 20) { await serve.call("/v1/hunts/further")?.status == 404 })
            }
        }

        @Test(
            "with a replica that falls behind, dies and comes back, ranks and explanations stay right",
            .timeLimit(.minutes(3)))
        @Reactor
        func replica() async throws {
            phase("serve: a replica")
            let replica = try await PostgresReplica(of: try await ServiceStack.shared.stack())
            // Without a feed every change is read, of the replica where it is current.
            try await withServe(scoresTopic: "no-such-feed", replica: replica) { site, serve, load, audit in
                try await site.startWorkers()
                load.start(perSecond: 300)
                try await ask(audit, serve, forMs: 4_000)
                let isReplica = await eventually(within: 20) {
                    await serve.call("/v1/hunts/harbour/board?limit=1")?.json["source"] as? String == "replica"
                }
                #expect(isReplica)
                try await replica.pauseReplay(true)
                try await ask(audit, serve, forMs: 10_000)
                let behind = await eventually(within: 20) {
                    await serve.call("/v1/hunts/harbour/board?limit=1")?.json["source"] as? String == "primary"
                }
                #expect(behind, "a replica that is behind is asked no more")
                try await replica.pauseReplay(false)
                try await ask(audit, serve, forMs: 2_000)
                await replica.kill()
                try await ask(audit, serve, forMs: 4_000)
                let player = try #require(await leader(serve))
                let why = await serve.call("/v1/hunts/harbour/players/\(player)/why")
                #expect(why?.status == 200, "\(why?.body ?? "no answer")")
                try await replica.start()
                try await ask(audit, serve, forMs: 2_000)
                try await load.stop()
                try await site.expectExact(load)
                try await expectStandings(site, serve)
            }
            await replica.kill()
        }

        // MARK: Steps

        @Reactor
        private func withServe(
            scoresTopic: String? = nil, replica: PostgresReplica? = nil,
            _ body: @Reactor (Site, ServeProcess, ScanLoad, BoardAudit) async throws -> Void
        ) async throws {
            try await withSite { site in
                let audit = try await BoardAudit(site, site.hunts[0])
                let load = try ScanLoad(site, seed: 1, players: 400)
                var settings = site.settings
                settings.scoresTopic = scoresTopic ?? settings.scoresTopic
                if let replica { settings.replicas = [replica.url(of: settings.postgresURL)] }
                let serve = try await site.startServe(settings)
                do {
                    try await body(site, serve, load, audit)
                    site.report(try await audit.judge())
                    phase("serve: \(audit.answers.count) answers judged")
                    let start = Clock.monotonicMs()
                    serve.process.signal(SIGTERM)
                    #expect(await serve.process.wait() == 0)
                    #expect(Clock.monotonicMs() - start < 5_000 * patience)
                } catch {
                    Issue.record("\(error)\nserve:\n\(serve.log.suffix(3_000))")
                    serve.process.signal(SIGKILL)
                    await serve.process.wait()
                }
                await load.close()
            }
        }

        /// Asks again and again. Ranks come from memory, so whatever is away, no question may fail.
        @Reactor
        private func ask(_ audit: BoardAudit, _ serve: ServeProcess, forMs: Int64) async throws {
            let start = Clock.monotonicMs()
            var errors = 0
            var number = 0
            while Clock.monotonicMs() - start < forMs {
                number += 1
                errors += await audit.ask(serve, player: "player-\(number * 7 % 400)")
                await Reactor.pause(ms: 20)
            }
            #expect(errors == 0, "\(errors) of \(3 * number) questions had no answer")
        }

        /// Waits until the whole board is that of `cairn standings`.
        @Reactor
        private func expectStandings(_ site: Site, _ serve: ServeProcess) async throws {
            let listing = try await site.cairn(["standings", "harbour", "--limit", "1000", "--format", "json"])
            let rows = (try JSONSerialization.jsonObject(with: Data(listing.output.utf8))) as? [[String: Any]] ?? []
            let expected = rows.map { Self.line($0) }
            #expect(!expected.isEmpty)
            var shown: [String] = []
            let isEqual = await eventually(within: 20) {
                let answer = await serve.call("/v1/hunts/harbour/board?limit=1000")
                shown = (answer?.json["entries"] as? [[String: Any]] ?? []).map { Self.line($0) }
                return shown == expected
            }
            #expect(isEqual, "\(zip(shown, expected).first { $0 != $1 }.map { "\($0)" } ?? "\(shown.count)")")
        }

        private static func line(_ entry: [String: Any]) -> String {
            ["rank", "player", "score", "unlocks", "reached_at"].map { "\(entry[$0] ?? "")" }.joined(separator: " ")
        }

        @Reactor
        private func leader(_ serve: ServeProcess) async -> String? {
            let answer = await serve.call("/v1/hunts/harbour/board?limit=1")
            return (answer?.json["entries"] as? [[String: Any]])?.first?["player"] as? String
        }

        /// As the command lists it.
        @Reactor
        private func definition(_ slug: String, _ site: Site) async throws -> [String: Any] {
            let listing = try await site.cairn(["hunt", "list", "--format", "json"])
            let rows = (try JSONSerialization.jsonObject(with: Data(listing.output.utf8))) as? [[String: Any]] ?? []
            return rows.first { $0["hunt"] as? String == slug } ?? [:]
        }

        @Reactor
        private func rescore(_ hunt: HuntDefinition, _ site: Site) async throws {
            let path = "\(site.stack.folder)/\(site.name)-rescored.yaml"
            try hunt.yaml.write(toFile: path, atomically: true, encoding: .utf8)
            let (status, output) = try await site.cairn(["hunt", "import", path, "--rescore"])
            #expect(status == 0, "\(output)")
        }
    }
}
