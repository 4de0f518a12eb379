import DevStack
import Foundation
import HuntFile
import Reactor

/// A `cairn` and the settings that it is measured with.
struct CairnProgram: Contender {
    let name: String
    /// Of the program.
    let path: String
    /// Further lines of its settings file.
    var settings = ""

    /// `cairn` in the folder of this program. The link is resolved, since a child would see its own.
    static func neighbour() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("cairn").path
    }

    /// Migrates and imports the hunt.
    @Reactor
    func prepare(_ stage: BenchStage) async throws {
        try BenchStage.write(settings(on: stage), to: config(on: stage))
        let hunt = "\(stage.stack.folder)/hunt.yaml"
        try BenchStage.write(HuntFile.render(BenchHunt.definition), to: hunt)
        try await run("migrate", ["migrate", "up"], on: stage)
        try await run("import", ["hunt", "import", hunt], on: stage)
    }

    @Reactor
    func startWorkers(_ count: Int, on stage: BenchStage) async throws -> any WorkersUnderTest {
        var processes: [DevProcess] = []
        for number in 1...count { processes.append(try await startWorker("worker-\(number)", on: stage)) }
        return CairnWorkers(self, processes, on: stage)
    }

    /// - Parameter name: of the process, and of its log.
    @Reactor
    func startWorker(_ name: String, on stage: BenchStage) async throws(DevStackError) -> DevProcess {
        try await stage.stack.spawn(name, path, ["worker", "--config", config(on: stage)])
    }

    /// - Parameters:
    ///   - name: of the process, and of its log.
    ///   - settings: as for `--set`.
    @Reactor
    func startServe(_ name: String, _ settings: [String], on stage: BenchStage) async throws(DevStackError)
        -> DevProcess
    {
        let set = settings.flatMap { ["--set", $0] }
        return try await stage.stack.spawn(name, path, ["serve", "--config", config(on: stage)] + set)
    }

    /// Runs a command of the program to its end.
    ///
    /// - Throws: `BenchFailure` with the last lines of what it printed, inexact for exit code 3.
    @Reactor
    func run(_ name: String, _ arguments: [String], on stage: BenchStage) async throws {
        let process = try await stage.stack.spawn(name, path, arguments + ["--config", config(on: stage)])
        let status = await process.wait()
        if status == 0 { return }
        let message = """
            cairn \(arguments.joined(separator: " ")) ended with \(status):
            \(BenchStage.lastLines(of: process))
            """
        throw status == 3 ? BenchFailure.inexact(message) : BenchFailure.failed(message)
    }

    @Reactor
    private func config(on stage: BenchStage) -> String { "\(stage.stack.folder)/cairn.yaml" }

    /// Refusals are kept for longer than usual: the hunt's clock is not the wall clock, and old ones are purged. The
    /// short session timeout shortens the test broker's group join.
    @Reactor
    private func settings(on stage: BenchStage) -> String {
        """
        kafka: {brokers: "\(stage.stack.brokers)", properties: {session.timeout.ms: 6000}}
        postgres: {url: "\(stage.stack.postgresURL)"}
        redis: {url: "\(stage.stack.redisURL)"}
        metrics: {listen: "127.0.0.1:0"}
        refused: {keep: 3650d}

        """ + settings
    }
}
