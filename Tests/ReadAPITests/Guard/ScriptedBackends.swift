import FlowCore
import ReadAPI
import Synchronization

/// Backends whose answers a test gives, one by one or by a rule.
final class ScriptedBackends: Sendable {
    typealias Backend = BackendChoice.Backend

    /// A body that waits for its answer.
    struct Asked: Sendable {
        let number: Int
        let backend: Backend
        let answer: CheckedContinuation<Result<Int, ReadTrouble>, Never>
    }

    private struct State {
        var asked: [Asked] = []
        var bodies = 0
        var running = 0
        var mostRunning = 0
        var all: [Backend] = []
    }

    private let state = Mutex(State())

    /// Backends that were asked, in order.
    var all: [Backend] { state.withLock { $0.all } }
    var running: Int { state.withLock { $0.running } }
    var mostRunning: Int { state.withLock { $0.mostRunning } }
    /// Those that wait for their answer.
    var waiting: [Backend] { state.withLock { $0.asked.map(\.backend) } }

    /// The body of a read: waits for `answer`.
    func ask(_ backend: Backend) async throws(ReadTrouble) -> Int {
        let result = await withCheckedContinuation { continuation in
            state.withLock { state in
                state.bodies += 1
                state.running += 1
                state.mostRunning = max(state.mostRunning, state.running)
                state.all.append(backend)
                state.asked.append(Asked(number: state.bodies, backend: backend, answer: continuation))
            }
        }
        state.withLock { $0.running -= 1 }
        return try result.get()
    }

    /// Answers whoever of those that wait came first.
    func answer(_ result: Result<Int, ReadTrouble>, at place: Int = 0) {
        let asked = state.withLock { $0.asked.remove(at: place) }
        asked.answer.resume(returning: result)
    }
}
