import Foundation
import Testing

@testable import cairn_bench

@Suite("Other systems at the same job")
struct PeerTests {
    private let environment = PeerEnvironment(
        brokers: "127.0.0.1:1", topic: "scans", postgresPort: 2, redisPort: 3, home: "/home", shared: "/peers/shared",
        folder: "/run", further: [:])

    @Test("are told where everything is, and their own settings win")
    func variables() {
        var environment = environment
        let expected = [
            "BROKER": "127.0.0.1:1", "TOPIC": "scans", "GROUP": "peer", "PGHOST": "127.0.0.1", "PGPORT": "2",
            "PGUSER": "cairn", "PGDATABASE": "cairn", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": "3",
            "CHECKPOINTS": "/run/checkpoints.json", "SHARED": "/peers/shared", "STATE_DIR": "/run/peer-state",
            "FIRST_FILE": "/run/peer-first", "PEERS_HOME": "/home",
        ]
        #expect(environment.variables == expected)
        environment.further = ["MAXBATCH": "7", "GROUP": "other"]
        #expect(environment.variables == expected.merging(["MAXBATCH": "7", "GROUP": "other"]) { $1 })
    }

    @Test("read the benchmark's hunt, as JSON and line by line")
    func checkpoints() throws {
        struct Checkpoint: Decodable {
            var tag: String
            var checkpoint: Int
            var points: Int64
        }
        let text = PeerEnvironment.checkpointList
        let list = try JSONDecoder().decode([Checkpoint].self, from: Data(text.utf8))
        #expect(list.map(\.checkpoint) == Array(1...BenchHunt.checkpoints))
        #expect(list.map(\.tag) == (0..<BenchHunt.checkpoints).map { BenchHunt.tag(ofCheckpoint: $0) })
        #expect(list.map(\.points) == (0..<BenchHunt.checkpoints).map { BenchHunt.points(ofCheckpoint: $0) })
        let pattern = /\{"tag":"[0-9A-F]{14}","checkpoint":\d+,"points":\d+\},?/
        #expect(text.split(separator: "\n").count { $0.wholeMatch(of: pattern) != nil } == BenchHunt.checkpoints)
    }

