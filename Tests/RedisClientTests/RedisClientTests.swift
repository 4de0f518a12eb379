import Reactor
import Testing

@testable import RedisClient

@Reactor
@Suite struct RedisClientTests {
    @Test("ten thousand pipelined calls are executed and answered in order")
    func pipeline() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url) { $0.connections = 1 }
        defer { client.close() }
        var calls: [Task<RedisReply, any Error>] = []
        for number in 1...10_000 { calls.append(Task { try await client.say("RPUSH", "list", String(number)) }) }
        for (position, call) in calls.enumerated() {
            let reply = try await call.value
            if reply != .integer(Int64(position + 1)) {
                Issue.record("call \(position) is answered with \(reply)")
                return
            }
        }
        let list = try await client.say("LRANGE", "list", "0", "-1")
        #expect(list == .array((1...10_000).map { .bulk(Array(String($0).utf8)) }))
        #expect(client.stats.calls == 10_001)
    }

    @Test("every kind of reply arrives as itself")
    func replies() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url)
        defer { client.close() }
        let script = RedisScript(
            source: "return {1, 'two', {redis.status_reply('three'), false}, redis.error_reply('FOUR no')}")
        let reply = try await client.eval(script, keys: RedisArguments(), arguments: RedisArguments())
        #expect(
            reply
                == .array([
                    .integer(1), .bulk(Array("two".utf8)), .array([.simple("three"), .null]), .error("FOUR no"),
                ]))
        #expect(try await client.say("GET", "nothing") == .null)
        await #expect(throws: RedisError.self) { try await client.say("NO", "SUCH") }
        #expect(client.stats.errors == 1)
    }

    /// The small kernel buffers make the large ones leave and arrive in many pieces.
    @Test("any bytes of any size pass unchanged", arguments: [0, 1, 17, 70_000, 1 << 20])
    func bytes(_ length: Int) async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url) {
            $0.sendBuffer = 8 << 10
            $0.receiveBuffer = 8 << 10
        }
        defer { client.close() }
        try await expectRoundTrip(client, length)
    }

    @Test("a missing script is loaded, once, and after SCRIPT FLUSH again")
    func missingScript() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url) { $0.retries = 0 }
        defer { client.close() }
        let script = RedisScript(source: "return redis.call('INCRBY', KEYS[1], ARGV[1]) -- \u{e9}")
        let keys = RedisArguments("counter")
        let five = RedisArguments("5")
        #expect(try await client.eval(script, keys: keys, arguments: five) == .integer(5))
        #expect(try await client.eval(script, keys: keys, arguments: five) == .integer(10))
        #expect(client.stats.noScript == 1)
        try await client.say("SCRIPT", "FLUSH")
        #expect(try await client.eval(script, keys: keys, arguments: five) == .integer(15))
        #expect(client.stats.noScript == 2)
        #expect(client.stats.errors == 0)
    }

    @Test("a caller's argument buffer is its own again after the call")
    func bufferComesBack() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url)
        defer { client.close() }
        var arguments = RedisArguments("ECHO")
        arguments.append([UInt8](repeating: 7, count: 1_000))
        let before = arguments.withEncoded { $0.baseAddress }
        _ = try await client.call(arguments)
        arguments.removeAll()
        arguments.append("PING")
        #expect(arguments.withEncoded { $0.baseAddress } == before)
    }

    @Test("the kernel's buffers are set and what it granted is told")
    func buffers() async throws {
        let server = try await RedisServer()
        let client = try await RedisClient.connected(server.url) {
            $0.sendBuffer = 64 << 10
            $0.receiveBuffer = 32 << 10
        }
        #expect(client.grantedSendBuffer == 128 << 10)
        #expect(client.grantedReceiveBuffer == 64 << 10)
        client.close()
        #expect(client.grantedSendBuffer == nil)
        #expect(!client.isUp)
    }

    @Test("each client works in the database of its URL")
    func database() async throws {
        let server = try await RedisServer()
        let three = try await RedisClient.connected(server.url + "/3")
        let zero = try await RedisClient.connected(server.url)
        defer {
            three.close()
            zero.close()
        }
        try await three.say("SET", "key", "value")
        #expect(try await zero.say("GET", "key") == .null)
        #expect(try await three.say("GET", "key") == .bulk(Array("value".utf8)))
        let error = await failureOfConnecting(server.url + "/16")
        #expect(error?.description.contains("correct the database") == true)
    }

    @Test("impossible settings are refused before anything is connected")
    func settings() async {
        let cases: [(inout RedisSettings) -> Void] = [
            { $0.connections = 0 }, { $0.connections = 65 }, { $0.callTimeoutMs = 0 }, { $0.connectTimeoutMs = 0 },
            { $0.retries = -1 }, { $0.cluster = true },
        ]
        for change in cases {
            let error = await failureOfConnecting("redis://127.0.0.1:1/1", change)
            guard case .invalidSettings = error else {
                Issue.record("not refused: \(String(describing: error))")
                continue
            }
        }
    }
}

/// Writes `length` bytes of every value under a key that is no text, and reads them back.
@concurrent
func expectRoundTrip(_ client: RedisClient, _ length: Int) async throws {
    let key: [UInt8] = [0, 13, 10, 36, 255]
    let value = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var set = RedisArguments("SET")
    set.append(key)
    set.append(value)
    #expect(try await client.call(set, routedBy: key) == .simple("OK"))
    var get = RedisArguments("GET")
    get.append(key)
    let isEqual = try await client.call(get, routedBy: key) == .bulk(value)
    #expect(isEqual)
}
