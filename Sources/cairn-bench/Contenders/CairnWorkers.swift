import DevStack
import Foundation
import Reactor

/// Workers of one cairn, each a process of its own, seen through their pages of metrics.
@Reactor
final class CairnWorkers: WorkersUnderTest {
    let startedNs = Clock.monotonicNs()
    let scoreKeys = ScoreKeys.cairn
    private let program: CairnProgram
    private let stage: BenchStage
    private var members: [Member]
    /// Where counting began, and where everything had ended.
    private var firstPage: WorkerPage?
    private var lastPage: WorkerPage?

    private struct Member {
        let process: DevProcess
        var connection: PageConnection?
    }

    private static let joinedEveryMs: Int64 = 20
    /// How often the pages are looked at: until the first record, and then until the end. Each look costs a worker
    /// about a fifth of a millisecond.
    private static let firstEveryMs: Int64 = 5
    private static let endEveryMs: Int64 = 20
    /// Workers that do nothing new for so long have a problem, milliseconds.
    private static let silenceMs: Int64 = 60_000

    init(_ program: CairnProgram, _ processes: [DevProcess], on stage: BenchStage) {
        self.program = program
        self.stage = stage
        members = processes.map { Member(process: $0) }
    }

    var pids: [pid_t] { members.map(\.process.pid) }

    func checkRunning() throws(BenchFailure) {
        for member in members where !member.process.isRunning {
            throw .failed("the worker has ended:\n\(BenchStage.lastLines(of: member.process))")
        }
    }

    /// Waits until each has its share of the partitions.
    func join(_ sender: ScanSender) async throws {
        let share = BenchStage.partitions / members.count
        _ = try await look(everyMs: Self.joinedEveryMs, for: "partitions") {
            $0.shares.allSatisfy { $0 == share }
        }
    }

    func awaitFirstRecord(beforeEach: () async -> Void) async throws -> Int64 {
        let first = try await look(everyMs: Self.firstEveryMs, for: "first record", beforeEach: beforeEach) {
            !$0.isUntouched
        }
        firstPage = first.before
        return first.beforeNs
    }

    func beginCounting() async throws { firstPage = try await page() }

    func awaitEnd(of sender: ScanSender) async throws -> Int64 {
        let last = try await look(everyMs: Self.endEveryMs, for: "end") { $0.holds(sender.nextOffsets) }
        lastPage = last.page
        return last.atNs
    }

    func checkExactness(_ oracle: TraceOracle) async throws -> Int {
        let mayKeysLag = (lastPage?.hotLost ?? 0) > 0
        return try await ExactnessCheck(stage: stage, program: program, oracle: oracle, mayKeysLag: mayKeysLag).run()
    }

    /// - Throws: `BenchFailure` when one ends with anything but 0.
    func stop() async throws {
        for member in members { member.process.signal(SIGTERM) }
        for member in members {
            let status = await member.process.wait()
            if status != 0 {
                throw BenchFailure.failed(
                    "the worker ended with \(status) on SIGTERM:\n\(BenchStage.lastLines(of: member.process))")
            }
        }
    }

    func complete(_ result: inout RunResult) {
        if let lastPage { result.setFlushes(from: firstPage, to: lastPage) }
    }

    // MARK: Their pages

    /// The pages as they are now, as one; nil while one of them is not served.
    ///
    /// - Throws: `BenchFailure` when a worker has ended.
    private func page() async throws(BenchFailure) -> WorkerPage? {
        try checkRunning()
        var sum: WorkerPage?
        for index in members.indices {
            guard let page = await page(of: index) else { return nil }
            sum = sum.map { $0.joined(with: page) } ?? page
        }
        return sum
    }

    private func page(of index: Int) async -> WorkerPage? {
        guard let connection = members[index].connection ?? Self.connect(members[index].process) else { return nil }
        members[index].connection = connection
        guard let bytes = await Reactor.blocking({ connection.page() }) else {
            members[index].connection = nil
            return nil
        }
        return WorkerPage(bytes)
    }

    /// The worker was told to take any port and logged which.
    private static func connect(_ process: DevProcess) -> PageConnection? {
        guard let log = FileManager.default.contents(atPath: process.logPath) else { return nil }
        for line in String(decoding: log, as: UTF8.self).split(separator: "\n") where line.contains("\"metrics\"") {
            let digits = line.split(separator: ":").last?.prefix { $0.isNumber }
            if let port = digits.flatMap({ UInt16($0) }) { return PageConnection(port: port) }
        }
        return nil
    }

    private struct Sighting {
        var page: WorkerPage
        var atNs: Int64
        var before: WorkerPage?
        var beforeNs: Int64
    }

    /// Looks at the pages every `everyMs` until `isEnough`.
    ///
    /// - Parameter beforeEach: called before each look.
    /// - Returns: the last page before that and the first page that is, with monotonic nanoseconds: of the moment the
    ///   earlier one was asked for, of the moment the later one was there.
    /// - Throws: `BenchFailure` when a worker ends, or when the pages do not change for a minute.
    private func look(
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
                    no \(what) and no progress for \(Self.silenceMs / 1_000) s; a worker's log ends with
                    \(members.first.map { BenchStage.lastLines(of: $0.process) } ?? "")
                    """)
            }
            await Reactor.pause(ms: everyMs)
        }
    }
}
