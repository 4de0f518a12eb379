import Foundation
import Testing

@testable import DevStack

extension PrivateStacks {
    /// Kills the program `devstack-probe`, which boots a stack, at many moments of its life.
    @Suite(.serialized, .timeLimit(.minutes(2))) struct Guarding {
        /// When the probe is killed.
        enum Moment: Sendable, CustomTestStringConvertible {
            case afterMilliseconds(Int)
            /// As soon as a file of this name exists in the stack's folder.
            case onceThereIs(String)
            case onceReady

            var testDescription: String {
                switch self {
                case .afterMilliseconds(let count): "after \(count) ms"
                case .onceThereIs(let file): "once there is \(file)"
                case .onceReady: "once ready"
                }
            }

            /// Whether the probe with TMPDIR `place`, which prints to `output`, has come that far.
            func hasCome(in place: String, output: String) -> Bool {
                switch self {
                case .afterMilliseconds: return true
                case .onceReady: return logText(of: output).hasPrefix("ready ")
                case .onceThereIs(let file):
                    let files = FileManager.default
                    guard let folder = (try? files.contentsOfDirectory(atPath: place))?.first else { return false }
                    return files.fileExists(atPath: "\(place)/\(folder)/\(file)")
                }
            }
        }

        @Test(
            "killed with SIGKILL at any moment, a program leaves no process and no file of its stack behind",
            arguments: [
                .afterMilliseconds(0), .afterMilliseconds(5), .afterMilliseconds(10), .afterMilliseconds(20),
                .afterMilliseconds(40), .afterMilliseconds(80), .afterMilliseconds(160), .afterMilliseconds(320),
                .onceThereIs(""), .onceThereIs("redis"), .onceThereIs("kafka.log"), .onceThereIs("postgres/data"),
                .onceThereIs("postgres/data/PG_VERSION"), .onceThereIs("postgres.log"),
                .onceThereIs("postgres/data/postmaster.pid"), .onceReady,
            ] as [Moment])
        func killed(moment: Moment) async throws {
            try await expectNothingLeft(by: SIGKILL, at: moment)
        }

        @Test("so does one that Ctrl-C, a terminal's end or a polite kill ends", arguments: [SIGINT, SIGHUP, SIGTERM])
        func interrupted(number: Int32) async throws {
            try await expectNothingLeft(by: number, at: .onceReady)
        }

        @Test("Ctrl-C for the whole process group, and the same signals to the guard, do not hurt a running stack")
        func guardIgnoresSignals() async throws {
            try await withStack(quick([.redis])) { stack in
                #expect(getsid(stack.supervisor.pid) == stack.supervisor.pid)
                for number in [SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGPIPE] { kill(stack.supervisor.pid, number) }
                let child = try await stack.spawn("child", "true", [])
                #expect(await child.wait() == 0)
                #expect(stack.redis("PING") == "+PONG\r\n")
            }
        }

        @Test("a guard that is itself killed takes the servers along, and the stack says that it is lost")
        func guardKilled() async throws {
            let stack = try await DevStack.start(quick())
            let segment = try #require(sharedMemory(of: stack))
            kill(stack.supervisor.pid, SIGKILL)
            #expect(await eventually(within: 5) { processes(around: stack.folder) == [] })
            await #expect(throws: DevStackError.lost) { try await stack.kill(.redis) }
            await stack.stop()
            #expect(!FileManager.default.fileExists(atPath: stack.folder))
            #expect(!sharedMemoryExists(segment))
        }

        private func expectNothingLeft(by number: Int32, at moment: Moment) async throws {
            let files = FileManager.default
            let place = files.temporaryDirectory.path + "/cairn-guard-\(UUID().uuidString.prefix(8))"
            try files.createDirectory(
                atPath: place, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
            defer { try? files.removeItem(atPath: place) }
            let output = place + ".out"
            #expect(files.createFile(atPath: output, contents: nil))
            defer { try? files.removeItem(atPath: output) }

            let probe = Process()
            probe.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
                .deletingLastPathComponent().appendingPathComponent("devstack-probe")
            probe.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": place]) { $1 }
            probe.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
            try probe.run()
            if case .afterMilliseconds(let count) = moment {
                await pause(milliseconds: count)
            } else {
                _ = await eventually(within: 30) { !probe.isRunning || moment.hasCome(in: place, output: output) }
                #expect(probe.isRunning, "the probe said: \(logText(of: output))")
            }
            kill(probe.processIdentifier, number)
            probe.waitUntilExit()
            #expect(probe.terminationReason == .uncaughtSignal && probe.terminationStatus == number)

            let isGone = await eventually(within: 5) {
                (try? files.contentsOfDirectory(atPath: place)) == [] && processes(around: place) == []
            }
            let left = (try? files.contentsOfDirectory(atPath: place)) ?? []
            #expect(isGone, "left: processes \(processes(around: place)), files \(left)")
        }
    }
}
