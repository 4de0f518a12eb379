import Foundation
import Reactor
import Testing

@testable import RedisClient

@Reactor
@Suite struct RedisLoginTests {
    private func expectRefusal(_ url: String, _ code: String, _ hint: String, _ server: RedisServer) async {
        let error = await failureOfConnecting(url)
        guard case .refused(code, let message) = error else {
            Issue.record("\(String(describing: error)) instead of \(code)")
            return
        }
        #expect(message.contains("127.0.0.1:\(server.port)"))
        #expect(message.contains(hint))
        #expect(!message.contains("hunter2"))
        #expect(!message.contains("\n"))
    }

    @Test("a password is sent; a wrong or missing one is told apart and says what to do")
    func password() async throws {
        let server = try await RedisServer("--requirepass", "hunter2")
        let address = "127.0.0.1:\(server.port)"
        #expect(await failureOfConnecting("redis://:hunter2@\(address)") == nil)
        #expect(await failureOfConnecting("redis://default:hunter2@\(address)") == nil)
        await expectRefusal("redis://:hunter22@\(address)", "WRONGPASS", "correct user and password", server)
        await expectRefusal("redis://eve:hunter2@\(address)", "WRONGPASS", "correct user and password", server)
        await expectRefusal("redis://\(address)", "NOAUTH", "put user and password into the URL", server)
    }

    @Test("a password for a server without one is refused with the remedy")
    func passwordTooMany() async throws {
        let server = try await RedisServer()
        await expectRefusal("redis://:hunter2@127.0.0.1:\(server.port)", "ERR", "take it out of the URL", server)
    }

    @Test("a user who may run scripts but not PING is welcome, and what it may not do says so")
    func user() async throws {
        let server = try await RedisServer()
        let admin = try await RedisClient.connected(server.url)
        defer { admin.close() }
        try await admin.say("ACL", "SETUSER", "eve", "on", ">hunter2", "~*", "+evalsha", "+script", "+incr")
        let eve = try await RedisClient.connected("redis://eve:hunter2@127.0.0.1:\(server.port)") { $0.retries = 0 }
        defer { eve.close() }
        let script = RedisScript(source: "return redis.call('INCR', KEYS[1])")
        let reply = try await eve.eval(script, keys: RedisArguments("a"), arguments: RedisArguments())
        #expect(reply == .integer(1))
        let error = await #expect(throws: RedisError.self) { try await eve.say("GET", "a") }
        #expect(error?.description.contains("ACL SETUSER") == true)
    }

    @Test("a full server without eviction says what to set")
    func full() async throws {
        let server = try await RedisServer("--maxmemory", "1", "--maxmemory-policy", "noeviction")
        let client = try await RedisClient.connected(server.url)
        defer { client.close() }
        let error = await #expect(throws: RedisError.self) { try await client.say("SET", "a", "b") }
        guard case .refused("OOM", let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("allkeys-lru"))
    }

    @Test("a replica says that it is one")
    func replica() async throws {
        let master = try await RedisServer()
        let replica = try await RedisServer("--replicaof", "127.0.0.1", String(master.port))
        let client = try await RedisClient.connected(replica.url)
        defer { client.close() }
        let error = await #expect(throws: RedisError.self) { try await client.say("SET", "a", "b") }
        #expect(error?.description.contains("point the URL at its master") == true)
    }

    @Test("a server that takes no more clients says what to raise")
    func crowded() async throws {
        // Not from the start: the connection that waited for the server may still be counted when the first one comes.
        let server = try await RedisServer()
        let first = try await RedisClient.connected(server.url) { $0.connections = 1 }
        defer { first.close() }
        try await first.say("CONFIG", "SET", "maxclients", "1")
        await expectRefusal(server.url, "ERR", "raise maxclients", server)
    }

    @Test("what answers like no Redis is reported as such")
    func noRedis() async throws {
        let web = WebServer()
        defer { web.stop() }
        let error = await failureOfConnecting("redis://127.0.0.1:\(web.port)")
        guard case .protocolViolation(let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("127.0.0.1:\(web.port) is no Redis"))
    }

    @Test("a host without an address is named")
    func noAddress() async throws {
        let error = await failureOfConnecting("redis://host.invalid")
        guard case .unreachable(let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("host.invalid has no address"))
    }
}

/// Something that listens and speaks, but not the protocol of Redis.
@Reactor
private final class WebServer {
    let port = FreePort.find()
    private let listening: Int32
    private var accepted: [Int32] = []
    private var watch: Watch?

    init() {
        listening = FreePort.listen(port)
        watch = Watch(listening, for: .read) { _ in self.answer() }
    }

    private func answer() {
        let text = "HTTP/1.1 400 Bad Request\r\n\r\n"
        accepted.append(accept(listening, nil, nil))
        _ = send(accepted[accepted.count - 1], text, text.utf8.count, Int32(MSG_NOSIGNAL))
    }

    func stop() {
        watch?.stop()
        close(listening)
        for descriptor in accepted { close(descriptor) }
    }
}
