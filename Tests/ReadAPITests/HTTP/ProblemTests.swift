import Foundation
import Randomness
import Testing

@testable import ReadAPI

/// What is wrong is said clearly, and nothing that anybody sends makes the server fail.
@Suite("problems of the read API", .timeLimit(.minutes(1)))
struct ProblemTests {
    private let hunt = "/v1/hunts/old-town"

    @Test("wrong input is answered with a problem of its kind that names the culprit")
    func kinds() async throws {
        let other = BoardCursor.start(
            of: BoardHunt(huntID: 2, definition: SampleBoards.definition(), rulesVersion: 1, erasures: 0))
        let old = BoardCursor.start(
            of: BoardHunt(huntID: 1, definition: SampleBoards.definition(), rulesVersion: 9, erasures: 0))
        let cases: [(path: String, status: Int, slug: String, culprit: String)] = [
            ("/nothing", 404, "unknown-address", "/nothing"), ("/v1/hunts/", 404, "unknown-address", "/v1/hunts/"),
            ("/v1/hunts/none", 404, "unknown-hunt", "none"), ("/v1/hunts/NONE", 400, "invalid-hunt", "NONE"),
            ("/v1/hunts/-a/board", 400, "invalid-hunt", "-a"),
            ("/v1/hunts/\(String(repeating: "a", count: 64))", 400, "invalid-hunt", "aaa..."),
            (hunt + "/players/nobody", 404, "unknown-player", "nobody"),
            (hunt + "/players/a%20b", 400, "invalid-player", "a b"),
            (hunt + "/players/%F0%9F%8F%86", 400, "invalid-player", "🏆"),
            (hunt + "/players/\(String(repeating: "p", count: 65))/around", 400, "invalid-player", "ppp..."),
            (hunt + "/players/\(String(repeating: "p", count: 65))/why", 400, "invalid-player", "ppp..."),
            (hunt + "/board?limit=0", 400, "invalid-parameter", "limit"),
            (hunt + "/board?limit=1001", 400, "invalid-parameter", "limit"),
            (hunt + "/board?limit=", 400, "invalid-parameter", "limit"),
            (hunt + "/board?limit=1e2", 400, "invalid-parameter", "1e2"),
            (hunt + "/board?limit=+5", 400, "invalid-parameter", "+5"),
            (hunt + "/board?limit=%zz", 400, "invalid-parameter", "limit"),
            (hunt + "/board?limit=99999999999999999999", 400, "invalid-parameter", "limit"),
            (hunt + "/players/player-001/around?radius=51", 400, "invalid-parameter", "radius"),
            (hunt + "/board/stream?top=101", 400, "invalid-parameter", "top"),
            (hunt + "/board?cursor=x", 400, "damaged-cursor", "next"),
            (hunt + "/board?cursor=", 400, "damaged-cursor", "next"),
            (hunt + "/board?cursor=\(other.text)", 400, "cursor-of-another-hunt", "old-town"),
            (hunt + "/board?cursor=\(old.text)", 400, "cursor-of-other-rules", "version 1"),
            ("/" + String(repeating: "a", count: 2_048), 414, "address-too-long", "2049"),
        ]
        try await HTTPStage.run { stage in
            for (path, status, slug, culprit) in cases {
                let answer = try await stage.get(path)
                #expect(answer.status == status, "\(path): \(answer.text)")
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.headers["cache-control"] == "no-store")
                #expect(try answer.problem() == slug, "\(path)")
                let json = try answer.json()
                #expect(json["status"] as? Int == status && (json["title"] as? String)?.isEmpty == false)
                #expect((json["detail"] as? String)?.contains(culprit) == true, "\(path): \(answer.text)")
            }
            let unknown = try await stage.get(hunt + "/players/nobody").json()
            #expect(unknown["as_of"] as? String == "2026-06-12T09:01:40.123Z" && unknown["version"] as? Int == 361)
        }
    }

    @Test("methods that an address does not have are refused with those that it has")
    func methods() async throws {
        try await HTTPStage.run { stage in
            for (path, method, allowed) in [
                (hunt, "POST", "GET, HEAD, OPTIONS"), (hunt + "/board", "DELETE", "GET, HEAD, OPTIONS"),
                (hunt + "/players:lookup", "GET", "POST, OPTIONS"),
                (hunt + "/players/a/why", "PUT", "GET, HEAD, OPTIONS"),
                (hunt + "/board/stream", "POST", "GET, HEAD, OPTIONS"), ("/", "POST", "GET, HEAD, OPTIONS"),
            ] {
                let answer = try await stage.get(path, method: method, headers: ["Content-Length": "0"])
                #expect(answer.status == 405 && answer.headers["allow"] == allowed, "\(method) \(path): \(answer)")
            }
        }
    }

    @Test("bodies of lookups: no ids, too many, wrong ones, and too many bytes")
    func bodies() async throws {
        try await HTTPStage.run { stage in
            func ids(_ count: Int) -> String {
                #"{"players":["# + (0..<count).map { "\"p\($0)\"" }.joined(separator: ",") + "]}"
            }
            #expect(try await stage.post(hunt + "/players:lookup", ids(500)).status == 200)
            for body in [ids(0), ids(501), "", "[]"] {
                #expect(try await stage.post(hunt + "/players:lookup", body).problem() == "invalid-body")
            }
            #expect(
                try await stage.post(hunt + "/players:lookup", #"{"players":["a b"]}"#).problem() == "invalid-player")
            let large = try await stage.post(hunt + "/players:lookup", String(repeating: " ", count: 65_537))
            #expect(try large.status == 413 && large.problem() == "body-too-large")
        }
    }

    @Test(
        "random bytes in path, parameters, headers and body never give 500, and the server goes on",
        arguments: [1, 2, 3])
    func fuzz(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        var limits = ReadLimits()
        limits.clientRate = 1_000_000
        limits.steadyRate = 1_000_000
        let pieces = [
            "/v1/hunts", "/old-town", "/board", "/players", "/player-001", "/around", "/why", "?limit=", "&cursor=",
            "%",
            "%00", "..", "//", "?", "=", "&", "%F0", "players:lookup", "é", "\u{0}", " ", "1", "-1", "a",
        ]
        var requests: [[UInt8]] = []
        for _ in 0..<400 {
            var path: [UInt8] = [UInt8(ascii: "/")]
            for _ in 0..<random.below(8) {
                path += random.chance(80) ? Array(random.pick(pieces).utf8) : [UInt8(random.below(256))]
            }
            let body = (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
            let method = random.pick(["GET", "POST", "HEAD", "OPTIONS", "PUT"])
            requests.append(
                Array("\(method) ".utf8) + path
                    + Array(" HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
                    + body)
        }
        try await HTTPStage.run(limits: limits) { stage in
            var answered = 0
            for request in requests {
                let client = try await RawClient.open(stage.port)
                try? await client.send(request)
                let isHead = request.starts(with: Array("HEAD".utf8))
                if let answer = try? await client.answer(isHead: isHead) {
                    answered += 1
                    #expect(answer.status != 500, "\(request)")
                }
                await client.close()
            }
            #expect(answered > 300)
            #expect(try await stage.get("/healthz").status == 200)
        }
    }
}
