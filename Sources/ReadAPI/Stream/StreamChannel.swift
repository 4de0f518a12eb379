import NIOCore
import Synchronization

/// One hunt's streams: what they can be told, and who waits for news.
///
/// A stream keeps nothing but the id of the state it has shown last. It asks for its next event when it can send one;
/// so a slow one skips states, and there is nothing that could grow.
///
/// Locks are taken in this order: that of the hub, this one, that of the board.
final class StreamChannel: Sendable {
    /// Where one stream is.
    struct Position: Sendable {
        /// The state that the reader has; nil: none, or one that its id does not name.
        var state: BoardStateID?
        /// The tick of the last event; nil: there was none.
        var tick: Int?
    }

    enum Step: Sendable {
        case send(ByteBuffer, Position)
        /// There is nothing to say before the wake-up after this one.
        case wait(wakeUp: Int)
        case ended
    }

    /// So many ticks without news, and streams are told that nothing has changed: 2 s.
    static let freshTicks = 8
    /// A change that concerns none of the players shown waits so many ticks for one that does: 1 s.
    static let quietTicks = 4

    let slug: String
    private let huntID: Int32
    private let store: BoardStore
    private let totals: StreamTotals
    private let state: Mutex<State>

    /// Tells one reader that there is news. To be called once, outside of all locks.
    typealias WakeUp = @Sendable () -> Void

    private struct State {
        var history = StreamHistory()
        /// Of the newest state, as last seen.
        var stamp: BoardStamp
        var tick = 0
        /// The last tick that woke the readers.
        var wokenTick = 0
        var readers = 0
        /// Ticks since the last reader left.
        var idleTicks = 0
        var isEnded = false
        var frames = FrameCache()
        var wakeUp = 0
        var waiters: [WakeUp] = []

        mutating func takeWaiters() -> [WakeUp] {
            wakeUp += 1
            wokenTick = tick
            defer { waiters = [] }
            return waiters
        }

        /// Whether a reader of the newest state is to hear that it is the newest.
        func isFreshDue(_ position: Position) -> Bool {
            guard let last = position.tick else { return true }
            return wokenTick == tick || tick - last >= StreamChannel.freshTicks
        }
    }

    /// - Returns: nil when there is no such hunt.
    init?(_ slug: String, _ store: BoardStore, _ totals: StreamTotals) {
        guard let seen = store.read(slug, { (huntID: $0.hunt.huntID, stamp: $0.stamp) }) else { return nil }
        self.slug = slug
        self.store = store
        self.totals = totals
        huntID = seen.huntID
        state = Mutex(State(stamp: seen.stamp))
    }

    // MARK: Readers

    /// - Returns: false when the hunt is gone or the streams have ended: nobody joined.
    func join() -> Bool {
        state.withLock { state in
            guard !state.isEnded else { return false }
            // Nobody looked while nobody listened.
            if state.readers == 0 { look(&state) }
            guard !state.isEnded else { return false }
            state.readers += 1
            state.idleTicks = 0
            return true
        }
    }

    func leave() { state.withLock { $0.readers -= 1 } }

    /// A stream's next event.
    func step(_ position: Position, top: Int) -> Step {
        state.withLock { state in
            guard !state.isEnded else { return .ended }
            guard position.tick != state.tick else { return .wait(wakeUp: state.wakeUp) }
            guard position.state != state.history.newest?.id else {
                guard state.isFreshDue(position) else { return .wait(wakeUp: state.wakeUp) }
                return send(fresh(&state), position.state, state)
            }
            let frame = frame(from: position.state, top: top, &state)
            if frame.isQuiet, let tick = position.tick, state.tick - tick < Self.quietTicks {
                return .wait(wakeUp: state.wakeUp)
            }
            return send(frame, state.history.newest?.id, state)
        }
    }

    /// Calls `body` once, at the first wake-up after the one with this number, on any thread.
    func onWakeUp(after wakeUp: Int, _ body: @escaping WakeUp) {
        let isOver = state.withLock { state in
            if state.isEnded || state.wakeUp != wakeUp { return true }
            state.waiters.append(body)
            return false
        }
        if isOver { body() }
    }

    // MARK: Ticks

    /// Looks at the board.
    ///
    /// - Returns: who is to be woken, outside of all locks, and how long nobody has listened, in ticks.
    func tick() -> (woken: [WakeUp], idleTicks: Int) {
        state.withLock { state in
            state.tick += 1
            guard state.readers > 0 else {
                state.idleTicks += 1
                return ([], state.idleTicks)
            }
            let known = state.history.newest?.id
            look(&state)
            let isNews = state.isEnded || state.history.newest?.id != known
            guard isNews || state.tick - state.wokenTick >= Self.freshTicks else { return ([], 0) }
            return (state.takeWaiters(), 0)
        }
    }

    /// Ends all streams.
    func end() -> [WakeUp] {
        state.withLock { state in
            state.isEnded = true
            return state.takeWaiters()
        }
    }

    var isEnded: Bool { state.withLock { $0.isEnded } }

    private func look(_ state: inout State) {
        let newest = state.history.newest?.id
        let seen = store.read(slug) { view in
            (huntID: view.hunt.huntID, stamp: view.stamp, state: view.stateID == newest ? nil : BoardState(view))
        }
        // A hunt that was deleted and made again is another one.
        guard let seen, seen.huntID == huntID else {
            state.isEnded = true
            return
        }
        state.stamp = seen.stamp
        if let other = seen.state { state.history.append(other) }
        state.frames.removeAll()
    }

    // MARK: Events

    private func send(_ frame: FrameCache.Frame, _ id: BoardStateID?, _ state: State) -> Step {
        totals.count(frame.kind)
        return .send(frame.bytes, Position(state: id, tick: state.tick))
    }

    private func fresh(_ state: inout State) -> FrameCache.Frame {
        let stamp = state.stamp
        return state.frames.frame(FrameCache.Key(from: state.history.newest?.id, top: 0)) {
            FrameCache.Frame(bytes: StreamEvent.fresh(stamp), kind: .fresh, isQuiet: true)
        }
    }

    private func frame(from id: BoardStateID?, top: Int, _ state: inout State) -> FrameCache.Frame {
        let stamp = state.stamp
        let history = state.history
        return state.frames.frame(FrameCache.Key(from: id, top: top)) {
            guard let newest = history.newest else { preconditionFailure("a stream before the first look") }
            guard case .delta(let delta) = history.way(from: id, top: top) else {
                let bytes = StreamEvent.snapshot(of: newest, slug: slug, stamp: stamp, top: top)
                return FrameCache.Frame(bytes: bytes, kind: .snapshot, isQuiet: false)
            }
            let bytes = StreamEvent.delta(delta, to: newest, stamp: stamp)
            return FrameCache.Frame(bytes: bytes, kind: .delta, isQuiet: delta.isEmpty)
        }
    }
}
