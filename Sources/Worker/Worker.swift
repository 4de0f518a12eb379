import FlowCore
import HuntCore
import Logging
import Reactor

/// Gives the engine its turns: after news, when it asked for one, and never two at once. Everything else it does is
/// telling people what happens.
@Reactor
public final class Worker {
    public let engine: FlowEngine
    public let telemetry: Telemetry
    private let logger: Logger
    private var isTurnComing = false
    private var timer: ReactorTimer?
    private var timerAtMs = Int64.max
    private var drained: [CheckedContinuation<Void, Never>] = []

    public init(engine: FlowEngine, telemetry: Telemetry, logger: Logger) {
        self.engine = engine
        self.telemetry = telemetry
        self.logger = logger
        engine.onWork = { [unowned self] in wantTurn() }
        engine.onNote = { [unowned self] in log($0) }
        engine.onCommitted = { [unowned self] call, items, tookMs in
            self.telemetry.committed(call, items, tookMs: tookMs)
        }
        engine.onHot = { [unowned self] in self.telemetry.hot($0) }
    }

    public func start() { wantTurn() }

    /// Another thread's news (a record arrived): cheap, and at most one turn comes of any number of calls.
    public func wantTurn() {
        if isTurnComing { return }
        isTurnComing = true
        Reactor.submit { [self] in turn() }
    }

    private func turn() {
        isTurnComing = false
        let now = FlowTime(monotonicMs: Clock.monotonicMs(), epochMs: Clock.epochMs())
        let next = engine.turn(now)
        if engine.isDrained { resumeDrained() }
        guard let next else { return }
        if next <= now.monotonicMs { return wantTurn() }
        if next < timerAtMs || timer == nil { setTimer(next) }
    }

    private func setTimer(_ atMs: Int64) {
        timer?.cancel()
        timerAtMs = atMs
        timer = Reactor.schedule(afterMs: atMs - Clock.monotonicMs()) { [self] in
            timer = nil
            timerAtMs = .max
            wantTurn()
        }
    }

    private func log(_ note: FlowNote) {
        switch note.level {
        case .info: logger.info("\(note.text)")
        case .warning: logger.warning("\(note.text)")
        case .error: logger.error("\(note.text)")
        }
    }

    // MARK: Stopping

    /// Polls no more, flushes and publishes what was polled. Returns when that is done or `timeoutMs` have passed: what
    /// is left then, the next owner reads again.
    ///
    /// - Returns: whether all of it was done.
    public func drain(timeoutMs: Int64) async -> Bool {
        engine.drain()
        let deadline = Reactor.schedule(afterMs: timeoutMs) { [self] in resumeDrained() }
        await withCheckedContinuation { continuation in
            drained.append(continuation)
            wantTurn()
        }
        deadline.cancel()
        return engine.isDrained
    }

    private func resumeDrained() {
        let waiting = drained
        drained.removeAll()
        for continuation in waiting { continuation.resume() }
    }
}
