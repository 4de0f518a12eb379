import Foundation
import HuntCore
import OrderIndex
import Testing

@testable import ReadAPI

/// What each address answers, over a real connection.
@Suite("answers of the read API", .timeLimit(.minutes(1)))
struct AnswerTests {
    private let hunt = "/v1/hunts/old-town"

    @Test("every answer begins with as_of, version and source")
    func stamps() async throws {
        try await HTTPStage.run { stage in
            let begin = #"{"as_of":"2026-06-12T09:01:40.123Z","version":361,"source":"feed","#
            for path in ["", "/board", "/players/player-005", "/players/player-005/around"] {
                let answer = try await stage.get(hunt + path)
                #expect(answer.status == 200 && answer.text.hasPrefix(begin), "\(answer.text.prefix(120))")
                #expect(answer.headers["content-type"] == "application/json")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["cache-control"] == "public, max-age=1")
                #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)
            }
            #expect(try await stage.get("/v1/hunts").text.hasPrefix(begin))
            #expect(try await stage.post(hunt + "/players:lookup", #"{"players":["x"]}"#).text.hasPrefix(begin))
        }
    }

    @Test("hunts are listed with the oldest time and the sum of the versions; without hunts the time is null")
    func hunts() async throws {
        let store = SampleBoards.store([
            SampleBoards.board(), SampleBoards.board("new-town", huntID: 2, players: 10),
        ])
        store.move(SampleBoards.player(3), to: 5)
        try await HTTPStage.run(store: store) { stage in
            let list = try await stage.get("/v1/hunts").json()
            #expect(list["version"] as? Int == 361 + 1 + 31)
            #expect(list["as_of"] as? String == "2026-06-12T09:01:40.123Z")
            let hunts = try #require(list["hunts"] as? [[String: Any]])
            #expect(hunts.map { $0["hunt"] as? String } == ["new-town", "old-town"])
            #expect(hunts.map { $0["players"] as? Int } == [10, 120])
            #expect(hunts[1]["checkpoints"] as? Int == 2 && hunts[1]["trails"] as? Int == 1)
            stage.store.replace([])
            let empty = try await stage.get("/v1/hunts")
            #expect(empty.text == #"{"as_of":null,"version":0,"source":"primary","hunts":[]}"#)
        }
    }

    @Test("a hunt is told without tags and places")
    func hunt() async throws {
        try await HTTPStage.run { stage in
            let answer = try await stage.get(hunt)
            for secret in ["04A1B2C3D4E5F6", "04FFEEDDCCBBAA", "38.6916", "9.2160", "lat", "tag"] {
                #expect(!answer.text.contains(secret), "\(secret)")
            }
            let json = try answer.json()
            #expect(json["title"] as? String == "Old \"Town\" \\ Évora")
            #expect(json["checkpoint_count"] as? Int == 2 && json["trail_count"] as? Int == 1)
            let checkpoints = try #require(json["checkpoints"] as? [[String: Any]])
            #expect(checkpoints[1]["requires"] as? [String] == ["gate"])
            #expect(checkpoints[1]["opens_at"] as? String == "2026-06-12T09:01:40.000Z")
            #expect(checkpoints[0]["opens_at"] is NSNull && checkpoints[0]["zone"] as? String == "west")
            #expect((json["trails"] as? [[String: Any]])?.first?["bonus"] as? Int == 50)
        }
    }

    @Test("a board is read page by page over its cursors")
    func board() async throws {
        try await HTTPStage.run { stage in
            let first = try await stage.get(hunt + "/board").json()
            #expect((first["entries"] as? [Any])?.count == 50 && first["players"] as? Int == 120)
            var ranks: [Int] = []
            var query = "?limit=33"
            var last: [String: Any] = [:]
            for _ in 0..<4 {
                last = try await stage.get(hunt + "/board" + query).json()
                ranks += (last["entries"] as? [[String: Any]] ?? []).compactMap { $0["rank"] as? Int }
                query = "?limit=33&unknown=1&cursor=" + (last["next"] as? String ?? "")
            }
            #expect(ranks == Array(1...120) && last["next"] is NSNull)
            let back = try await stage.get(hunt + "/board?limit=33&cursor=" + (last["previous"] as? String ?? ""))
            let entries = try #require(try back.json()["entries"] as? [[String: Any]])
            #expect(entries.compactMap { $0["rank"] as? Int } == Array(67...99))
            #expect(
                String(buffer: try #require(stage.store.firstPage(of: "old-town", limit: 7)))
                    == (try await stage.get(hunt + "/board?limit=7").text))
        }
    }

