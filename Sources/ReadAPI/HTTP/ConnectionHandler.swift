import FlowCore
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Stands in each connection before hummingbird: answers from memory on the spot, without a task or another thread, sends
/// events, and passes on the rest. It also closes connections on which nothing moves.
///
/// Answers leave in the order of the requests: while one that was passed on is not answered, all others are passed on
/// too. So are those of a client that does not take its answers, for hummingbird waits until it does. A stream is never
/// passed on: until it can begin, it and what comes behind it are held, and no more is read.
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
        /// Answered before its end; the rest means nothing.
        case ignored
    }

    /// Bytes of a body that is not wanted, at most; who sends more is cut off.
    private static let unwantedMax = 1 << 20

    let responder: ReadResponder
    private let limits: ReadLimits
    private var reading = Reading.nothing
    /// Requests that were passed on and not answered yet.
    private var passedOn = 0
    /// The request behind those that wait begins a stream, and all behind it: they are read when it is their turn.
    private var held: [HTTPRequestPart] = []
    /// Whether more was to be read while something was held.
    private var isReadHeld = false
    /// The stream that this connection is.
    var stream: StreamPump?
    private(set) var peer = ClientKey.other
    private var requestedAt = NIODeadline.now()
    private var idleSince = NIODeadline.now()
    /// Since when much lies ready that the client does not take.
    private var stalledSince: NIODeadline?
    private var mustFlush = false
    private(set) var mustQuiesce = false
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
        stream?.stop()
        responder.metrics.connectionClosed()
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if held.isEmpty { take(part, context) } else { held.append(part) }
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch (part, reading) {
        case (_, .ignored): break
        case (.head(let head), _): begin(head, context)
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
            if plan.isStream { return beginStream(plan, head, context) }
            let answer = responder.immediate(plan, head, body: plan.takesBody ? body : nil, peer: peer)
            write(answer, to: head, plan, context)
        case (.body(let bytes), .passedOn(let count)):
            let count = count + bytes.readableBytes
            if count > Self.unwantedMax { return context.close(promise: nil) }
            reading = .passedOn(bytes: count)
            context.fireChannelRead(wrapInboundOut(part))
        case (.end, .passedOn):
            reading = .nothing
            context.fireChannelRead(wrapInboundOut(part))
        case (.body, .nothing), (.end, .nothing): context.fireChannelRead(wrapInboundOut(part))
        }
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        // Behind a stream without an end no answer would ever leave.
        guard stream == nil else {
            reading = .ignored
            return context.close(promise: nil)
        }
        let plan = ReadResponder.Plan(head)
        requestedAt = .now()
        guard plan.isImmediate || plan.isStream, passedOn == 0, context.channel.isWritable else {
            guard !plan.isStream else { return held.append(.head(head)) }
            passedOn += 1
            reading = .passedOn(bytes: 0)
            return context.fireChannelRead(wrapInboundOut(.head(head)))
        }
        reading = .own(head, plan, body: ByteBuffer())
        if plan.takesBody, head.headerFields[.expect]?.lowercased() == "100-continue" {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
    }

    /// Whether the connection ends with the answer.
    func mustClose(after head: HTTPRequest) -> Bool {
        head.headerFields[.connection]?.lowercased() == "close" || mustQuiesce
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

    func write(
        _ answer: Answer, to head: HTTPRequest, _ plan: ReadResponder.Plan, _ context: ChannelHandlerContext
    ) {
        var response = responder.finished(answer, for: head)
        let mustClose = mustClose(after: head)
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
        endConnection(context)
    }

    /// Ends the answer that is being written, and then the connection.
    func endConnection(_ context: ChannelHandlerContext) {
        reading = .ignored
        requestedAt = .now()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        look(context, at: requestedAt + .milliseconds(limits.bodyMs))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if mustFlush {
            mustFlush = false
            context.flush()
        }
        if case .nothing = reading {} else { look(context, at: requestedAt + .milliseconds(limits.bodyMs)) }
        context.fireChannelReadComplete()
    }

    // MARK: Streams that wait for their turn

    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { isReadHeld = true }
    }

    /// Takes what was held, as far as its turn has come.
    private func release(_ context: ChannelHandlerContext) {
        guard !held.isEmpty else { return }
        // Not within a call from behind, which has not written all of its answer.
        context.eventLoop.assumeIsolated().execute {
            guard self.passedOn == 0, context.channel.isActive, context.channel.isWritable else { return }
            var parts = self.held[...]
            self.held = []
            while self.held.isEmpty, let part = parts.popFirst() { self.take(part, context) }
            self.held += parts
            self.channelReadComplete(context: context)
            guard self.held.isEmpty, self.isReadHeld else { return }
            self.isReadHeld = false
            context.read()
        }
    }

    // MARK: Answers of others

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        guard case .end = unwrapOutboundIn(data) else { return }
        // hummingbird also answers what is no HTTP, which never was a request here.
        passedOn = max(0, passedOn - 1)
        if passedOn == 0 {
            becameIdle(context)
            release(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        if let stream {
            // A reader that has not taken its last event is not waited for.
            return stream.eventSince == nil ? stream.end(closing: true) : context.close(promise: nil)
        }
        // Answered first; the connection ends with the answer.
        if case .own = reading { mustQuiesce = true } else { context.fireUserInboundEventTriggered(event) }
    }

    // MARK: Deadlines

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stalledSince = context.channel.isWritable ? nil : .now()
        if stalledSince == nil { release(context) } else { lookForStall(context) }
        context.fireChannelWritabilityChanged()
    }

    /// When this connection is to be closed if nothing happens until then; nil: never.
    private var deadline: NIODeadline? {
        if let since = stalledSince ?? stream?.eventSince { return since + .milliseconds(limits.stalledMs) }
        switch reading {
        case .own, .passedOn, .ignored: return requestedAt + .milliseconds(limits.bodyMs)
        case .nothing: return passedOn > 0 || stream != nil ? nil : idleSince + .milliseconds(limits.idleMs)
        }
    }

    func becameIdle(_ context: ChannelHandlerContext) {
        idleSince = .now()
        look(context, at: idleSince + .milliseconds(limits.idleMs))
    }

    func lookForStall(_ context: ChannelHandlerContext) {
        look(context, at: .now() + .milliseconds(limits.stalledMs))
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
