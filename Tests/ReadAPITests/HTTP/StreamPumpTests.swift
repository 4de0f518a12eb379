import NIOCore
import Testing

@testable import ReadAPI

@Suite("streams on the connection's thread", .timeLimit(.minutes(1)))
struct StreamPumpTests {
    private let path = "/v1/hunts/old-town/board/stream"
    private let store = SampleBoards.store()

    private func open(_ stage: HTTPStage, _ query: String = "", _ header: String = "") async throws -> RawClient {
        let client = try await RawClient.open(stage.port)
        try await client.send("GET \(path)\(query) HTTP/1.1\r\nHost: a\r\n\(header)\r\n")
        return client
    }

    @Test("a stream begins at once, tells a change when the hub looks, and resumes")
    func events() async throws {
        let streams = BoardStreams(store: store, streamsMax: 10)
        try await HTTPStage.run(store: store, streams: streams) { stage in
            let reader = try await open(stage, "?top=2")
            let head = try await reader.read(until: "player-001")
            #expect(head.hasPrefix("HTTP/1.1 200") && head.lowercased().contains("content-type: text/event-stream"))
            #expect(head.contains("retry: ") && head.contains("event: snapshot\nid: 1.0.361\n"))
            #expect(!head.contains("player-002"))
            store.move(SampleBoards.player(5), to: 5_000)
            streams.tick()
            let delta = try await reader.read(until: "\"gone\":[\"player-001\"]")
            #expect(delta.contains("event: delta\nid: 1.0.362\n") && delta.contains("\"player\":\"player-005\""))
            let back = try await open(stage, "?top=2&last_event_id=1.0.1", "Last-Event-ID: 1.0.361\r\n")
            #expect(try await back.read(until: "\"gone\"").contains("event: delta\nid: 1.0.362\n"))
            let current = try await open(stage, "?top=2", "Last-Event-ID: 1.0.362\r\n")
            #expect(try await current.read(until: "event: fresh").contains("id: ") == false)
            for client in [reader, back, current] { await client.close() }
        }
    }

    @Test("a reader that leaves gives its place back")
    func leaving() async throws {
        let streams = BoardStreams(store: store, streamsMax: 10)
        var limits = ReadLimits()
        limits.streamsMax = 1
        try await HTTPStage.run(store: store, limits: limits, streams: streams) { stage in
            let reader = try await open(stage)
            _ = try await reader.read(until: "event: snapshot")
            let refused = try await RawClient.open(stage.port)
            try await refused.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try await refused.answer()
            #expect(try first.status == 503 && first.problem() == "too-many-streams")
            #expect(try await refused.answer().text == "ok\n")
            await reader.close()
            // The place is free once the server has seen it.
            var answer = ""
            while !answer.contains("200 OK") {
                let next = try await open(stage)
                answer = try await next.read(until: "\r\n\r\n")
                await next.close()
            }
            await refused.close()
        }
        #expect(streams.open == 0)
    }

    @Test("a reader that takes nothing is closed, and meanwhile at most what sockets hold is sent to it")
    func slow() async throws {
        let streams = BoardStreams(store: store, streamsMax: 10)
        var limits = ReadLimits()
        limits.stalledMs = 300
        try await HTTPStage.run(store: store, limits: limits, streams: streams) { stage in
            let reader = try await RawClient.open(stage.port, isReading: false)
            try await reader.send("GET \(path)?top=100 HTTP/1.1\r\nHost: a\r\n\r\n")
            var score: Int64 = 10_000
            var ticks = 0
            while streams.open == 0 { await Task.yield() }
            // Every player changes with every tick, so that an event has some 14 KB.
            while streams.open > 0 {
                for number in 0..<100 { store.move(SampleBoards.player(number), to: score - Int64(number)) }
                score += 100
                streams.tick()
                ticks += 1
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(ticks > 20 && streams.totals.sent(.delta) < ticks)
            await reader.close()
        }
    }

    @Test("a stream ends when its hunt is deleted, and the connection goes on unless the reader wanted no more of it")
    func deleted() async throws {
        let streams = BoardStreams(store: store, streamsMax: 10)
        try await HTTPStage.run(store: store, streams: streams) { stage in
            let reader = try await open(stage)
            let last = try await open(stage, "", "Connection: close\r\n")
            _ = try await reader.read(until: "event: snapshot")
            #expect(try await last.read(until: "event: snapshot").lowercased().contains("connection: close"))
            store.replace([SampleBoards.board("other")])
            streams.tick()
            #expect(try await reader.read(until: "0\r\n\r\n").hasSuffix("0\r\n\r\n"))
            try await reader.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await reader.answer().text == "ok\n")
            #expect(try await last.read(until: "0\r\n\r\n").hasSuffix("0\r\n\r\n"))
            #expect(await last.isClosed())
            #expect(streams.open == 0)
            await reader.close()
        }
    }

    @Test("streams end when the server is shut down, that of a request which is still coming too")
    func shutdown() async throws {
        let streams = BoardStreams(store: store, streamsMax: 10)
        try await HTTPStage.run(store: store, streams: streams) { stage in
            let reader = try await open(stage)
            _ = try await reader.read(until: "event: snapshot")
            // The head comes together with a request before it, whose answer so tells that it has come.
            let half = try await RawClient.open(stage.port)
            try await half.send(
                "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
            #expect(try await half.answer().text == "ok\n")
            await stage.group.triggerGracefulShutdown()
            #expect(try await reader.read(until: "0\r\n\r\n").hasSuffix("0\r\n\r\n"))
            #expect(await reader.isClosed())
            try await half.send("{}")
            #expect(try await half.read(until: "0\r\n\r\n").hasPrefix("HTTP/1.1 200"))
            #expect(await half.isClosed())
        }
        #expect(streams.open == 0)
    }

    @Test("a shutdown does not wait for a reader that takes nothing")
    func deafAtShutdown() async throws {
        var limits = ReadLimits()
        limits.stalledMs = 600_000
        try await HTTPStage.run(limits: limits, streams: SampleStreams(isEndless: true, isLoud: true)) { stage in
            let reader = try await RawClient.open(stage.port, isReading: false)
            try await reader.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            while try await !stage.get("/metrics").text.contains("cairn_http_streams 1\n") {}
        }
    }

    @Test("streams that have to wait for their turn begin then, and what is behind them waits as well")
    func held() async throws {
        let streams = BoardStreams(store: store, streamsMax: 10)
        try await HTTPStage.run(store: store, streams: streams) { stage in
            let client = try await RawClient.open(stage.port)
            let why = "GET /v1/hunts/old-town/players/player-000/why HTTP/1.1\r\nHost: a\r\n\r\n"
            let unknown = "GET /v1/hunts/none/board/stream HTTP/1.1\r\nHost: a\r\n\r\n"
            let healthz = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
            // More than one read takes.
            let rounds = 20
            try await client.send(String(repeating: why + unknown + unknown + healthz, count: rounds))
            for _ in 0..<rounds {
                #expect(try await client.answer().json()["contributions"] != nil)
                #expect(try await client.answer().problem() == "unknown-hunt")
                #expect(try await client.answer().problem() == "unknown-hunt")
                #expect(try await client.answer().text == "ok\n")
            }
            try await client.send(why + "GET \(path)?top=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
            #expect(try await client.answer().json()["contributions"] != nil)
            #expect(try await client.read(until: "player-000").contains("event: snapshot"))
            await client.close()
        }
    }
}