    @Test("a key's value is a version and a score, and nothing else is one")
    func keys() {
        let key = PeerKey("12:345")
        #expect(key?.version == 12 && key?.score == 345)
        for text in ["12", "12:", ":345", "12:345:6", "a:1", ""] { #expect(PeerKey(text) == nil, "\(text)") }
        #expect(ScoreKeys.peer.score(in: "3:50") == 50 && ScoreKeys.peer.score(in: "1 3 50 2 9 9") == nil)
        #expect(ScoreKeys.cairn.score(in: "1 3 50 2 9 9") == 50 && ScoreKeys.cairn.score(in: "3:50") == nil)
    }

    // MARK: Exactness

    private struct Books {
        var oracle: TraceOracle
        var books = PeerBooks()
        /// Somebody with unlocks, and somebody without.
        var active = 0
        var idle = 0

        init() throws {
            var trace = ScanTrace(.repeats, players: 40, exponent: 0, seed: 9)
            for _ in 0..<200 { _ = trace.next() }
            oracle = trace.oracle
            // As a peer that stores every first scan by itself would have them.
            var again = ScanTrace(.repeats, players: 40, exponent: 0, seed: 9)
            for _ in 0..<200 {
                let scan = again.next()
                guard case .first(let checkpoint, _) = scan.content else { continue }
                var sums = books.unlocks[scan.player] ?? .init()
                sums.count += 1
                sums.points += BenchHunt.points(ofCheckpoint: checkpoint)
                sums.checkpoints += Int64(checkpoint + 1)
                sums.scannedAt += scan.at
                sums.latest = max(sums.latest, scan.at)
                books.unlocks[scan.player] = sums
            }
            for (player, sums) in books.unlocks {
                books.scores[player] = .init(score: sums.points, unlocks: sums.count, version: sums.count)
                books.board[player] = sums.points
                books.keys[player] = "\(sums.count):\(sums.points)"
            }
            let scored = books.scores
            active = try #require(scored.keys.min())
            idle = try #require((0..<40).first { scored[$0] == nil })
        }
    }

    @Test("are exact when every row, the board and the keys are the oracle's")
    func exact() throws {
        var books = try Books()
        #expect(books.books.scores.count > 5)
        #expect(books.books.compare(with: books.oracle).differences == 0)
        books.books.keys[books.active] = nil
        #expect(books.books.compare(with: books.oracle).isExact, "keys expire")
    }

    @Test("are not exact when one thing of one player is another", arguments: 0..<15)
    func inexact(number: Int) throws {
        let books = try Books()
        let (active, idle) = (books.active, books.idle)
        let changes: [(inout PeerBooks) -> Void] = [
            { $0.scores[active]!.score += 5 }, { $0.scores[active]!.unlocks -= 1 }, { $0.scores[active] = nil },
            { $0.scores[idle] = .init(score: 0, unlocks: 0, version: 1) }, { $0.scores[active]!.version += 1 },
            { $0.unlocks[active]!.count += 1 }, { $0.unlocks[active]!.points += 5 },
            { $0.unlocks[active]!.checkpoints -= 1 }, { $0.unlocks[active]!.scannedAt += 1 },
            { $0.unlocks[active]!.latest += 1 }, { $0.unlocks[active] = nil }, { $0.board[active]! -= 5 },
            { $0.board[idle] = 0 }, { $0.keys[active] = "1:1" }, { $0.strangers = 1 },
        ]
        var changed = books.books
        changes[number](&changed)
        #expect(changed.compare(with: books.oracle).differences >= 1)
        #expect(changes.count == 15)
    }

    @Test("are not exact when no key is left that could have been wrong")
    func noKeys() throws {
        var books = try Books()
        books.books.keys = [:]
        #expect(books.books.compare(with: books.oracle).differences == 1)
    }

    // MARK: Building them

    private func reason(_ name: String, script: String?, _ peers: String) throws -> String {
        if let script {
            try FileManager.default.createDirectory(atPath: "\(peers)/\(name)", withIntermediateDirectories: true)
            try script.write(toFile: "\(peers)/\(name)/run.sh", atomically: true, encoding: .utf8)
        }
        do throws(PeerWorkshop.Unavailable) {
            _ = try PeerWorkshop(peers: peers, home: "\(peers)/home").build(name)
            return "built"
        } catch {
            return error.reason
        }
    }

    @Test("one that cannot be built has a reason")
    func reasons() throws {
        let peers = FileManager.default.temporaryDirectory.path + "/cairn-peers-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: peers) }
        #expect(try reason("none", script: nil, peers) == "there is no \(peers)/none/run.sh")
        #expect(try reason("mute", script: "exec true", peers).hasPrefix("it does not tell when"))
        let python = "exec \"$PEERS_HOME/venv/a/bin/python\" # FIRST_FILE"
        #expect(
            try reason("python", script: python, peers)
                == "there is no \(peers)/home/venv/a/bin/python: `\(peers)/setup.sh \(peers)/home` makes it")
        let made = try reason("made", script: "exec \"$PEERS_HOME/bin/made\" # FIRST_FILE", peers)
        #expect(made.hasPrefix("make ended with 2:\n"), "\(made)")
        #expect(try reason("shell", script: "exec ./worker # FIRST_FILE", peers) == "built")
    }

    @Test("what a script starts, where librdkafka lies and how it calls itself are read from text")
    func texts() {
        let script = "n=2\nexec \"$PEERS_HOME/bin/b\" $PEERS_HOME/venv/a/bin/python; \"$PEERS_HOME/bin/b\""
        #expect(PeerWorkshop.programs(ofScript: script) == ["bin/b", "venv/a/bin/python"])
        let maps = """
            7f00-7f01 r-xp 00000000 fd:00 12   /usr/lib/libpq.so.5
            7f02-7f03 r-xp 00000000 fd:00 13   /a b/lib/librdkafka.so.1
            7f04-7f05 rw-p 00000000 00:00 0
            """
        #expect(PeerWorkshop.kafkaLibrary(inMaps: maps) == "/a b/lib/librdkafka.so.1")
        #expect(PeerWorkshop.kafkaLibrary(inMaps: "7f04-7f05 rw-p 00000000 00:00 0") == nil)
        let dynamic = " 0x000000000000000e (SONAME)             Library soname: [librdkafka-0c.so.1]\n"
        #expect(PeerWorkshop.soname(inDynamicSection: dynamic) == "librdkafka-0c.so.1")
        #expect(PeerWorkshop.soname(inDynamicSection: " 0x1 (NEEDED)  Shared library: [libc.so.6]") == nil)
    }
}
