import Glibc
import Reactor

/// One connection to one server, from resolving its name to the end. It never comes back: its `Node` opens another.
///
/// Calls are written together once per turn of the reactor and answered in order. Opening is in `Connection+Opening`,
/// reading and writing in `Connection+Traffic`, deadlines in `Connection+Deadlines`.
@Reactor
final class Connection {
    enum Phase {
        case idle, resolving, connecting, securing, greeting, up, closed
    }

    /// What the owner is told; each at most once, `opened` before `ended`.
    struct Listener {
        var opened: @Reactor () -> Void
        var ended: @Reactor (RedisError) -> Void
        /// An attempt had no reply in time: whoever can may repeat it.
        var timedOut: @Reactor (Call) -> Void
    }

    /// With calls outstanding and not a byte for so long, the connection is given up.
    static let silenceMs: Int64 = 5_000
    /// Bounds of what one connection holds; a call beyond is refused unsent.
    static let expectedMax = 1 << 16
    static let unsentBytesMax = 64 << 20

    let server: Server
    let plan: ConnectionPlan
    var phase = Phase.idle
    var listener: Listener?
    var socket = Socket()
    var session = TLSSession()
    var reader = ReplyReader()
    var watch: Watch?
    var addresses: [SocketAddress] = []
    var openTimer: ReactorTimer?
    private(set) var granted: (send: Int?, receive: Int?) = (nil, nil)

    var expected = ExpectedQueue()
    var deadlineTimer: ReactorTimer?
    var deadlineTimerNs = Int64.max
    /// When a byte came last, or when the wait for one began.
    var lastHeardNs: Int64 = 0

    /// Written by calls, not yet encrypted or sent.
    var output = OutputBuffer()
    /// Encrypted, not yet sent; unused without TLS.
    var encrypted = OutputBuffer()
    var isFlushScheduled = false

    init(to server: Server, _ plan: ConnectionPlan, _ listener: Listener) {
        self.server = server
        self.plan = plan
        self.listener = listener
    }

    var isUp: Bool { phase == .up }
    var isOpening: Bool { phase != .up && phase != .closed }
    var outstanding: Int { expected.count }

    /// Writes a call, to leave at the end of this turn. False when this connection holds too much already.
    func send(_ call: Call) -> Bool {
        if expected.count >= Self.expectedMax || output.count >= Self.unsentBytesMax { return false }
        let now = Clock.monotonicNs()
        if expected.isEmpty { lastHeardNs = now }
        if call.isAsking { write(Self.asking, for: nil, now) }
        write(call.command, for: call, now)
        call.wasSent()
        armDeadlineTimer()
        scheduleFlush()
        return true
    }

    private static let asking = Command(RedisArguments("ASKING"))

    private func write(_ command: Command, for call: Call?, _ now: Int64) {
        command.write(to: &output)
        expected.append(Expected(call: call, deadlineNs: now + plan.settings.callTimeoutMs * 1_000_000))
    }

    /// The server said it is ready.
    func opened() {
        phase = .up
        openTimer?.cancel()
        openTimer = nil
        granted = (socket.grantedSendBuffer(), socket.grantedReceiveBuffer())
        plan.counters.stats.connects += 1
        listener?.opened()
    }

    /// Ends the connection: everything outstanding fails, the owner is told. Later calls do nothing.
    func end(_ error: RedisError) {
        if phase == .closed { return }
        if phase == .up { plan.counters.stats.disconnects += 1 } else { plan.counters.stats.failedConnects += 1 }
        let listener = listener
        close(error)
        listener?.ended(error)
    }

    /// Ends the connection because its owner wants so; the owner is not told.
    func close(_ error: RedisError) {
        phase = .closed
        listener = nil
        watch?.stop()
        watch = nil
        socket.close()
        openTimer?.cancel()
        openTimer = nil
        deadlineTimer?.cancel()
        deadlineTimer = nil
        while let (lost, _) = expected.popFirst() { lost.call?.wasLost(error) }
    }
}
