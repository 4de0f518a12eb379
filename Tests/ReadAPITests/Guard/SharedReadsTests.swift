import FlowCore
import Testing

@testable import ReadAPI

@Suite("shared reads", .timeLimit(.minutes(1)))
struct SharedReadsTests {
    typealias Outcome = Result<Int, ReadFailure>

    let clock = VirtualClock()
    let backends = ScriptedBackends()
    let guarded: GuardedReads

    init() {
        guarded = GuardedReads(ReadGuardSettings(replicas: 0, connectionsMax: 200), clock: clock)
    }

    private func shared(
        _ key: String, _ freshness: BackendChoice.Freshness = .any, deadlineMs: Int64 = 2_000
    ) -> Task<Outcome, Never> {
        let (guarded, backends) = (guarded, backends)
        return Task {
            do throws(ReadFailure) {
                return .success(
                    try await guarded.shared(key, freshness, deadlineMs: deadlineMs) {
                        backend throws(ReadTrouble) in try await backends.ask(backend)
                    }.value)
            } catch { return .failure(error) }
        }
    }

    private func waiting(_ count: Int) async {
        await until { guarded.metrics().contains("cairn_shared_reads_waiting \(count)\n") }
    }

    @Test("300 equal reads are one call, and all have its answer; other keys, freshness and types have their own")
    func sharing() async {
        let tasks = (0..<300).map { _ in shared("a") }
        await waiting(300)
        let other = shared("b")
        let fresher = shared("a", .newest)
        let (guarded, backends) = (guarded, backends)
        let text = Task {
            try? await guarded.shared("a", .any, deadlineMs: 2_000) { backend throws(ReadTrouble) in
                "\(try await backends.ask(backend))"
            }.value
        }
        await waiting(303)
        await until { backends.waiting.count == 4 }
        for _ in 0..<4 { backends.answer(.success(7)) }
        for task in tasks + [other, fresher] { #expect(await task.value == .success(7)) }
        #expect(await text.value == "7")
        #expect(backends.all.count == 4)
        #expect(guarded.metrics().contains("cairn_shared_reads_total{outcome=\"shared\"} 299\n"))
    }

    @Test("an error is everybody's, and whoever comes later starts anew")
    func errors() async {
        let tasks = (0..<3).map { _ in shared("a") }
        await waiting(3)
        await until { backends.waiting.count == 1 }
        backends.answer(.failure(.refused("no")))
        for task in tasks { #expect(await task.value == .failure(.refused("no"))) }
        let next = shared("a")
        await until { backends.waiting.count == 1 }
        backends.answer(.success(1))
        #expect(await next.value == .success(1))
    }

    @Test("who leaves, be it the first, does not end the call of the others")
    func leaving() async {
        let first = shared("a")
        await waiting(1)
        let second = shared("a")
        await waiting(2)
        first.cancel()
        #expect(await first.value.failure != nil)
        await until { backends.waiting.count == 1 }
        backends.answer(.success(5))
        #expect(await second.value == .success(5))
        #expect(backends.all.count == 1)
    }

    @Test("who has less time than the call waits no longer than its own deadline")
    func deadlines() async {
        let first = shared("a", deadlineMs: 2_000)
        await waiting(1)
        let second = shared("a", deadlineMs: 300)
        await waiting(2)
        // The first one's, its attempt's and the second one's.
        await until { clock.waiting == 3 }
        clock.advance(ms: 300)
        #expect(await second.value.failure != nil)
        #expect(guarded.metrics().contains("cairn_shared_reads_waiting 1\n"))
        await until { backends.waiting.count == 1 }
        backends.answer(.success(5))
        #expect(await first.value == .success(5))
    }

    @Test("a call that began too long ago is not joined")
    func age() async {
        let first = shared("a", deadlineMs: 5_000)
        await until { backends.waiting.count == 1 }
        clock.advance(ms: 1_000)
        let second = shared("a")
        await until { backends.waiting.count == 2 }
        backends.answer(.success(1))
        backends.answer(.success(2))
        #expect(await first.value == .success(1))
        #expect(await second.value == .success(2))
    }
}
