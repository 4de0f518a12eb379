import FlowCore
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Event streams on the connection itself. One event is on its way at a time: the next is asked for when the one before
/// has left, so a slow reader holds one, and the task in between is all that a stream takes.
extension ConnectionHandler {
    func beginStream(
        _ plan: ReadResponder.Plan, _ head: HTTPRequest, _ context: ChannelHandlerContext, peer: ClientKey
    ) {
        switch responder.opened(plan, head, peer: peer) {
        case .failure(let problem): write(problem.answer, to: head, plan, context)
        case .success(let frames):
            responder.metrics.answered(plan.name, status: 200, seconds: nil)
            context.writeAndFlush(wrapOutboundOut(.head(responder.streamHead(for: head))), promise: nil)
            let sender = EventSender(
                frames: frames, gate: responder.gate, handler: NIOLoopBound(self, eventLoop: context.eventLoop),
                context: NIOLoopBound(context, eventLoop: context.eventLoop), eventLoop: context.eventLoop)
            stream = Task { await sender.run() }
        }
    }

    fileprivate func write(event: ByteBuffer, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        let written = context.writeAndFlush(wrapOutboundOut(.body(event)))
        eventSince = .now()
        written.assumeIsolated().whenComplete { _ in self.eventSince = nil }
        if eventSince != nil { lookForStall(context) }
        return written
    }

    fileprivate func streamEnded(_ context: ChannelHandlerContext) {
        stream = nil
        guard context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        becameIdle(context)
    }
}

/// Brings the events of one stream to its connection.
private struct EventSender: Sendable {
    let frames: any AsyncSequence<ByteBuffer, Never> & Sendable
    let gate: RequestGuard
    let handler: NIOLoopBound<ConnectionHandler>
    let context: NIOLoopBound<ChannelHandlerContext>
    let eventLoop: any EventLoop

    /// Returns when there are no more events, or the reader has left.
    func run() async {
        await send(frames)
        gate.streamEnded()
        eventLoop.execute { handler.value.streamEnded(context.value) }
    }

    private func send(_ frames: some AsyncSequence<ByteBuffer, Never>) async {
        for await frame in frames {
            let written = eventLoop.flatSubmit { handler.value.write(event: frame, context.value) }
            do { try await written.get() } catch { return }
        }
    }
}
