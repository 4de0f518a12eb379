import DevStack
import Foundation
import Reactor

/// The worker under test, a process of its own, seen through its page of metrics.
@Reactor
final class BenchWorker {
    let process: DevProcess
    /// Monotonic nanoseconds of its start.
    let startedNs = Clock.monotonicNs()
    private var connection: PageConnection?

    /// A worker that does nothing new for so long has a problem, milliseconds.
    private static let silenceMs: Int64 = 60_000

    init(process: DevProcess) { self.process = process }

    var peakMemory: Int { ProcessTimes.peakMemory(of: process.pid) }

    /// The page as it is now; nil while it is not served.
    ///
    /// - Throws: `BenchFailure` when the worker has ended.
    func page() async throws(BenchFailure) -> WorkerPage? {
        if !process.isRunning {
            throw .failed("the worker has ended:\n\(BenchStage.lastLines(of: process))")
        }
        guard let connection = connection ?? connect() else { return nil }
        self.connection = connection
        guard let bytes = await Reactor.blocking({ connection.page() }) else {
            self.connection = nil
            return nil
        }
        return WorkerPage(bytes)
    }

    /// The worker was told to take any port and logged which.
    private func connect() -> PageConnection? {
        guard let log = FileManager.default.contents(atPath: process.logPath) else { return nil }
        for line in String(decoding: log, as: UTF8.self).split(separator: "\n") where line.contains("\"metrics\"") {
            let digits = line.split(separator: ":").last?.prefix { $0.isNumber }
            if let port = digits.flatMap({ UInt16($0) }) { return PageConnection(port: port) }
        }
        return nil
    }

    /// Looks at the page every `everyMs` until `isEnough`.
    ///
    /// - Parameter beforeEach: called before each look.
    /// - Returns: the last page before that and the first page that is, with monotonic nanoseconds: of the moment the
    ///   earlier one was asked for, of the moment the later one was there.
    /// - Throws: `BenchFailure` when the worker ends, or when its page does not change for a minute.
    func look(
        everyMs: Int64, for what: String, beforeEach: () async -> Void = {}, until isEnough: (WorkerPage) -> Bool
    ) async throws(BenchFailure) -> Sighting {
        var before: (page: WorkerPage, atNs: Int64)?
        var changedMs = Clock.monotonicMs()
        while true {
            await beforeEach()
            let askedNs = Clock.monotonicNs()
            if let page = try await page() {
                if isEnough(page) {
                    return Sighting(
                        page: page, atNs: Clock.monotonicNs(), before: before?.page, beforeNs: before?.atNs ?? askedNs)
                }
                if page != before?.page { changedMs = Clock.monotonicMs() }
                before = (page, askedNs)
            }
            if Clock.monotonicMs() - changedMs > Self.silenceMs {
                throw .failed(
                    """
                    no \(what) and no progress for \(Self.silenceMs / 1_000) s; the worker's log ends with
                    \(BenchStage.lastLines(of: process))
                    """)
            }
            await Reactor.pause(ms: everyMs)
        }
    }

    struct Sighting {
        var page: WorkerPage
        var atNs: Int64
        var before: WorkerPage?
        var beforeNs: Int64
    }

    /// Asks it to drain and end.
    ///
    /// - Throws: `BenchFailure` when it ends with anything but 0.
    func stop() async throws(BenchFailure) {
        process.signal(SIGTERM)
        let status = await process.wait()
        if status != 0 {
            throw .failed("the worker ended with \(status) on SIGTERM:\n\(BenchStage.lastLines(of: process))")
        }
    }
}