    @Test("a player's rank, that of one without unlocks, and neighbours")
    func players() async throws {
        try await HTTPStage.run { stage in
            let player = try await stage.get(hunt + "/players/player-041").text
            #expect(
                player.hasSuffix(
                    #""hunt":"old-town","rank":42,"player":"player-041","score":790,"unlocks":2,"#
                        + #""reached_at":"2026-06-12T09:00:00.041Z","player_version":3,"players":120}"#))
            let newcomer = try await stage.get(hunt + "/players/newcomer").json()
            #expect(newcomer["rank"] is NSNull && newcomer["reached_at"] is NSNull && newcomer["score"] as? Int == 0)
            let around = try await stage.get(hunt + "/players/player-001/around?radius=2").json()
            #expect(around["rank"] as? Int == 2 && around["player"] as? String == "player-001")
            let ranks = (around["entries"] as? [[String: Any]])?.compactMap { $0["rank"] as? Int }
            #expect(ranks == [1, 2, 3, 4])
            let alone = try await stage.get(hunt + "/players/newcomer/around").json()
            #expect(alone["rank"] is NSNull && (alone["entries"] as? [Any])?.isEmpty == true)
        }
    }

    @Test("a lookup answers each id once, in the order of the board, unlisted ones last, and names the missing")
    func lookup() async throws {
        for ranking in HuntDefinition.Ranking.allCases {
            let store = SampleBoards.store([SampleBoards.board(ranking: ranking)])
            store.move(SampleBoards.player(9), to: 1_120)
            try await HTTPStage.run(store: store) { stage in
                let ids = #""nobody","newcomer","player-020","player-009","player-008","player-020","other""#
                let json = try await stage.post(hunt + "/players:lookup", #"{"players":[\#(ids)]}"#).json()
                let entries = try #require(json["entries"] as? [[String: Any]])
                let names = entries.compactMap { $0["player"] as? String }
                #expect(names == ["player-008", "player-009", "player-020", "newcomer"])
                let ranks = entries.map { $0["rank"] as? Int }
                #expect(ranks == (ranking == .shared ? [9, 9, 21, nil] : [9, 10, 21, nil]))
                #expect(json["missing"] as? [String] == ["nobody", "other"] && json["players_listed"] as? Int == 120)
            }
        }
    }

    @Test("a player's explanation comes from the database, and its failures are told")
    func why() async throws {
        try await HTTPStage.run { stage in
            let answer = try await stage.get(hunt + "/players/player-000/why")
            let json = try answer.json()
            #expect(answer.headers["cache-control"] == "no-store" && json["source"] as? String == "replica")
            #expect(json["score"] as? Int == 400 && json["points"] as? Int == 350 && json["bonuses"] as? Int == 50)
            let contributions = try #require(json["contributions"] as? [[String: Any]])
            #expect(contributions.map { $0["checkpoint"] as? String } == ["gate", "well"])
            #expect((json["trails"] as? [[String: Any]])?.first?["at"] as? String == "2026-06-12T09:01:41.000Z")
            let notNow = try await stage.get(hunt + "/players/player-001/why")
            #expect(notNow.status == 503 && notNow.headers["retry-after"] == "2")
            #expect(try notNow.problem() == "not-now")
            let refused = try await stage.get(hunt + "/players/player-002/why")
            #expect(try refused.status == 500 && refused.problem() == "failed" && !refused.text.contains("table"))
            for player in ["player-003", "nobody"] {
                let unknown = try await stage.get(hunt + "/players/\(player)/why")
                #expect(try unknown.status == 404 && unknown.problem() == "unknown-player")
            }
        }
    }

    @Test("before the boards are loaded everything but /healthz and /metrics says so")
    func notLoaded() async throws {
        try await HTTPStage.run(store: BoardStore()) { stage in
            let rest = ["", "/board", "/board/stream", "/players/a", "/players/a/around", "/players/a/why"]
            for path in ["/readyz", "/v1/hunts"] + rest.map({ hunt + $0 }) {
                let answer = try await stage.get(path)
                #expect(try answer.status == 503 && answer.problem() == "not-loaded", "\(path)")
                #expect(answer.headers["retry-after"] == "1")
            }
            #expect(try await stage.post(hunt + "/players:lookup", #"{"players":["a"]}"#).status == 503)
            #expect(try await stage.get("/healthz").text == "ok\n")
            #expect(try await stage.get("/metrics").status == 200)
            stage.store.replace([SampleBoards.board()])
            #expect(try await stage.get("/readyz").text == "ready\n")
        }
    }

    @Test("the page and its files have a strict policy and a tag")
    func page() async throws {
        let assets: PageAssets = { path in path == "/" ? (Array("<p>".utf8), "text/html; charset=utf-8") : nil }
        try await HTTPStage.run(assets: assets) { stage in
            let page = try await stage.get("/?hunt=old-town")
            #expect(page.text == "<p>" && page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["content-security-policy"]?.hasPrefix("default-src 'self';") == true)
            #expect(page.headers["cache-control"] == "no-cache")
            let again = try await stage.get("/", headers: ["If-None-Match": try #require(page.headers["etag"])])
            #expect(again.status == 304 && again.body.isEmpty)
            #expect(try await stage.get("/assets/none.js").problem() == "unknown-address")
        }
    }

    @Test("metrics tell of requests, refusals and streams, after those of others")
    func metrics() async throws {
        try await HTTPStage.run { stage in
            _ = try await stage.get(hunt + "/board")
            _ = try await stage.get(hunt + "/players/nobody")
            let page = try await stage.get("/metrics").text
            #expect(page.hasPrefix("# others\n"))
            for line in [
                #"cairn_http_requests_total{route="board",status="2xx"} 1"#,
                #"cairn_http_requests_total{route="player",status="4xx"} 1"#,
                #"cairn_http_request_seconds_count{route="board"} 1"#, #"cairn_http_refused_total{bound="client"} 0"#,
                "cairn_http_streams 0", "cairn_http_clients 1",
            ] { #expect(page.contains(line + "\n"), "\(line)") }
        }
    }
}
