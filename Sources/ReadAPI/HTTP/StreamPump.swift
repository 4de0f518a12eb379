import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Sends the events of one stream on its connection's own thread. Thousands of streams cost no task each, whose memory
/// would be the largest part of an open stream.
///
/// Belongs to the event loop of its connection. An event is asked for when the last one has gone to the socket.
final class StreamPump {
    private let context: ChannelHandlerContext
    /// nil: the stream is over, and its place given back.
    private var frames: BoardFrames.AsyncIterator?
    private let onEnd: () -> Void
    private var isWaiting = false

    /// - Parameter onEnd: called once, however the stream ends.
    init(_ frames: BoardFrames, _ context: ChannelHandlerContext, onEnd: @escaping () -> Void) {
        self.context = context
        self.frames = frames.makeAsyncIterator()
        self.onEnd = onEnd
    }

    /// Sends what there is, as long as the reader takes it.
    func pump() {
        while !isWaiting, frames != nil, context.channel.isWritable {
            switch frames?.step() {
            case .send(let event, _): context.writeAndFlush(Self.part(.body(event)), promise: nil)
            case .wait(let wakeUp): wait(wakeUp)
            case .ended, nil: finish()
            }
        }
    }

    private func wait(_ wakeUp: Int) {
        guard let channel = frames?.reader.channel else { return }
        isWaiting = true
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        channel.onWakeUp(after: wakeUp) {
            loop.execute {
                bound.value.isWaiting = false
                bound.value.pump()
            }
        }
    }

    /// Ends the answer and the connection.
    func finish() {
        guard frames != nil else { return }
        stop()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [context] _ in context.close(promise: nil) }
        context.writeAndFlush(Self.part(.end(nil)), promise: written)
    }

    /// The connection is gone.
    func stop() {
        guard frames != nil else { return }
        frames = nil
        onEnd()
    }

    private static func part(_ part: HTTPResponsePart) -> NIOAny { NIOAny(part) }
}
