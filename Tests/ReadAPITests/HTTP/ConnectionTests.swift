import FlowCore
import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import ReadAPI

/// What holds for every answer, and what a connection may do.
@Suite("connections of the read API", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private let hunt = "/v1/hunts/old-town"

    private func request(_ path: String, _ headers: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(headers)\r\n"
    }

    @Test("an answer that the reader has is not sent again until the board changes")
    func tags() async throws {
        try await HTTPStage.run { stage in
            for path in ["/board?limit=3", "/players/player-001", "/players/player-001/around", "", "/board"] {
                let first = try await stage.get(hunt + path)
                let tag = try #require(first.headers["etag"])
                for sent in [tag, "\"x\", \(tag)", tag.replacing("W/", with: ""), "*"] {
                    let again = try await stage.get(hunt + path, headers: ["If-None-Match": sent])
                    #expect(again.status == 304 && again.headers["etag"] == tag, "\(path) \(sent)")
                    #expect(again.headers["cairn-as-of"]?.hasPrefix("2026-06-12T09:01:4") == true)
                    #expect(again.headers["content-length"] == nil)
                }
                stage.store.move(SampleBoards.player(50), to: Int64(path.utf8.count))
                let changed = try await stage.get(hunt + path, headers: ["If-None-Match": tag])
                #expect(changed.status == 200 && changed.headers["etag"] != tag)
            }
            let list = try await stage.get("/v1/hunts")
            let same = try await stage.get("/v1/hunts", headers: ["If-None-Match": try #require(list.headers["etag"])])
            #expect(same.status == 304)
        }
    }

    @Test("HEAD is answered as GET, without the body")
    func heads() async throws {
        try await HTTPStage.run { stage in
            for path in ["/v1/hunts", hunt, hunt + "/board", hunt + "/players/player-001/why", "/healthz", "/none"] {
                let get = try await stage.get(path)
                let head = try await stage.get(path, method: "HEAD")
                #expect(head.status == get.status && head.headers["content-length"] == get.headers["content-length"])
                #expect(head.headers["etag"] == get.headers["etag"])
            }
            #expect(
                try await stage.get(hunt + "/board/stream", method: "HEAD").headers["content-type"]
                    == "text/event-stream")
        }
    }

    @Test("pages of all origins, of some or of none may read answers")
    func origins() async throws {
        func allowed(_ setting: String, _ origin: String) async throws -> (String?, vary: String?) {
            var limits = ReadLimits()
            limits.origins = CrossOrigin(setting)
            var found: (String?, String?) = (nil, nil)
            try await HTTPStage.run(limits: limits) { stage in
                let answer = try await stage.get(hunt, headers: ["Origin": origin])
                let problem = try await stage.get("/none", headers: ["Origin": origin])
                let name = "access-control-allow-origin"
                #expect(answer.headers[name] == problem.headers[name])
                found = (answer.headers[name], answer.headers["vary"])
            }
            return found
        }
        #expect(try await allowed("*", "https://a.example") == ("*", nil))
        #expect(
            try await allowed("https://a.example, https://b.example", "https://b.example") == (
                "https://b.example", "Origin"
            ))
        #expect(try await allowed("https://a.example https://b.example", "https://c.example") == (nil, "Origin"))
        #expect(try await allowed("none", "https://a.example") == (nil, "Origin"))
        try await HTTPStage.run { stage in
            let preflight = try await stage.get(
                hunt + "/players:lookup", method: "OPTIONS",
                headers: ["Origin": "https://a.example", "Access-Control-Request-Method": "POST"])
            #expect(preflight.status == 204 && preflight.headers["access-control-allow-methods"] == "POST, OPTIONS")
            #expect(preflight.headers["access-control-allow-headers"]?.contains("Content-Type") == true)
            #expect(preflight.headers["access-control-allow-origin"] == "*")
        }
    }

    @Test("who asks too often is told when to come back; those who watch over the server are not counted")
    func rates() async throws {
        var limits = ReadLimits()
        limits.clientRate = 10
        limits.trustsForwardedFor = true
        limits.steadyRate = 20
        try await HTTPStage.run(limits: limits) { stage in
            func statuses(_ address: String, _ count: Int) async throws -> [RawAnswer] {
                let client = try await RawClient.open(stage.port)
                let text = request(hunt, "X-Forwarded-For: 9.9.9.9, \(address)\r\n")
                try await client.send(String(repeating: text, count: count))
                var answers: [RawAnswer] = []
                for _ in 0..<count { answers.append(try await client.answer()) }
                await client.close()
                return answers
            }
            let first = try await statuses("10.0.0.1", 14)
            #expect((11...13).contains(first.count { $0.status == 200 }))
            let refused = try #require(first.last)
            #expect(try refused.status == 429 && refused.problem() == "too-many-requests")
            #expect(refused.headers["retry-after"] == "1")
            let second = try await statuses("[2001:db8::1]:443", 14)
            #expect((8...14).contains(second.count { $0.status == 200 }))
            for path in ["/healthz", "/readyz", "/metrics"] { #expect(try await stage.get(path).status == 200) }
            let page = try await stage.get("/metrics").text
            #expect(!page.contains(#"cairn_http_refused_total{bound="client"} 0"#))
            #expect(page.contains("cairn_http_clients 2\n"))
        }
    }

    @Test("an IPv6 client is its network, and an address that cannot be read is the proxy's")
    func addresses() throws {
        func key(_ text: String) -> ClientKey? { ClientAddress.forwarded([.forwardedFor: text]) }
        #expect(
            key("2001:db8:0:1::1") == key("2001:db8:0:1:ffff::9") && key("2001:db8:0:1::1") != key("2001:db8:0:2::1"))
        #expect(key("a, 1.2.3.4") == key("1.2.3.4:5678") && key("[::ffff:1.2.3.4]:1") == key("1.2.3.4"))
        for text in ["", "unknown", "1.2.3", "1.2.3.4, _hidden", String(repeating: "1", count: 99)] {
            #expect(key(text) == nil, "\(text)")
        }
        #expect(ClientAddress.key(of: try SocketAddress(ipAddress: "1.2.3.4", port: 9)) == key("1.2.3.4"))
    }

    @Test("answers leave in the order of the requests, though some of them wait and others do not")
    func pipelining() async throws {
        try await HTTPStage.run { stage in
            let client = try await RawClient.open(stage.port)
            let paths = [
                "/players/player-001", "/players/player-000/why", "/players/player-002", "/board?limit=1",
                "/players/nobody",
            ]
            try await client.send((0..<40).map { request(hunt + paths[$0 % 5]) }.joined())
            for number in 0..<40 {
                let json = try await client.answer().json()
                switch number % 5 {
                case 0: #expect(json["rank"] as? Int == 2)
                case 1: #expect(json["contributions"] != nil)
                case 2: #expect(json["rank"] as? Int == 3)
                case 3: #expect((json["entries"] as? [Any])?.count == 1)
                default: #expect(json["status"] as? Int == 404)
                }
            }
            await client.close()
        }
    }

    @Test("a client that does not read what it asked for holds no more than its buffers, and gets all in the end")
    func slowReader() async throws {
        try await HTTPStage.run(store: SampleBoards.store([SampleBoards.board(players: 1_000)])) { stage in
            let client = try await RawClient.open(stage.port)
            let count = 400
            try await client.send(String(repeating: request(hunt + "/board?limit=1000"), count: count))
            for _ in 0..<count { #expect(try await client.answer().status == 200) }
            await client.close()
        }
    }

    @Test("connections end when the client wants it, and on silence")
    func ends() async throws {
        var limits = ReadLimits()
        limits.idleMs = 200
        try await HTTPStage.run(limits: limits) { stage in
            let polite = try await RawClient.open(stage.port)
            try await polite.send(request(hunt, "Connection: close\r\n"))
            #expect(try await polite.answer().headers["connection"] == "close")
            #expect(await polite.isClosed())
            // Nothing at all, half a head, and nothing after an answer.
            for text in ["", "GET / HT"] {
                let silent = try await RawClient.open(stage.port)
                try await silent.send(text)
                #expect(await silent.isClosed(), "\(text)")
            }
            for path in [hunt, hunt + "/players/player-000/why"] {
                let quiet = try await RawClient.open(stage.port)
                try await quiet.send(request(path))
                #expect(try await quiet.answer().status == 200)
                #expect(await quiet.isClosed())
            }
        }
    }

    @Test("a body that does not come, or is too large, and answers that nobody takes end a connection too")
    func hangs() async throws {
        var limits = ReadLimits()
        limits.bodyMs = 200
        limits.stalledMs = 200
        let store = SampleBoards.store([SampleBoards.board(players: 1_000)])
        try await HTTPStage.run(store: store, limits: limits) { stage in
            let lookup = "POST \(hunt)/players:lookup HTTP/1.1\r\nHost: a\r\nContent-Length:"
            // Behind an answer that waits, a request goes another way.
            for before in ["", request(hunt + "/players/player-000/why")] {
                let silent = try await RawClient.open(stage.port)
                try await silent.send("\(before)\(lookup) 9\r\n\r\n{")
                #expect(await silent.isClosed())
            }
            let large = try await RawClient.open(stage.port)
            try await large.send("\(lookup) 100000\r\n\r\n" + String(repeating: " ", count: 70_000))
            #expect(try await large.answer().status == 413)
            #expect(await large.isClosed())
            let deaf = try await RawClient.open(stage.port, isReading: false)
            try await deaf.send(String(repeating: request(hunt + "/board?limit=1000"), count: 300))
            let deadline = NIODeadline.now() + .seconds(20)
            var page = ""
            while !page.contains("cairn_http_connections 1\n"), NIODeadline.now() < deadline {
                page = try await stage.get("/metrics").text
            }
            #expect(page.contains("cairn_http_connections 1\n"))
            await deaf.close()
        }
    }

    @Test("a client that waits for leave to send its body gets it")
    func expectation() async throws {
        try await HTTPStage.run { stage in
            let client = try await RawClient.open(stage.port)
            let body = #"{"players":["player-000"]}"#
            try await client.send(
                "POST \(hunt)/players:lookup HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            )
            #expect(try await client.answer().status == 100)
            try await client.send(body)
            #expect(try await client.answer().status == 200)
            await client.close()
        }
    }

    @Test("what is no HTTP is answered with 400 and the connection closed")
    func noHTTP() async throws {
        try await HTTPStage.run { stage in
            for text in ["\u{16}\u{3}\u{1}hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
            {
                let client = try await RawClient.open(stage.port)
                try await client.send(text)
                #expect(try await client.answer().status == 400, "\(text)")
                #expect(await client.isClosed())
            }
        }
    }
}
