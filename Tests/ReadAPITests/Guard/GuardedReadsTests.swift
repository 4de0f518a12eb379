import FlowCore
import Testing

@testable import ReadAPI

@Suite("guarded reads", .timeLimit(.minutes(1)))
struct GuardedReadsTests {
    typealias Outcome = Result<ReadAnswer<Int>, ReadFailure>

    let clock = VirtualClock()
    let backends = ScriptedBackends()

    private func guarded(replicas: Int = 2, connections: Int = 8, waiting: Int = 100) -> GuardedReads {
        GuardedReads(
            ReadGuardSettings(replicas: replicas, connectionsMax: connections, waitingMax: waiting), clock: clock)
    }

    private func read(
        _ guarded: GuardedReads, _ freshness: BackendChoice.Freshness = .any, kind: ConcurrencyLimit.Kind = .read,
        deadlineMs: Int64 = 2_000
    ) -> Task<Outcome, Never> {
        let backends = backends
        return Task {
            do throws(ReadFailure) {
                return .success(
                    try await guarded.read(freshness, kind: kind, deadlineMs: deadlineMs) {
                        backend throws(ReadTrouble) in try await backends.ask(backend)
                    })
            } catch { return .failure(error) }
        }
    }

    private func reason(_ outcome: Outcome) -> String? {
        if case .failure(.notNow(_, let reason)) = outcome { reason } else { nil }
    }

    @Test("an answer comes with the backend that gave it")
    func answer() async throws {
        let guarded = guarded()
        let first = read(guarded)
        await until { backends.waiting.count == 1 }
        backends.answer(.success(7))
        let answer = try await first.value.get()
        #expect(answer.value == 7 && answer.backend == .replica(0))
        let second = read(guarded, .newest)
        await until { backends.waiting.count == 1 }
        backends.answer(.success(8))
        #expect(try await second.value.get().backend == .primary)
        #expect(clock.waiting == 0, "timers are left over")
    }

    @Test("after a transient trouble another backend is asked; a refusal is the answer at once, and no error of theirs")
    func troubles() async throws {
        let guarded = guarded()
        let first = read(guarded)
        await until { backends.waiting.count == 1 }
        backends.answer(.failure(.transient("away")))
        await until { backends.waiting.count == 1 }
        backends.answer(.success(7))
        #expect(try await first.value.get().backend == .replica(1))
        let second = read(guarded)
        await until { backends.waiting.count == 1 }
        backends.answer(.failure(.refused("no such column")))
        #expect(await second.value.failure == .refused("no such column"))
        let page = guarded.metrics()
        #expect(page.contains("cairn_retries_total{backend=\"replica_0\"} 1\n"))
        #expect(page.contains("cairn_backend_calls_total{backend=\"replica_0\",outcome=\"failed\"} 1\n"))
        #expect(page.contains("cairn_backend_calls_total{backend=\"replica_1\",outcome=\"failed\"} 0\n"))
    }

    @Test(
        "a backend that hangs costs half of the time, then another one is asked, and the first one's place stays taken")
    func hanging() async throws {
        let guarded = guarded()
        let task = read(guarded, deadlineMs: 2_000)
        await until { backends.waiting.count == 1 && clock.waiting == 1 }
        clock.advance(ms: 999)
        #expect(backends.waiting == [.replica(0)])
        clock.advance(ms: 1)
        await until { backends.waiting.count == 2 }
        #expect(backends.waiting == [.replica(0), .replica(1)])
        #expect(guarded.metrics().contains("cairn_backend_running{kind=\"read\"} 2\n"))
        backends.answer(.success(2), at: 1)
        #expect(try await task.value.get().backend == .replica(1))
        #expect(guarded.metrics().contains("cairn_backend_running{kind=\"read\"} 1\n"))
        backends.answer(.success(1))
        await until { guarded.metrics().contains("cairn_backend_running{kind=\"read\"} 0\n") }
        #expect(guarded.metrics().contains("cairn_read_late_bodies_total 1\n"))
    }

