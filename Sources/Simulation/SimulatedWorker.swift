import FlowCore

/// One worker process: an engine, its ports, and the turns that the real shell would give it.
public final class SimulatedWorker {
    public let name: String
    public let source: FakeSource
    public let ledger: LedgerClient
    public let cache: CacheClient
    public let feed: FeedClient
    private let time: VirtualTime
    private var made: FlowEngine?
    /// False after a crash: it hears and does nothing any more.
    public private(set) var isAlive = true
    /// The group has given its partitions to others and it does not know.
    public internal(set) var isZombie = false
    /// Told to end: it belongs to no group any more once it is drained.
    public internal(set) var isLeaving = false
    /// How far its wall clock is ahead of the world's, milliseconds.
    public var clockErrorMs: Int64 = 0
    private var isTurnComing = false
    private var timerAtMs = Int64.max
    public private(set) var turns = 0
    public private(set) var notes: [FlowNote] = []

    init(name: String, world: SimulatedWorld, seed: UInt64) {
        self.name = name
        time = world.time
        source = FakeSource(log: world.log, time: world.time, faults: world.faults)
        ledger = LedgerClient(
            ledger: world.ledger, owner: name, time: world.time, faults: world.faults, parts: world.parts)
        cache = CacheClient(cache: world.cache, time: world.time, faults: world.faults)
        feed = FeedClient(feed: world.feed, time: world.time, faults: world.faults, queueMax: world.feedQueueMax)
        let parts = world.parts
        made = FlowEngine(
            limits: world.limits, book: world.ledger.ruleBook(), source: parts.source(source, self),
            decoder: LineDecoder(), ledger: parts.ledger(ledger, self), cache: parts.cache(cache, self),
            feed: parts.feed(feed, self), seed: seed)
        wire()
    }

    private func wire() {
        let isRunning = { [unowned self] in isAlive }
        source.isAlive = isRunning
        ledger.isAlive = isRunning
        cache.isAlive = isRunning
        feed.isAlive = isRunning
        let isKnown: (Int32) -> Bool = { [unowned self] in engine.book.hunt(id: $0) != nil }
        cache.isKnown = isKnown
        feed.isKnown = isKnown
        feed.onDelivered = { [unowned self] in engine.feedDelivered(batch: $0) }
        feed.onFailed = { [unowned self] in engine.feedFailed(batch: $0) }
        engine.onWork = { [unowned self] in wantTurn() }
        engine.onNote = { [unowned self] in notes.append($0) }
    }

    /// There from the end of `init` on, for what stands in place of a port.
    public var engine: FlowEngine {
        guard let made else { preconditionFailure("a worker in the making has no engine") }
        return made
    }

    public var errors: [String] { notes.filter { $0.level == .error }.map(\.text) }

    /// kill -9: whatever is on its way to a server still arrives there.
    public func crash() { isAlive = false }

    func wantTurn() {
        if isTurnComing || !isAlive { return }
        isTurnComing = true
        time.after(0) { [self] in turn() }
    }

    private func turn() {
        isTurnComing = false
        guard isAlive else { return }
        turns += 1
        let now = FlowTime(monotonicMs: time.nowMs, epochMs: time.epochMs + clockErrorMs)
        guard let nextMs = engine.turn(now) else { return }
        if nextMs <= time.nowMs { return wantTurn() }
        if nextMs < timerAtMs { setTimer(nextMs) }
    }

    private func setTimer(_ atMs: Int64) {
        timerAtMs = atMs
        time.after(atMs - time.nowMs) { [self] in
            // An earlier timer has taken this one's place.
            guard timerAtMs == atMs else { return }
            timerAtMs = .max
            wantTurn()
        }
    }
}
