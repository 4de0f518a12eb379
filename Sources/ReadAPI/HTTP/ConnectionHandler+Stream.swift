import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Event streams on the connection itself.
extension ConnectionHandler {
    /// Begins the stream that a request asks for, now that all of the request is here.
    func beginStream(_ plan: ReadResponder.Plan, _ head: HTTPRequest, _ context: ChannelHandlerContext) {
        switch responder.opened(plan, head, peer: peer) {
        case .failure(let problem): write(problem.answer, to: head, plan, context)
        case .success(let frames):
            responder.metrics.answered(plan.name, status: 200, seconds: nil)
            let isLast = mustClose(after: head)
            var response = responder.streamHead(for: head)
            if isLast { response.headerFields[.connection] = "close" }
            context.writeAndFlush(wrapOutboundOut(.head(response)), promise: nil)
            let pump = StreamPump(frames, self, context, isLast: isLast)
            stream = pump
            pump.pump()
            // The server is shutting down, which it said while the request came.
            if mustQuiesce { pump.end(closing: true) }
        }
    }

    func write(event: ByteBuffer, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        context.writeAndFlush(wrapOutboundOut(.body(event)))
    }

    /// Ends the answer of the stream that has ended.
    func streamEnded(closing: Bool, _ context: ChannelHandlerContext) {
        if closing { return endConnection(context) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        becameIdle(context)
    }
}
