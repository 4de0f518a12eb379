import NIOCore

/// Sends the events of one stream on its connection's own thread. Thousands of streams cost no task each, whose memory
/// would be the largest part of an open stream.
///
/// Belongs to the event loop of its connection. One event is on its way at a time: the next is asked for when the one
/// before has left, so a slow reader holds one.
final class StreamPump {
    /// Since when an event is on its way; nil: none is.
    private(set) var eventSince: NIODeadline?

    private let handler: ConnectionHandler
    private let context: ChannelHandlerContext
    /// nil: the stream is over, and its place given back.
    private var frames: (any StreamFrames)?
    /// Whether the connection ends with the stream.
    private let isLast: Bool
    private var isWaiting = false
    private var isPumping = false

    init(
        _ frames: any StreamFrames, _ handler: ConnectionHandler, _ context: ChannelHandlerContext, isLast: Bool
    ) {
        self.frames = frames
        self.handler = handler
        self.context = context
        self.isLast = isLast
    }

    /// Sends what there is, as long as the reader takes it.
    func pump() {
        isPumping = true
        defer { isPumping = false }
        while !isWaiting, eventSince == nil, let frames {
            switch frames.step() {
            case .send(let event): send(event)
            case .wait(let wakeUp): wait(wakeUp, frames)
            case .ended: end(closing: isLast)
            }
        }
    }

    private func send(_ event: ByteBuffer) {
        eventSince = .now()
        handler.write(event: event, context).assumeIsolated().whenComplete { result in
            self.eventSince = nil
            // An event that leaves at once does so within the loop of `pump`.
            if case .success = result, !self.isPumping { self.pump() }
        }
        if eventSince != nil { handler.lookForStall(context) }
    }

    private func wait(_ wakeUp: Int, _ frames: any StreamFrames) {
        isWaiting = true
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        frames.onWakeUp(after: wakeUp) {
            loop.execute {
                bound.value.isWaiting = false
                bound.value.pump()
            }
        }
    }

    /// Ends the answer, and with it the connection if `closing`.
    func end(closing: Bool) {
        guard frames != nil else { return }
        stop()
        handler.streamEnded(closing: closing, context)
    }

    /// Gives the stream's place back: it has ended, or its connection is gone.
    func stop() {
        guard frames != nil else { return }
        frames = nil
        handler.stream = nil
        handler.responder.gate.streamEnded()
    }
}
