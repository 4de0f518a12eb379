import Foundation
import Testing

@testable import DevStack

extension PrivateStacks {
    @Suite(.serialized, .timeLimit(.minutes(1))) struct KillingAndRestarting {
        @Test("a killed Postgres comes back on its port with everything that was committed")
        func postgres() async throws {
            var options = quick([.postgres])
            options.durable = true
            try await withStack(options) { stack in
                let port = stack.port(of: .postgres)
                _ = try await stack.query(stack.postgresURL, "CREATE TABLE t AS SELECT 42 AS n")
                for _ in 0..<3 {
                    try await stack.kill(.postgres)
                    #expect(stack.pid(of: .postgres) == 0)
                    #expect(processes(around: "\(stack.folder)/postgres/data") == [])
                    #expect(answer(of: port, to: "") == nil)
                    try await stack.restart(.postgres)
                    #expect(stack.port(of: .postgres) == port)
                    #expect(try await stack.query(stack.postgresURL, "SELECT n FROM t") == "42")
                }
            }
        }

        /// A backend leaves its postmaster's process group and, while busy, does not notice its death: with only the
        /// postmaster killed it would go on writing beside the next one, or keep that from starting.
        @Test("a busy backend does not outlive its killed postmaster", arguments: [true, false])
        func busyBackend(postmasterFirst: Bool) async throws {
            try await withStack(quick([.postgres])) { stack in
                let busy = "DO 'BEGIN LOOP END LOOP; END'"
                let client = try await stack.spawn("busy", "psql", ["-X", "-d", stack.adminURL, "-c", busy])
                let count = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'"
                var isBusy = false
                for _ in 0..<100 where !isBusy { isBusy = try await stack.query(stack.adminURL, count) == "1" }
                #expect(isBusy)
                if postmasterFirst {
                    stack.signal(.postgres, SIGKILL)
                    #expect(await eventually(within: 5) { stack.pid(of: .postgres) == 0 })
                }
                try await stack.kill(.postgres)
                #expect(processes(around: "\(stack.folder)/postgres/data") == [])
                #expect(await eventually(within: 5) { !client.isRunning })
                try await stack.restart(.postgres)
                #expect(try await stack.query(stack.adminURL, "SELECT 1") == "1")
            }
        }

        @Test("a killed Redis comes back empty on its port")
        func redis() async throws {
            try await withStack(quick([.redis])) { stack in
                let (port, pid) = (stack.port(of: .redis), stack.pid(of: .redis))
                _ = stack.redis("SET key one")
                try await stack.kill(.redis)
                #expect(stack.pid(of: .redis) == 0 && stack.redis("PING") == nil)
                try await stack.kill(.redis)
                try await stack.restart(.redis)
                #expect(stack.port(of: .redis) == port && stack.pid(of: .redis) != pid)
                #expect(stack.redis("GET key") == "$-1\r\n")
            }
        }

        @Test("a restarted broker has its topics again, those made later too")
        func broker() async throws {
            try await withStack(quick([.kafka])) { stack in
                try await stack.createTopic("scores", partitions: 2)
                try await stack.createTopic("scores", partitions: 2)
                try await stack.restart(.kafka)
                let topics = try await stack.listedTopics()
                #expect(topics.contains("\"scans\"") && topics.contains("\"scores\""))
            }
        }

        @Test("a stopped server keeps its pid and goes on after SIGCONT, and can be killed while stopped")
        func stopped() async throws {
            try await withStack(quick([.redis])) { stack in
                let pid = stack.pid(of: .redis)
                stack.signal(.redis, SIGSTOP)
                #expect(stack.pid(of: .redis) == pid)
                stack.signal(.redis, SIGCONT)
                #expect(stack.redis("PING") == "+PONG\r\n")
                stack.signal(.redis, SIGSTOP)
                try await stack.kill(.redis)
                #expect(stack.pid(of: .redis) == 0)
            }
        }

        @Test("a service the stack was started without is refused")
        func absent() async throws {
            try await withStack(quick([.redis])) { stack in
                await #expect(throws: DevStackError.self) { try await stack.restart(.kafka) }
                await #expect(throws: DevStackError.self) { try await stack.createTopic("scans", partitions: 1) }
                await #expect(throws: DevStackError.self) { try await stack.createDatabase("one") }
            }
        }
    }

    @Suite(.serialized, .timeLimit(.minutes(1))) struct Spawning {
        @Test("a child gets its arguments and environment untouched, and its output is in its log")
        func output() async throws {
            try await withStack(quick([])) { stack in
                let odd = "it's \"$HOME\" \\ *\nsecond line"
                let child = try await stack.spawn(
                    "child", "/bin/sh", ["-c", #"printf '%s|%s' "$1" "$ODD"; exit 3"#, "sh", odd],
                    environment: ["ODD": odd])
                #expect(await child.wait() == 3)
                #expect(await child.wait() == 3)
                #expect(logText(of: child.logPath) == "\(odd)|\(odd)")
                #expect(child.logPath == "\(stack.folder)/child.log")
                #expect(!child.isRunning)
            }
        }

        @Test(
            "a child can be ended by the signals that its guard ignores",
            arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
        func signals(number: Int32) async throws {
            try await withStack(quick([])) { stack in
                let child = try await stack.spawn("child", "sleep", ["1000"])
                // The signal counts from the moment on at which the shell that started it has become `sleep`.
                #expect(await eventually(within: 5) { logText(of: "/proc/\(child.pid)/comm") == "sleep\n" })
                child.signal(number)
                #expect(await child.wait() == 128 + number)
            }
        }

        @Test("a program that does not exist is missing, not a child that fails")
        func missingProgram() async throws {
            try await withStack(quick([])) { stack in
                await #expect(throws: DevStackError.self) { try await stack.spawn("child", "/no/such/program", []) }
                await #expect(throws: DevStackError.self) { try await stack.spawn("child", "no-such-program", []) }
            }
        }

        @Test("stop ends a child and its own children, and whoever waits for it")
        func stopEndsChildren() async throws {
            let stack = try await DevStack.start(quick([]))
            let child = try await stack.spawn("child", "/bin/sh", ["-c", "sleep 4321 & echo $!; exec sleep 4321"])
            #expect(await eventually(within: 5) { logSize(of: child.logPath) > 1 })
            let text = logText(of: child.logPath).trimmingCharacters(in: .whitespacesAndNewlines)
            let grandchild = try #require(pid_t(text))
            async let status = child.wait()
            await stack.stop()
            #expect(await status == 128 + SIGKILL)
            #expect(await eventually(within: 5) { ProcessEntry(grandchild)?.hasEnded ?? true })
        }
    }
}
