import DevStack
import Foundation
import Reactor

/// Workers of a soak: one that lasts, and others that come and go.
@Reactor
final class SoakFleet {
    private let stage: BenchStage
    private let program: CairnProgram
    private let lasting: DevProcess
    private var passing: [Member] = []
    private var leaving: [Member] = []
    private var kills = false
    private(set) var figures = SoakFigures()
    /// Workers started so far.
    private(set) var started = 0
    /// Of the latest sample.
    private var minute = 0.0

    private struct Member {
        let process: DevProcess
        var most = ProcessSample()
        /// Monotonic milliseconds of the signal.
        var toldMs: Int64 = 0
        /// The exit status that it was told to end with.
        var status: Int32 = 0
    }

    private static let killedStatus = 128 + SIGKILL
    /// One that has not ended by then never will, milliseconds.
    private static let patienceMs: Int64 = 30_000

    /// Starts the one that lasts and a first one that does not.
    init(_ program: CairnProgram, on stage: BenchStage) async throws {
        self.stage = stage
        self.program = program
        lasting = try await program.startWorker("worker", on: stage)
        try await join()
    }

    var running: Int { 1 + passing.count }

    /// Whether these are the names of the running workers, which have their process ids in them.
    func areExactly(_ owners: [String]) -> Bool {
        let running = Set(([lasting] + passing.map(\.process)).map { "\($0.pid)" })
        return Set(owners.compactMap { $0.split(separator: "-").dropLast().last.map(String.init) }) == running
    }

    /// A worker joins when only two run; else the oldest of the passing ones leaves, in turn by SIGTERM and SIGKILL.
    func change() async throws {
        if passing.count < 2 { return try await join() }
        var member = passing.removeFirst()
        member.toldMs = Clock.monotonicMs()
        member.status = kills ? Self.killedStatus : 0
        member.process.signal(kills ? SIGKILL : SIGTERM)
        kills.toggle()
        leaving.append(member)
    }

    private func join() async throws {
        started += 1
        let process = try await program.startWorker("worker-\(started)", on: stage)
        passing.append(Member(process: process))
    }

    /// Looks after those that were told to leave.
    ///
    /// - Throws: `BenchFailure` when one has ended that was not told to.
    func look() async throws {
        for member in leaving where !member.process.isRunning { await note(member) }
        leaving.removeAll { !$0.process.isRunning }
        for member in leaving where Clock.monotonicMs() - member.toldMs > Self.patienceMs {
            throw BenchFailure.failed("a worker does not end on SIGTERM:\n\(BenchStage.lastLines(of: member.process))")
        }
        for process in [lasting] + passing.map(\.process) where !process.isRunning {
            let status = await process.wait()
            throw BenchFailure.failed(
                "a worker ended by itself with \(status):\n\(BenchStage.lastLines(of: process))")
        }
    }

    private func note(_ member: Member) async {
        let tookMs = Clock.monotonicMs() - member.toldMs
        let status = await member.process.wait()
        if status != member.status {
            figures.troubles.append(
                "a worker ended with \(status), not \(member.status): \(BenchStage.lastLines(of: member.process))")
        }
        if member.status == 0 { figures.slowestLeaveMs = max(figures.slowestLeaveMs, tookMs) }
        figures.passing.append(member.most)
        figures.passingMemory.add(Double(member.most.memory), atMinute: minute)
    }

    /// Adds a sample of everything.
    ///
    /// - Parameters:
    ///   - minute: since the run's start.
    ///   - lag: records not committed yet.
    func sample(atMinute minute: Double, lag: Int) async {
        let pids = [lasting.pid] + passing.map(\.process.pid)
        let postmaster = stage.stack.pid(of: .postgres)
        let (samples, backends) = await Reactor.blocking {
            (pids.map { ProcessSample($0) }, BackendSample(postmaster: postmaster))
        }
        guard let steady = samples[0] else { return }
        self.minute = minute
        figures.memory.add(Double(steady.memory), atMinute: minute)
        figures.descriptors.add(Double(steady.descriptors), atMinute: minute)
        figures.connections.add(Double(steady.connections), atMinute: minute)
        figures.threads.add(Double(steady.threads), atMinute: minute)
        figures.backends.add(Double(backends.count), atMinute: minute)
        figures.backendMemory.add(Double(backends.largestMemory), atMinute: minute)
        figures.lag.add(Double(lag), atMinute: minute)
        for (index, sample) in zip(passing.indices, samples.dropFirst()) {
            if let sample { passing[index].most.grow(to: sample) }
        }
    }

    /// Ends all of them in order.
    func stop() async throws {
        while !passing.isEmpty || !leaving.isEmpty {
            if !passing.isEmpty {
                kills = false
                var member = passing.removeFirst()
                member.toldMs = Clock.monotonicMs()
                member.process.signal(SIGTERM)
                leaving.append(member)
            }
            await Reactor.pause(ms: 20)
            try await look()
        }
        lasting.signal(SIGTERM)
        let status = await lasting.wait()
        if status != 0 {
            figures.troubles.append("the lasting worker ended with \(status):\n\(BenchStage.lastLines(of: lasting))")
        }
    }
}

extension ProcessSample {
    /// Keeps the larger of each figure.
    mutating func grow(to other: ProcessSample) {
        memory = max(memory, other.memory)
        descriptors = max(descriptors, other.descriptors)
        connections = max(connections, other.connections)
        threads = max(threads, other.threads)
    }
}
