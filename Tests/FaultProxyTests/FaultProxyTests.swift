import FaultProxy
import Foundation
import Testing

@Suite("The fault proxy", .serialized)
struct FaultProxyTests {
    private static func withProxy(
        script: FaultScript = FaultScript(), _ body: (FaultProxy) async throws -> Void
    ) async throws {
        // A client that sends to a connection that was reset gets an error, no signal.
        signal(SIGPIPE, SIG_IGN)
        let server = try await EchoServer()
        let proxy = try await FaultProxy.start(to: server.port, script: script, seed: 7)
        try await body(proxy)
        await proxy.stop()
        await server.stop()
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let took = try ContinuousClock().measure { try body() }
        return Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
    }

    @Test("without a fault everything passes both ways unchanged, ends in order included")
    func passes() async throws {
        try await Self.withProxy { proxy in
            let client = try Client(port: proxy.port)
            let bytes = pattern(100_000)
            #expect(client.send(bytes) == bytes.count)
            client.end()
            #expect(client.readAll(bytes.count).isEqual(to: bytes))
            #expect(client.read() == .end)
        }
    }

    @Test("delay and jitter add to the way of every byte and keep their order")
    func delay() async throws {
        try await Self.withProxy { proxy in
            try await proxy.set(.toServer, Traffic(delayMs: 150, jitterMs: 50))
            try await proxy.set(.toClient, Traffic(delayMs: 100))
            let client = try Client(port: proxy.port)
            let took = Self.seconds {
                for byte in UInt8(0)..<50 { client.send([byte]) }
                #expect(client.readAll(50).bytes == Array(0..<50))
            }
            #expect(took >= 0.25 && took < 2, "\(took) s")
        }
    }

    @Test("a rate bounds the bytes per second")
    func rate() async throws {
        try await Self.withProxy { proxy in
            try await proxy.set(.toClient, Traffic(bytesPerSecond: 100_000))
            let client = try Client(port: proxy.port)
            let bytes = pattern(60_000)
            let took = Self.seconds {
                client.send(bytes)
                #expect(client.readAll(bytes.count).isEqual(to: bytes))
            }
            #expect(took >= 0.55 && took < 3, "\(took) s")
        }
    }

    @Test("a link is cut, or reset, after exactly so many bytes", arguments: [FaultAction.cut, .reset])
    func afterBytes(action: FaultAction) async throws {
        let script = FaultScript([.init(.afterBytes(.toClient, 1_234), action)])
        try await Self.withProxy(script: script) { proxy in
            let client = try Client(port: proxy.port)
            client.send(pattern(1_000))
            #expect(client.readAll(1_000).isEqual(to: pattern(1_000)))
            client.send(pattern(500))
            let rest = client.readAll(500)
            // A reset may overtake bytes that were not read yet.
            if action == .cut {
                #expect(rest.bytes.count == 234)
                #expect(rest.last == .end)
            } else {
                #expect(rest.bytes.count <= 234)
                #expect(rest.last == .reset)
            }
            // Another link begins its own script.
            let other = try Client(port: proxy.port)
            other.send(pattern(100))
            #expect(other.readAll(100).isEqual(to: pattern(100)))
        }
    }

    @Test("the client is reset together with all others, or alone by what it said first")
    func reset() async throws {
        try await Self.withProxy { proxy in
            let meant = try Client(port: proxy.port)
            let other = try Client(port: proxy.port)
            meant.send(Array("worker".utf8))
            other.send(Array("reader".utf8))
            #expect(meant.readAll(6).bytes.count == 6)
            #expect(other.readAll(6).bytes.count == 6)
            #expect(try await proxy.apply(.reset) { $0.starts(with: Array("work".utf8)) } == 1)
            #expect(meant.read() == .reset)
            other.send([1])
            #expect(other.read() == .bytes([1]))
            #expect(try await proxy.apply(.reset) == 1)
            #expect(other.read() == .reset)
            #expect(try await proxy.linkCount() == 0)
        }
    }

    @Test("a black hole accepts and swallows; what was swallowed never comes")
    func blackHole() async throws {
        try await Self.withProxy { proxy in
            try await proxy.set(.toServer, .swallow)
            let client = try Client(port: proxy.port, patienceMs: 200)
            client.send([1])
            #expect(client.read() == .silence)
            try await proxy.set(.toServer, .pass)
            client.send([2])
            #expect(client.read() == .bytes([2]))
        }
    }

    @Test("what is held waits and comes whole after the release, with the end that followed it")
    func hold() async throws {
        try await Self.withProxy { proxy in
            try await proxy.set(.toClient, .hold)
            let client = try Client(port: proxy.port, patienceMs: 200)
            client.send(pattern(5_000))
            client.end()
            #expect(client.read() == .silence)
            #expect(try await proxy.waitingBytes(.toClient) == 5_000)
            try await proxy.set(.toClient, .pass)
            #expect(client.readAll(5_000).isEqual(to: pattern(5_000)))
            #expect(client.read() == .end)
        }
    }

    @Test("a held link takes a bounded number of bytes and pushes back from then on")
    func backpressure() async throws {
        try await Self.withProxy { proxy in
            try await proxy.set(.toServer, .hold)
            let client = try Client(port: proxy.port, patienceMs: 500)
            let bytes = pattern(32 << 20)
            let sent = client.send(bytes)
            // Besides the proxy's own bound the kernel's buffers have taken some megabytes.
            #expect(sent < bytes.count)
            #expect(try await proxy.waitingBytes(.toServer) < 1 << 20)
        }
    }

    @Test("clients are refused while it refuses, and links are reset; then it serves again at the same port")
    func refuse() async throws {
        try await Self.withProxy { proxy in
            let early = try Client(port: proxy.port)
            early.send([1])
            #expect(early.read() == .bytes([1]))
            try await proxy.refuse()
            #expect(early.read() == .reset)
            #expect(throws: POSIXError(.ECONNREFUSED)) { _ = try Client(port: proxy.port) }
            try await proxy.accept()
            let late = try Client(port: proxy.port)
            late.send([2])
            #expect(late.read() == .bytes([2]))
        }
    }

    @Test("a server that is not there resets the client")
    func noServer() async throws {
        let proxy = try await FaultProxy.start(to: 1)
        let client = try Client(port: proxy.port)
        #expect(client.read() != .silence)
        await proxy.stop()
    }

    @Test("a script of times runs by itself")
    func timed() async throws {
        let script = FaultScript([
            .init(.afterMs(0), .traffic(.toClient, .hold)), .init(.afterMs(300), .traffic(.toClient, .pass)),
            .init(.afterMs(600), .reset),
        ])
        try await Self.withProxy(script: script) { proxy in
            let client = try Client(port: proxy.port)
            let took = Self.seconds {
                client.send([1])
                #expect(client.read() == .bytes([1]))
            }
            #expect(took >= 0.2, "\(took) s")
            #expect(client.read() == .reset)
        }
    }

    @Test("equal seeds give equal scripts, others give others, and each ends with the end of its link")
    func seeds() {
        let scripts = (UInt64(0)..<50).map { FaultScript.seeded($0, steps: 6, overMs: 2_000) }
        for (seed, script) in scripts.enumerated() {
            #expect(script == FaultScript.seeded(UInt64(seed), steps: 6, overMs: 2_000))
            #expect(script.steps.count == 7)
            #expect(script.steps.last.map { [.cut, .reset].contains($0.action) } == true)
        }
        #expect(scripts.indices.dropFirst().allSatisfy { scripts[$0] != scripts[$0 - 1] })
    }
}
