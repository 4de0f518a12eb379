import NIOCore

/// One open stream of a board's events, and its place among the open streams.
///
/// It ends when the hunt is deleted, when the streams end, and when nobody holds it any more.
public final class BoardFrames: StreamFrames {
    let top: Int
    private let channel: StreamChannel
    private var position: StreamChannel.Position
    /// Milliseconds after which the reader is to come back when it has lost the stream; nil: it was told.
    private var retryMs: Int?
    private let onLeave: @Sendable () -> Void

    /// - Parameters:
    ///   - channel: one that this reader has joined.
    ///   - top: `1 ... BoardStreams.topMax`.
    ///   - state: what the reader has seen.
    ///   - onLeave: called when the place is given back.
    init(
        _ channel: StreamChannel, top: Int, after state: BoardStateID?, retryMs: Int,
        onLeave: @escaping @Sendable () -> Void
    ) {
        self.channel = channel
        self.top = top
        position = StreamChannel.Position(state: state)
        self.retryMs = retryMs
        self.onLeave = onLeave
    }

    deinit {
        channel.leave()
        onLeave()
    }

    public func step() -> StreamStep {
        if let ms = retryMs {
            retryMs = nil
            return .send(StreamEvent.retry(ms: ms))
        }
        switch channel.step(position, top: top) {
        case .send(let event, let position):
            self.position = position
            return .send(event)
        case .wait(let wakeUp): return .wait(wakeUp: wakeUp)
        case .ended: return .ended
        }
    }

    public func onWakeUp(after wakeUp: Int, _ body: @escaping @Sendable () -> Void) {
        channel.onWakeUp(after: wakeUp, body)
    }
}
