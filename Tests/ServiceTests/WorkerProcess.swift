import DevStack
import Foundation
import Reactor

/// One `cairn worker`, a process of its own.
struct WorkerProcess: Sendable {
    let process: DevProcess

    var pid: Int32 { process.pid }
    var isRunning: Bool { process.isRunning }

    /// All it has printed so far; it logs to stderr.
    var log: String {
        FileManager.default.contents(atPath: process.logPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    func signal(_ number: Int32) { process.signal(number) }

    /// Kills it with SIGKILL and waits for its end.
    func kill() async {
        process.signal(SIGKILL)
        await process.wait()
    }

    /// Asks it to stop.
    ///
    /// - Returns: its exit status and how long it took, in milliseconds.
    func stop() async -> (status: Int32, tookMs: Int64) {
        let start = Clock.monotonicMs()
        process.signal(SIGTERM)
        let status = await process.wait()
        return (status, Clock.monotonicMs() - start)
    }

    /// The metrics page; nil while it cannot be had.
    func metrics() async -> String? {
        guard let port = metricsPort else { return nil }
        return await Reactor.blocking { httpCall(port: port, path: "/metrics")?.body }
    }

    /// The value of one sample, such as `cairn_leases_lost_total`.
    func metric(_ name: String) async -> Double? {
        await metrics()?.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Double($0.dropFirst(name.utf8.count + 1)) }
    }

    /// The values of all samples of a name, by their labels; nil while the page cannot be had.
    func samples(_ name: String) async -> [String: Double]? {
        guard let page = await metrics() else { return nil }
        return PrometheusText(page).samples.filter { $0.key.hasPrefix(name + "{") }
    }

    /// Bytes of memory that it occupies (VmRSS of proc(5)); 0 when it has ended.
    var residentBytes: Int {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return 0 }
        return (line.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0) << 10
    }

    /// The port that it logged, for it was told to take any.
    var metricsPort: UInt16? {
        for line in log.split(separator: "\n") where line.contains("\"metrics\"") {
            let digits = line.split(separator: ":").last?.prefix { $0.isNumber }
            if let port = digits.flatMap({ UInt16($0) }) { return port }
        }
        return nil
    }
}
