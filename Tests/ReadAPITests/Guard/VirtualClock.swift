import ReadAPI
import Synchronization

/// A clock that stands until a test moves it.
final class VirtualClock: GuardClock {
    private struct Entry {
        let number: Int
        let atMs: Int64
        let work: @Sendable () -> Void
    }

    private struct State {
        var nowMs: Int64 = 1_000_000
        var scheduled = 0
        var entries: [Entry] = []
    }

    private let state = Mutex(State())

    var nowMs: Int64 { state.withLock { $0.nowMs } }
    /// How many calls wait for their moment.
    var waiting: Int { state.withLock { $0.entries.count } }
    /// The moment at which the next one is due.
    var nextMs: Int64? { state.withLock { $0.entries.map(\.atMs).min() } }

    func schedule(atMs: Int64, _ work: @escaping @Sendable () -> Void) -> GuardTimer {
        let number = state.withLock { state in
            state.scheduled += 1
            state.entries.append(Entry(number: state.scheduled, atMs: atMs, work: work))
            return state.scheduled
        }
        return GuardTimer { self.state.withLock { $0.entries.removeAll { $0.number == number } } }
    }

    /// Moves on and runs what is due, in the order of its moments.
    func advance(ms: Int64) {
        let untilMs = nowMs + ms
        while true {
            let due = state.withLock { state -> Entry? in
                let next = state.entries.indices.min {
                    (state.entries[$0].atMs, state.entries[$0].number)
                        < (state.entries[$1].atMs, state.entries[$1].number)
                }
                guard let next, state.entries[next].atMs <= untilMs else {
                    state.nowMs = untilMs
                    return nil
                }
                state.nowMs = max(state.nowMs, state.entries[next].atMs)
                return state.entries.remove(at: next)
            }
            guard let due else { return }
            due.work()
        }
    }
}

/// Lets other tasks run until something is so; the suite's time limit ends what never is.
func until(_ condition: () async -> Bool) async {
    while await !condition() { await Task.yield() }
}
