import DevStack
import Foundation
import Reactor

/// The mix as fast as the server answers, by wrk: each connection asks as soon as it has its answer.
@Reactor
struct WrkRun {
    let players: Int
    let seed: UInt64
    let threads: Int
    let connections: Int
    let seconds: Int

    /// What wrk's script prints at the end. Times are microseconds.
    struct Result: Decodable {
        var requests: Int
        var duration: Int64
        var p50: Int64
        var p99: Int64
        var p999: Int64
        var max: Int64
        /// Answers of status 400 and above.
        var refused: Int
        /// Connections that failed.
        var failed: Int
        /// Answers that took longer than wrk waits, 2 s.
        var late: Int
    }

    private static let mark = "result "

    /// - Throws: `BenchFailure` when wrk fails, `DevStackError` when it is not there.
    func run(_ name: String, port: UInt16, on stage: BenchStage) async throws -> Result {
        let script = "\(stage.stack.folder)/mix.lua"
        try BenchStage.write(String(decoding: PackageResources.mix_lua, as: UTF8.self), to: script)
        let process = try await stage.stack.spawn(
            name, "wrk",
            [
                "--threads", "\(threads)", "--connections", "\(connections)", "--duration", "\(seconds)s",
                "--script", script, "http://127.0.0.1:\(port)", "--", BenchHunt.slug, "\(players)", "\(seed)",
            ])
        let status = await process.wait()
        let text = FileManager.default.contents(atPath: process.logPath).map { String(decoding: $0, as: UTF8.self) }
        let line = text?.split(separator: "\n").last { $0.hasPrefix(Self.mark) }
        guard status == 0, let line,
            let result = try? JSONDecoder().decode(Result.self, from: Data(line.dropFirst(Self.mark.count).utf8))
        else { throw BenchFailure.failed("wrk ended with \(status):\n\(BenchStage.lastLines(of: process))") }
        return result
    }
}
