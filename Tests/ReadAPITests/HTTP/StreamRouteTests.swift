import NIOCore
import Testing

@testable import ReadAPI

@Suite("the stream's address", .timeLimit(.minutes(1)))
struct StreamRouteTests {
    private let path = "/v1/hunts/old-town/board/stream"

    @Test("events are passed on as they come, with what the reader has seen")
    func events() async throws {
        try await HTTPStage.run { stage in
            let answer = try await stage.get(path + "?top=7", headers: ["Last-Event-ID": "1.0.9"])
            #expect(answer.text == "event: snapshot\ndata: old-town 7 1.0.9\n\nevent: delta\ndata: {}\n\n")
            #expect(answer.headers["content-type"] == "text/event-stream")
            #expect(answer.headers["cache-control"] == "no-store" && answer.headers["x-accel-buffering"] == "no")
            #expect(try await stage.get(path + "?last_event_id=1.0.8").text.contains("old-town 50 1.0.8\n"))
            #expect(try await stage.get(path).text.contains("old-town 50 -\n"))
        }
    }

    @Test("a stream behind an answer that waits comes after it, and the connection goes on behind both")
    func pipelined() async throws {
        try await HTTPStage.run { stage in
            let client = try await RawClient.open(stage.port)
            let why = "GET /v1/hunts/old-town/players/player-000/why HTTP/1.1\r\nHost: a\r\n\r\n"
            let stream = "GET \(path)?top=3 HTTP/1.1\r\nHost: a\r\n\r\n"
            try await client.send(why + stream + why)
            #expect(try await client.answer().json()["contributions"] != nil)
            #expect(try await client.answer().text.contains("old-town 3 -"))
            #expect(try await client.answer().json()["contributions"] != nil)
            try await client.send(stream)
            #expect(try await client.answer().text.contains("old-town 3 -"))
            try await client.send(why)
            #expect(try await client.answer().json()["contributions"] != nil)
            await client.close()
        }
    }

    @Test("a request behind a stream that does not end closes the connection, and gives the stream's place back")
    func behind() async throws {
        try await HTTPStage.run(streams: SampleStreams(isEndless: true)) { stage in
            let client = try await RawClient.open(stage.port)
            try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.read(until: "event: fresh")
            try await client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await client.isClosed())
            let deadline = NIODeadline.now() + .seconds(10)
            var page = ""
            while !page.contains("cairn_http_streams 0\n"), NIODeadline.now() < deadline {
                page = try await stage.get("/metrics").text
            }
            #expect(page.contains("cairn_http_streams 0\n"))
        }
    }

    @Test("a reader that takes nothing is cut off")
    func deaf() async throws {
        var limits = ReadLimits()
        limits.stalledMs = 200
        try await HTTPStage.run(limits: limits, streams: SampleStreams(isEndless: true, isLoud: true)) { stage in
            let client = try await RawClient.open(stage.port, isReading: false)
            try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let deadline = NIODeadline.now() + .seconds(20)
            var page = ""
            repeat {
                page = try await stage.get("/metrics").text
            } while !(page.contains("cairn_http_streams 0\n") && page.contains("route=\"stream\""))
                && NIODeadline.now() < deadline
            #expect(page.contains("cairn_http_streams 0\n"))
            await client.close()
        }
    }

    @Test("more streams than allowed are refused, and one that ends makes room")
    func bound() async throws {
        var limits = ReadLimits()
        limits.streamsMax = 2
        try await HTTPStage.run(limits: limits, streams: SampleStreams(isEndless: true)) { stage in
            var open: [RawClient] = []
            for _ in 0..<2 {
                let client = try await RawClient.open(stage.port)
                try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.read(until: "event: fresh")
                open.append(client)
            }
            let refused = try await stage.get(path)
            #expect(try refused.status == 503 && refused.problem() == "too-many-streams")
            #expect(try await stage.get("/metrics").text.contains("cairn_http_streams 2\n"))
            await open[0].close()
            let next = try await RawClient.open(stage.port)
            var answer = ""
            while !answer.contains("200 OK") {
                try await next.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = try await next.read(until: "\r\n\r\n")
            }
            for client in open.dropFirst() + [next] { await client.close() }
        }
    }

    @Test("a hub that opens no more streams, and a hunt that is unknown, are told")
    func refusals() async throws {
        try await HTTPStage.run(streams: SampleStreams(isFull: true)) { stage in
            let refused = try await stage.get(path)
            #expect(try refused.problem() == "too-many-streams")
            #expect(try await stage.get("/v1/hunts/none/board/stream").problem() == "unknown-hunt")
            #expect(try await stage.get("/metrics").text.contains("cairn_http_streams 0\n"))
        }
    }

    @Test("a shutdown ends streams properly and answers what is under way")
    func shutdown() async throws {
        try await HTTPStage.run(streams: SampleStreams(isEndless: true)) { stage in
            let reader = try await RawClient.open(stage.port)
            try await reader.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await reader.read(until: "event: fresh")
            let half = try await RawClient.open(stage.port)
            let body = #"{"players":["player-000"]}"#
            try await half.send(
                "POST /v1/hunts/old-town/players:lookup HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
                    + "\(body.utf8.count)\r\n\r\n")
            #expect(try await half.answer().status == 100)
            await stage.group.triggerGracefulShutdown()
            #expect(try await reader.read(until: "0\r\n\r\n").hasSuffix("0\r\n\r\n"))
            #expect(await reader.isClosed())
            try await half.send(body)
            let answer = try await half.answer()
            #expect(answer.status == 200 && answer.headers["connection"] == "close")
            #expect(await half.isClosed())
        }
    }
}