    @Test("with nobody else to ask, an attempt has all the time, and its deadline is the answer")
    func deadline() async throws {
        let guarded = guarded(replicas: 0)
        let task = read(guarded, deadlineMs: 2_000)
        await until { backends.waiting.count == 1 && clock.waiting == 1 }
        clock.advance(ms: 1_999)
        #expect(clock.waiting == 1)
        clock.advance(ms: 1)
        #expect(reason(await task.value) == "primary did not answer within 2000 ms")
        #expect(backends.all == [.primary])
        #expect(guarded.metrics().contains("cairn_backend_calls_total{backend=\"primary\",outcome=\"failed\"} 1\n"))
        backends.answer(.success(1))
    }

    @Test("readers have half of the places, wait for them in order, and a load finds a place at once")
    func places() async throws {
        let guarded = guarded(replicas: 0, connections: 4, waiting: 2)
        let running = (0..<2).map { _ in read(guarded) }
        await until { backends.waiting.count == 2 }
        let waiting = (0..<2).map { _ in read(guarded, deadlineMs: 3_000) }
        await until { guarded.metrics().contains("cairn_backend_waiting{kind=\"read\"} 2\n") }
        let tooMany = await read(guarded).value
        #expect(reason(tooMany) == "too many reads wait for Postgres")
        let load = read(guarded, kind: .write)
        await until { backends.waiting.count == 3 }
        for _ in 0..<3 { backends.answer(.success(1)) }
        for task in running + [load] { _ = try await task.value.get() }
        await until { backends.waiting.count == 2 }
        for _ in 0..<2 { backends.answer(.success(1)) }
        for task in waiting { _ = try await task.value.get() }
        #expect(guarded.metrics().contains("cairn_backend_shed_total{reason=\"queue_full\"} 1\n"))
    }

    @Test("who waits in vain for a place is told at its deadline, and no backend is blamed")
    func noPlace() async throws {
        let guarded = guarded(replicas: 0, connections: 2)
        let first = read(guarded, deadlineMs: 5_000)
        await until { backends.waiting.count == 1 }
        let second = read(guarded, deadlineMs: 1_000)
        await until { clock.waiting == 2 }
        clock.advance(ms: 1_000)
        #expect(reason(await second.value) == "no connection to Postgres was free in time")
        backends.answer(.success(1))
        _ = try await first.value.get()
        #expect(guarded.metrics().contains("cairn_backend_calls_total{backend=\"primary\",outcome=\"failed\"} 0\n"))
    }

    @Test("a crowd that leaves a read no time does not shut out a backend that is well")
    func crowd() async throws {
        let guarded = guarded(replicas: 0, connections: 2)
        for _ in 0..<20 {
            let first = read(guarded, deadlineMs: 5_000)
            await until { backends.waiting.count == 1 && clock.waiting == 1 }
            let second = read(guarded, deadlineMs: 2_000)
            await until { clock.waiting == 2 }
            clock.advance(ms: 1_900)
            backends.answer(.success(1))
            _ = try await first.value.get()
            await until { backends.waiting.count == 1 && clock.waiting == 1 }
            clock.advance(ms: 100)
            #expect(reason(await second.value) == "too many reads: no time was left for this one")
            backends.answer(.success(1))
            await until { backends.running == 0 && guarded.metrics().contains("running{kind=\"read\"} 0\n") }
        }
        #expect(guarded.metrics().contains("cairn_breaker_state{backend=\"primary\"} 0\n"))
    }

