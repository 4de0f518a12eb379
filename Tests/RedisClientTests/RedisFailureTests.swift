import Foundation
import Reactor
import Testing

@testable import RedisClient

@Reactor
@Suite(.serialized) struct RedisFailureTests {
    private func start(_ client: RedisClient, _ words: String...) -> Task<Result<RedisReply, RedisError>, Never> {
        var arguments = RedisArguments()
        for word in words { arguments.append(word) }
        return Task {
            do throws(RedisError) { return .success(try await client.call(arguments)) } catch { return .failure(error) }
        }
    }

    private func expectLost(_ result: Result<RedisReply, RedisError>) {
        guard case .failure(.connectionLost(let message)) = result else {
            Issue.record("not lost: \(result)")
            return
        }
        #expect(message.contains("127.0.0.1:"))
    }

    @Test("a connection killed during a call fails that call, and the next calls find a new connection")
    func killedDuringCall() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url) { $0.connections = 1 }
        let admin = try await RedisClient.connected(server.url) { $0.connections = 1 }
        defer {
            client.close()
            admin.close()
        }
        let call = start(client, "BLPOP", "nothing", "0")
        try await eventually("the call blocks") {
            try await admin.say("INFO", "clients").text?.contains("blocked_clients:1") == true
        }
        try await admin.say("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        expectLost(await call.value)
        try await eventually("the client is connected again") { client.isUp }
        #expect(try await client.say("PING") == .simple("PONG"))
        #expect(client.stats.disconnects == 1)
        #expect(client.stats.connects == 2)
    }

    @Test("while the server is away calls fail at once; when it returns onUp is told and scripts work again")
    func restart() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url) { $0.retries = 0 }
        defer { client.close() }
        let script = RedisScript(source: "return redis.call('INCR', KEYS[1])")
        let keys = RedisArguments("a")
        #expect(try await client.eval(script, keys: keys, arguments: RedisArguments()) == .integer(1))
        var timesUp = 0
        client.onUp = { timesUp += 1 }
        server.stop()
        try await eventually("the loss is noticed") { !client.isUp }
        let error = await #expect(throws: RedisError.self) { try await client.say("PING") }
        guard case .unreachable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try await eventually("some attempts have failed") { client.stats.failedConnects >= 6 }
        let refused = await #expect(throws: RedisError.self) { try await client.say("PING") }
        #expect(refused?.description.contains("Connection refused") == true)
        #expect(client.stats.unreachable == 2)
        #expect(timesUp == 0)
        try FileManager.default.createDirectory(at: server.directory, withIntermediateDirectories: true)
        try await server.start()
        try await eventually("the client is up") { client.isUp }
        #expect(timesUp == 1)
        #expect(try await client.eval(script, keys: keys, arguments: RedisArguments()) == .integer(1))
    }

    @Test("connect says why it failed, and the client comes up by itself later")
    func downAtFirst() async throws {
        let port = FreePort.find()
        let client = try RedisClient(RedisSettings(url: "redis://127.0.0.1:\(port)"))
        defer { client.close() }
        let error = await #expect(throws: RedisError.self) { try await client.connect() }
        #expect(error?.description.contains("127.0.0.1:\(port)") == true)
        #expect(error?.description.contains("start it") == true)
        let server = try await RedisServer(port: port)
        try await eventually("the client is up") { client.isUp }
        #expect(try await client.say("PING") == .simple("PONG"))
        server.stop()
    }

    @Test("a server that accepts and stays silent ends connecting after the timeout")
    func silentAtFirst() async throws {
        let server = try await RedisServer()
        server.signal(SIGSTOP)
        let before = Clock.monotonicMs()
        let error = await failureOfConnecting(server.url) { $0.connectTimeoutMs = 200 }
        #expect(Clock.monotonicMs() - before >= 200)
        #expect(error?.description.contains("within 200 ms") == true)
        server.stop()
    }

    @Test("a server that falls silent loses its connection after five seconds, and its calls fail")
    func silentLater() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url) { $0.connections = 1 }
        defer { client.close() }
        server.signal(SIGSTOP)
        let before = Clock.monotonicMs()
        let calls = (0..<3).map { _ in start(client, "PING") }
        for call in calls { expectLost(await call.value) }
        #expect((5_000..<7_000).contains(Clock.monotonicMs() - before))
        server.signal(SIGCONT)
        try await eventually("the client is up again") { client.isUp }
        #expect(try await client.say("PING") == .simple("PONG"))
    }

    @Test("closing fails what is under way, and calls after it")
    func closing() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url)
        let call = start(client, "BLPOP", "nothing", "0")
        try await eventually("the call is sent") { client.stats.calls == 1 }
        client.close()
        expectLost(await call.value)
        await #expect(throws: RedisError.self) { try await client.say("PING") }
        client.close()
    }
}
