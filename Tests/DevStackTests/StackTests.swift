import Foundation
import Testing

@testable import DevStack

/// All suites of this target, one test after the other: each boots real servers.
@Suite(.serialized) enum PrivateStacks {}

extension PrivateStacks {
    @Suite(.serialized, .timeLimit(.minutes(1))) struct Booting {
        @Test("a stack serves Postgres, Redis and the broker at its URLs")
        func bootsAll() async throws {
            var options = quick()
            options.partitions = 3
            options.durable = true
            try await withStack(options) { stack in
                #expect(stack.postgresURL == "postgres://cairn@127.0.0.1:\(stack.port(of: .postgres))/cairn")
                #expect(stack.redisURL == "redis://127.0.0.1:\(stack.port(of: .redis))")
                #expect(stack.brokers == "127.0.0.1:\(stack.port(of: .kafka))")
                #expect(stack.redis("PING") == "+PONG\r\n")
                #expect(stack.redis("CONFIG GET maxmemory-policy")?.contains("allkeys-lru") == true)
                #expect(try await stack.query(stack.postgresURL, "CREATE TABLE t(); SELECT current_user") == "cairn")
                #expect(try await stack.query(stack.postgresURL, "SHOW fsync") == "on")
                let isSuper = "SELECT usesuper FROM pg_user WHERE usename = 'cairn'"
                #expect(try await stack.query(stack.postgresURL, isSuper) == "f")
                #expect(try await stack.query(stack.adminURL, "SELECT current_user") == "postgres")
                let topics = try await stack.listedTopics()
                #expect(topics.contains("\"scans\""))
                #expect(topics.contains("\"partition_index\":2") && !topics.contains("\"partition_index\":3"))
            }
        }

        @Test("what the options ask of Postgres wins over our own settings")
        func extraSettings() async throws {
            var options = quick([.postgres])
            options.postgresSettings = ["shared_buffers": "24MB"]
            try await withStack(options) { stack in
                let buffers = try await stack.query(stack.adminURL, "SHOW shared_buffers")
                #expect(buffers == "24MB")
                #expect(try await stack.query(stack.adminURL, "SHOW fsync") == "off")
            }
        }

        @Test("two stacks live side by side, and stopping one leaves the other alone")
        func sideBySide() async throws {
            async let starting = DevStack.start(quick())
            let other = try await DevStack.start(quick())
            let stack = try await starting
            #expect(stack.folder != other.folder)
            _ = stack.redis("SET key one")
            #expect(other.redis("GET key") == "$-1\r\n")
            await other.stop()
            #expect(stack.redis("GET key") == "$3\r\none\r\n")
            #expect(try await stack.query(stack.postgresURL, "SELECT 1") == "1")
            await stack.stop()
        }

        @Test("stop leaves no process, no folder and no shared memory, also when called twice")
        func stopsCleanly() async throws {
            let stack = try await DevStack.start(quick())
            let pids = DevService.allCases.map(stack.pid)
            let segment = try #require(sharedMemory(of: stack))
            #expect(sharedMemoryExists(segment))
            #expect(pids.allSatisfy { $0 > 0 })
            await stack.stop()
            await stack.stop()
            #expect(!FileManager.default.fileExists(atPath: stack.folder))
            #expect(processes(around: stack.folder) == [])
            #expect(pids.allSatisfy { ProcessEntry($0) == nil })
            #expect(!sharedMemoryExists(segment))
            #expect(DevService.allCases.map(stack.pid) == [0, 0, 0])
            await #expect(throws: DevStackError.lost) { try await stack.spawn("late", "true", []) }
        }

        @Test("a stack that is dropped without stop goes away too")
        func goesWithItsLastReference() async throws {
            var folder = ""
            do {
                let stack = try await DevStack.start(quick([.redis]))
                folder = stack.folder
            }
            let path = folder
            #expect(await eventually(within: 5) { !FileManager.default.fileExists(atPath: path) })
            #expect(processes(around: path) == [])
        }

        @Test("a port that someone took in the meantime is replaced by another")
        func collision() async throws {
            try await withStack(quick()) { stack in
                for service in DevService.allCases {
                    let taken = stack.port(of: service)
                    try await withStack(quick([])) { empty in
                        let ports = PortSequence([taken, freePort()])
                        let programs = try Programs(for: [service])
                        let server: any PrivateServer =
                            switch service {
                            case .postgres:
                                PostgresServer(
                                    folder: "\(empty.folder)/postgres", programs: programs.postgresFolder,
                                    user: programs.postgresUser, durable: false, extraSettings: [:])
                            case .redis:
                                RedisServer(folder: "\(empty.folder)/redis", program: programs.redis, maxMemory: "1mb")
                            case .kafka:
                                BrokerServer(folder: "\(empty.folder)/kafka", program: programs.tansu, topics: [:])
                            }
                        try await empty.boot(server) { ports.next() }
                        #expect(empty.port(of: service) != taken)
                    }
                }
            }
        }

        @Test("a database of its own belongs to cairn and starts empty")
        func ownDatabase() async throws {
            try await withStack(quick([.postgres])) { stack in
                let url = try await stack.createDatabase("clean_1")
                #expect(url.hasSuffix("/clean_1"))
                #expect(try await stack.query(url, "CREATE TABLE t (n int); SELECT count(*) FROM t") == "0")
                await #expect(throws: DevStackError.self) { try await stack.createDatabase("clean_1") }
                await #expect(throws: DevStackError.self) { try await stack.createDatabase("x; DROP DATABASE cairn") }
            }
        }

        @Test("an error is one line and names the remedy")
        func errors() {
            let missing = DevStackError.missing("redis-server", remedy: "run `make setup`")
            #expect(missing.description == "redis-server is missing: run `make setup`")
            #expect(!DevStackError.lost.description.contains("\n"))
            #expect(lastSentence("FATAL:  no port\nHINT:  wait\n\n") == "FATAL:  no port")
            #expect(lastSentence("first\nlast\n \n") == "last")
        }

        @Test("a Postgres that refuses its settings fails at once and leaves nothing")
        func failsToStart() async throws {
            var options = quick()
            options.postgresSettings = ["no_such_setting": "1"]
            do {
                let stack = try await DevStack.start(options)
                await stack.stop()
                Issue.record("it started")
            } catch {
                #expect(error.description.contains("no_such_setting") && !error.description.contains("\n"))
            }
        }
    }
}

/// Hands out given ports in order.
private final class PortSequence: @unchecked Sendable {
    private var ports: [Int]

    init(_ ports: [Int]) { self.ports = ports }

    func next() -> Int { ports.removeFirst() }
}