    @Test("a caller that leaves, waiting or asking, is gone at once and gives its place back")
    func leaving() async throws {
        let guarded = guarded(replicas: 0, connections: 2)
        let asking = read(guarded)
        await until { backends.waiting.count == 1 }
        let waiting = read(guarded)
        await until { guarded.metrics().contains("cairn_backend_waiting{kind=\"read\"} 1\n") }
        waiting.cancel()
        #expect(reason(await waiting.value) == "the caller left")
        asking.cancel()
        #expect(reason(await asking.value) == "the caller left")
        #expect(guarded.metrics().contains("cairn_backend_running{kind=\"read\"} 1\n"))
        backends.answer(.success(1))
        await until { guarded.metrics().contains("cairn_backend_running{kind=\"read\"} 0\n") }
        let page = guarded.metrics()
        #expect(page.contains("cairn_backend_calls_total{backend=\"primary\",outcome=\"abandoned\"} 1\n"))
        #expect(page.contains("cairn_backend_in_flight{backend=\"primary\"} 0\n"))
        let next = read(guarded)
        await until { backends.waiting.count == 1 }
        backends.answer(.success(3))
        #expect(try await next.value.get().value == 3)
    }

    @Test("a dead backend is shut out after a few errors, asked no more, and comes back by probes")
    func shutOut() async throws {
        let guarded = guarded(replicas: 1)
        for _ in 0..<10 {
            let task = read(guarded)
            await until { backends.waiting.count == 1 }
            if backends.waiting == [.replica(0)] {
                backends.answer(.failure(.transient("away")))
                await until { backends.waiting == [.primary] }
            }
            backends.answer(.success(1))
            _ = try await task.value.get()
        }
        #expect(backends.all.filter { $0 == .replica(0) }.count == 5)
        #expect(guarded.metrics().contains("cairn_breaker_state{backend=\"replica_0\"} 1\n"))
        clock.advance(ms: 90_000)
        for _ in 0..<4 {
            let task = read(guarded)
            await until { backends.waiting.count == 1 }
            #expect(backends.waiting == [.replica(0)])
            backends.answer(.success(1))
            _ = try await task.value.get()
        }
        #expect(guarded.metrics().contains("cairn_breaker_state{backend=\"replica_0\"} 0\n"))
    }

    @Test(
        "with everybody shut out the answer is at once not now, with the time to come back: a lone primary's is short",
        arguments: [(0, 1_000), (1, 90_000)] as [(Int, Int64)])
    func noneLeft(replicas: Int, backMs: Int64) async throws {
        let guarded = guarded(replicas: replicas)
        for _ in 0..<10 {
            let task = read(guarded)
            while await isUnderWay(task, guarded) { backends.answer(.failure(.transient("away"))) }
        }
        let failure = await read(guarded).value.failure
        guard case .notNow(let retryAfterMs, _) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(retryAfterMs == backMs)
        #expect(guarded.metrics().contains("cairn_backend_running{kind=\"read\"} 0\n"))
    }

    /// Whether the read asks once more; false when it has ended.
    private func isUnderWay(_ task: Task<Outcome, Never>, _ guarded: GuardedReads) async -> Bool {
        let hasEnded = Ended()
        Task {
            _ = await task.value
            await hasEnded.end()
        }
        await until { await hasEnded.isTrue || backends.waiting.count == 1 }
        return backends.waiting.count == 1
    }

    private actor Ended {
        private(set) var isTrue = false
        func end() { isTrue = true }
    }

    @Test("a replica that is too far behind is not asked, and one of which nothing was heard only when any will do")
    func lag() async throws {
        let guarded = guarded(replicas: 2)
        guarded.told(lagMs: 100, ofReplica: 1)
        var seen: [BackendChoice.Backend] = []
        for freshness in [BackendChoice.Freshness.within(ms: 500), .within(ms: 500), .within(ms: 50)] {
            let task = read(guarded, freshness)
            await until { backends.waiting.count == 1 }
            backends.answer(.success(1))
            seen.append(try await task.value.get().backend)
        }
        #expect(seen == [.replica(1), .replica(1), .primary])
    }
}

extension Result {
    var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
