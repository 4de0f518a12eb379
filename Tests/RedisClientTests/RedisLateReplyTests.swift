import Reactor
import Testing

@testable import RedisClient

@Reactor
@Suite(.serialized) struct RedisLateReplyTests {
    private func start(_ client: RedisClient, _ words: String...) -> Task<RedisReply, any Error> {
        var arguments = RedisArguments()
        for word in words { arguments.append(word) }
        return Task { try await client.call(arguments) }
    }

    @Test("calls during a pause count as timed out, wait on and get their own replies in order")
    func pausedOnOneConnection() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url) { $0.connections = 1 }
        let admin = try await RedisClient.connected(server.url)
        defer {
            client.close()
            admin.close()
        }
        try await admin.say("CLIENT", "PAUSE", "300", "ALL")
        let calls = (0..<20).map { _ in start(client, "INCR", "counter") }
        for (position, call) in calls.enumerated() {
            #expect(try await call.value == .integer(Int64(position + 1)))
        }
        #expect(client.stats.timeouts == 20)
        #expect(client.stats.lateReplies == 20)
        #expect(client.stats.retries == 0)
        #expect(client.stats.disconnects == 0)
    }

    @Test("a late call is repeated on an idle connection only; the first reply wins, the other is consumed")
    func repeatedWhereIdle() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url) { $0.callTimeoutMs = 300 }
        let admin = try await RedisClient.connected(server.url)
        defer {
            client.close()
            admin.close()
        }
        try await eventually("both connections are open") { client.stats.connects == 2 }
        for _ in 0..<40 { try await client.say("PING") }
        let one = start(client, "BLPOP", "one", "0")
        let two = start(client, "BLPOP", "two", "0")
        try await eventually("both are late") { client.stats.timeouts == 2 }
        #expect(client.stats.retries == 0)

        // Behind the first: it can be answered in time only by the second connection, once that is idle.
        let behind = start(client, "ECHO", "behind")
        try await eventually("it is sent") { client.stats.calls == 43 }
        try await admin.say("RPUSH", "two", "b")
        #expect(try await two.value == .array([.bulk(Array("two".utf8)), .bulk(Array("b".utf8))]))
        #expect(try await behind.value == .bulk(Array("behind".utf8)))
        #expect(client.stats.retries == 1)
        #expect(client.stats.lateReplies == 1)

        try await admin.say("RPUSH", "one", "a")
        #expect(try await one.value == .array([.bulk(Array("one".utf8)), .bulk(Array("a".utf8))]))
        try await eventually("the other reply is consumed") { client.stats.lateReplies == 3 }
        for number in 0..<10 {
            #expect(try await client.say("ECHO", String(number)) == .bulk(Array(String(number).utf8)))
        }
        #expect(client.stats.timeouts == 3)
    }

    @Test("repeats stop when the budget is used up")
    func budget() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url)
        let admin = try await RedisClient.connected(server.url)
        defer {
            client.close()
            admin.close()
        }
        try await eventually("both connections are open") { client.stats.connects == 2 }
        let call = start(client, "BLPOP", "one", "0")
        try await eventually("it is late") { client.stats.timeouts == 1 }
        #expect(client.stats.retries == 0)
        #expect(client.stats.retriesDenied == 1)
        try await admin.say("RPUSH", "one", "a")
        _ = try await call.value
    }

    @Test("a repeated call survives the loss of one of its connections")
    func oneOfTwoLost() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url)
        let admin = try await RedisClient.connected(server.url)
        defer {
            client.close()
            admin.close()
        }
        try await eventually("both connections are open") { client.stats.connects == 2 }
        for _ in 0..<40 { try await client.say("PING") }
        let call = start(client, "BLPOP", "one", "0")
        try await eventually("it is on both connections") {
            try await admin.say("INFO", "clients").text?.contains("blocked_clients:2") == true
        }
        let blocked = try await admin.say("CLIENT", "LIST").text ?? ""
        let line = blocked.split(separator: "\n").first { $0.contains("flags=b") }
        let identifier = line?.split(separator: " ").first?.dropFirst(3) ?? ""
        try await admin.say("CLIENT", "KILL", "ID", String(identifier))
        try await eventually("one connection was lost") { client.stats.disconnects == 1 }
        try await admin.say("RPUSH", "one", "a")
        #expect(try await call.value == .array([.bulk(Array("one".utf8)), .bulk(Array("a".utf8))]))
    }
}
