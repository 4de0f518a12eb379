import ServiceLifecycle
import Synchronization

/// Why a stream was not opened.
public enum StreamRefusal: Error, Equatable {
    /// As many as are allowed are open; worth coming back when one has ended.
    case full(streamsMax: Int)
}

/// The event streams of all boards. Four times a second each board that somebody listens to is looked at once, for all
/// its streams together.
///
/// As a service it looks until it is shut down, and then ends all streams. So it stands after the HTTP server in a
/// service group, which shuts down in reverse order: the server waits for its open responses.
public final class BoardStreams: Service, BoardStreaming {
    public static let topMax = BoardState.entriesMax
    /// The time from one look to the next, milliseconds.
    public static let tickMs = 250
    /// A hunt to which nobody has listened for so many ticks is forgotten, and its history with it: 1 min.
    static let idleTicksMax = 240

    /// What was sent, for metrics.
    public let totals = StreamTotals()

    private let store: BoardStore
    private let streamsMax: Int
    private let state = Mutex(State())

    private struct State {
        var channels: [String: StreamChannel] = [:]
        var isEnded = false
        var open = 0
        var openedBefore = 0
    }

    /// - Parameter streamsMax: open streams at most, 0 or more.
    public init(store: BoardStore, streamsMax: Int) {
        self.store = store
        self.streamsMax = streamsMax
    }

    /// Open streams.
    public var open: Int { state.withLock { $0.open } }

    /// The events of a board: first a snapshot, or what leads to the newest state from the one that the reader knows;
    /// then every change, at most four a second; and that nothing has changed every 2 s.
    ///
    /// - Parameters:
    ///   - top: how many players, `1 ... topMax`; of another number the nearest of these.
    ///   - lastEventID: the id of the last event that the reader has, as it sent it; anything else counts as none.
    /// - Returns: nil when there is no such hunt.
    public func frames(slug: String, top: Int, lastEventID: String?) throws(StreamRefusal) -> BoardFrames? {
        let joined = state.withLock { state -> Result<(channel: StreamChannel, number: Int)?, StreamRefusal> in
            guard state.open < streamsMax else { return .failure(.full(streamsMax: streamsMax)) }
            guard let channel = joinedChannel(slug, &state) else { return .success(nil) }
            state.open += 1
            state.openedBefore += 1
            return .success((channel, state.openedBefore))
        }
        guard let joined = try joined.get() else { return nil }
        return BoardFrames(
            joined.channel, top: min(max(top, 1), Self.topMax), after: lastEventID.flatMap(BoardStateID.init),
            retryMs: Self.retryMs(joined.number)
        ) { [weak self] in self?.closed() }
    }

    /// Spread, so that the readers of a server that went away do not come back all at once: 1,000 ... 2,937 ms.
    private static func retryMs(_ number: Int) -> Int { 1000 + number * 7 % 32 * 1000 * 2 / 32 }

    private func joinedChannel(_ slug: String, _ state: inout State) -> StreamChannel? {
        if let channel = state.channels[slug], channel.join() { return channel }
        guard !state.isEnded, let channel = StreamChannel(slug, store, totals), channel.join() else { return nil }
        state.channels[slug] = channel
        return channel
    }

    private func closed() { state.withLock { $0.open -= 1 } }

    // MARK: Running

    public func run() async throws {
        let clock = ContinuousClock()
        try? await cancelWhenGracefulShutdown {
            var next = clock.now
            while true {
                // A tick that is missed is not made up for.
                next = max(next + .milliseconds(Self.tickMs), clock.now)
                try await clock.sleep(until: next)
                self.tick()
            }
        }
        end()
    }

    /// Looks at every board that somebody listens to, and wakes the streams that have something to say.
    func tick() {
        let woken = state.withLock { state in
            var woken: [StreamChannel.WakeUp] = []
            for (slug, channel) in state.channels {
                let tick = channel.tick()
                woken += tick.woken
                if tick.idleTicks > Self.idleTicksMax || channel.isEnded { state.channels[slug] = nil }
            }
            return woken
        }
        for wake in woken { wake() }
    }

    /// Ends all streams for good.
    public func end() {
        let woken = state.withLock { state in
            state.isEnded = true
            defer { state.channels = [:] }
            return state.channels.values.flatMap { $0.end() }
        }
        for wake in woken { wake() }
    }
}
