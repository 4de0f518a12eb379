import FlowCore
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Stands in each connection before hummingbird: answers from memory on the spot, without a task or another thread,
/// and passes on the rest. It also closes connections on which nothing moves.
///
/// Answers leave in the order of the requests: while one that was passed on is not answered, all others are passed on
/// too. So are those of a client that does not take its answers, for hummingbird waits until it does.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What becomes of the parts of the request that is being read.
    private enum Reading {
        case nothing
        /// Answered here at its end.
        case own(HTTPRequest, ReadResponder.Plan, body: ByteBuffer)
        case passedOn(bytes: Int)
        /// Answered; the rest of it is thrown away.
        case discarded(bytes: Int)
        /// Answered before its end; the rest means nothing.
        case ignored
    }

    /// Bytes of a body that is not wanted, at most; who sends more is cut off.
    private static let unwantedMax = 1 << 20

    private let responder: ReadResponder
    private let limits: ReadLimits
    private var reading = Reading.nothing
    /// Requests that were passed on and not answered yet.
    private var passedOn = 0
    private var isStreaming = false
    /// The stream that this connection has become.
    private var pump: StreamPump?
    private var peer = ClientKey.other
    private var requestedAt = NIODeadline.now()
    private var idleSince = NIODeadline.now()
    private var stalledSince: NIODeadline?
    private var mustFlush = false
    private var mustQuiesce = false
    private var check: (task: Scheduled<Void>, time: NIODeadline)?

    init(_ responder: ReadResponder) {
        self.responder = responder
        limits = responder.limits
    }

    // MARK: Coming and going

    /// Bytes that are read at once: most requests are smaller, and each connection keeps a buffer of this size.
    private static let readBytes = 1_024

    func handlerAdded(context: ChannelHandlerContext) {
        let allocator = FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes)
        try? context.channel.syncOptions?.setOption(.recvAllocator, value: allocator)
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        peer = ClientAddress.key(of: context.remoteAddress)
        idleSince = .now()
        if check == nil {
            responder.metrics.connectionOpened()
            look(context, at: idleSince + .milliseconds(limits.idleMs))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        check?.task.cancel()
        pump?.stop()
        responder.metrics.connectionClosed()
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), reading) {
        case (_, .ignored): break
        case (.head(let head), _): begin(head, context, data)
        case (.body(let bytes), .own(let head, let plan, var body)):
            // What an address without a body is sent counts and is thrown away.
            guard body.readableBytes + bytes.readableBytes <= LookupBody.bytesMax else {
                return refuse(head, plan, context)
            }
            reading = .nothing
            body.writeImmutableBuffer(bytes)
            reading = .own(head, plan, body: body)
        case (.end, .own(let head, let plan, let body)):
            reading = .nothing
            let answer = responder.immediate(plan, head, body: plan.takesBody ? body : nil, peer: peer)
            write(answer, to: head, plan, context)
        case (.body(let bytes), .passedOn(let count)):
            let count = count + bytes.readableBytes
            if count > Self.unwantedMax { return context.close(promise: nil) }
            reading = .passedOn(bytes: count)
            context.fireChannelRead(data)
        case (.end, .passedOn):
            reading = .nothing
            context.fireChannelRead(data)
        case (.body(let bytes), .discarded(let count)):
            let count = count + bytes.readableBytes
            if count > Self.unwantedMax { return context.close(promise: nil) }
            reading = .discarded(bytes: count)
        case (.end, .discarded): reading = .nothing
        case (.body, .nothing), (.end, .nothing): context.fireChannelRead(data)
        }
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext, _ data: NIOAny) {
        let plan = ReadResponder.Plan(head)
        requestedAt = .now()
        if plan.name == .stream, head.method == .get, responder.pumpsStreams, passedOn == 0, context.channel.isWritable
        {
            return stream(head, plan, context)
        }
        guard plan.isImmediate, passedOn == 0, context.channel.isWritable else {
            passedOn += 1
            isStreaming = plan.name == .stream && head.method == .get
            reading = .passedOn(bytes: 0)
            return context.fireChannelRead(data)
        }
        reading = .own(head, plan, body: ByteBuffer())
        if plan.takesBody, head.headerFields[.expect]?.lowercased() == "100-continue" {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
    }

    /// Makes the connection a stream; whatever else comes on it means nothing.
    private func stream(_ head: HTTPRequest, _ plan: ReadResponder.Plan, _ context: ChannelHandlerContext) {
        switch responder.pumped(plan, head, peer: peer) {
        case .failure(let problem):
            // Its body, if it has one, is not wanted.
            reading = .discarded(bytes: 0)
            write(problem.answer, to: head, plan, context)
        case .success(let frames):
            reading = .ignored
            responder.metrics.answered(plan.name, status: 200, seconds: nil)
            var response = responder.finished(responder.streamHead(), for: head)
            response.headerFields[.contentLength] = nil
            response.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            let pump = StreamPump(frames, context) { [gate = responder.gate] in gate.streamEnded() }
            self.pump = pump
            pump.pump()
        }
    }

    /// The rest of the request is not waited for, nor does the connection go on.
    private func refuse(_ head: HTTPRequest, _ plan: ReadResponder.Plan, _ context: ChannelHandlerContext) {
        var answer = LookupBody.tooLarge.answer
        answer.headers[.connection] = "close"
        write(answer, to: head, plan, context)
        reading = .ignored
        requestedAt = .now()
        context.flush()
        context.close(mode: .output, promise: nil)
    }

    private func write(
        _ answer: Answer, to head: HTTPRequest, _ plan: ReadResponder.Plan, _ context: ChannelHandlerContext
    ) {
        var response = responder.finished(answer, for: head)
        let mustClose = head.headerFields[.connection]?.lowercased() == "close" || mustQuiesce
        if mustClose { response.headerFields[.connection] = "close" }
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .head, answer.body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        }
        idleSince = .now()
        responder.metrics.answered(
            plan.name, status: answer.status.code, seconds: ReadResponder.seconds(since: requestedAt))
        guard mustClose else {
            context.write(wrapOutboundOut(.end(nil)), promise: nil)
            mustFlush = true
            return
        }
        reading = .ignored
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if mustFlush {
            mustFlush = false
            context.flush()
        }
        if case .nothing = reading {} else { look(context, at: requestedAt + .milliseconds(limits.bodyMs)) }
        context.fireChannelReadComplete()
    }

    // MARK: Answers of others

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            passedOn -= 1
            isStreaming = false
            idleSince = .now()
            if passedOn == 0 { look(context, at: idleSince + .milliseconds(limits.idleMs)) }
        }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        if let pump { return pump.finish() }
        switch reading {
        case .own:
            // Answered first; the connection ends with the answer.
            mustQuiesce = true
        default:
            context.fireUserInboundEventTriggered(event)
            if isStreaming {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                context.close(promise: nil)
            }
        }
    }

    // MARK: Deadlines

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stalledSince = context.channel.isWritable ? nil : .now()
        if let stalledSince { look(context, at: stalledSince + .milliseconds(limits.stalledMs)) }
        pump?.pump()
        context.fireChannelWritabilityChanged()
    }

    /// When this connection is to be closed if nothing happens until then; nil: never.
    private var deadline: NIODeadline? {
        if let stalledSince { return stalledSince + .milliseconds(limits.stalledMs) }
        if pump != nil { return nil }
        switch reading {
        case .own, .passedOn, .discarded, .ignored: return requestedAt + .milliseconds(limits.bodyMs)
        case .nothing: return passedOn > 0 ? nil : idleSince + .milliseconds(limits.idleMs)
        }
    }

    /// Looks at this time at the latest whether the deadline has passed. Deadlines that move on cost nothing until then.
    private func look(_ context: ChannelHandlerContext, at time: NIODeadline) {
        if let check {
            if check.time <= time { return }
            check.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) {
            self.check = nil
            guard let deadline = self.deadline else { return }
            if deadline <= .now() { context.close(promise: nil) } else { self.look(context, at: deadline) }
        }
        check = (task, time)
    }
}
