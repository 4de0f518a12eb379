import FlowCore
import HTTPTypes
import Logging
import NIOCore

/// Decides what is answered. What comes from memory is answered at once, on whichever thread asks.
final class ReadResponder: Sendable {
    let answers: BoardAnswers
    let explainer: any PlayerExplaining
    let streams: any BoardStreaming
    let assets: PageFiles
    let limits: ReadLimits
    let gate: RequestGuard
    let metrics = ReadMetrics()
    let logger: Logger
    /// Metrics of everybody else.
    let othersPage: @Sendable () async -> String
    private let date = HTTPDate()

    init(
        store: BoardStore, explainer: any PlayerExplaining, streams: any BoardStreaming, assets: @escaping PageAssets,
        limits: ReadLimits, logger: Logger, onPlayerAsked: @escaping PlayerAsked = { _, _ in },
        othersPage: @escaping @Sendable () async -> String
    ) {
        answers = BoardAnswers(store: store, onAsked: onPlayerAsked)
        self.explainer = explainer
        self.streams = streams
        self.assets = PageFiles(assets)
        self.limits = limits
        gate = RequestGuard(limits, seed: .random(in: 0 ... .max))
        self.logger = logger
        self.othersPage = othersPage
    }

    /// What a request asks for, before it is let in.
    struct Plan {
        let target: RequestTarget?
        let route: Route?
        let name: Route.Name
        /// Whether events are asked for, which only a connection's own thread sends.
        let isStream: Bool
        /// Whether memory is all that the answer needs.
        let isImmediate: Bool
        /// Whether a body belongs to it.
        let takesBody: Bool

        init(_ head: HTTPRequest) {
            let path = head.path ?? ""
            target = path.utf8.count <= RequestTarget.charactersMax ? RequestTarget(path) : nil
            route = target.flatMap(Route.init)
            name = route?.name ?? .none
            isStream = name == .stream && head.method == .get
            let isSlow = [.why, .metrics].contains(name) && name.methods.contains(head.method)
            isImmediate = !isSlow && !isStream
            takesBody = name == .lookup && head.method == .post
        }
    }

    /// Who asks.
    ///
    /// - Parameter peer: at the other end of the connection.
    func client(_ head: HTTPRequest, peer: ClientKey) -> ClientKey {
        limits.trustsForwardedFor ? ClientAddress.forwarded(head.headerFields) ?? peer : peer
    }

    /// Lets a request in, or says why not.
    func admit(_ plan: Plan, _ head: HTTPRequest, peer: ClientKey) throws(Problem) {
        if !plan.name.isExempt { try gate.admit(client(head, peer: peer), nowMs: RequestGuard.nowMs()) }
    }

    /// Answers a request that needs nothing but memory.
    ///
    /// - Parameters:
    ///   - plan: an immediate one.
    ///   - body: where the plan takes one.
    func immediate(_ plan: Plan, _ head: HTTPRequest, body: ByteBuffer?, peer: ClientKey) -> Answer {
        do throws(Problem) {
            try admit(plan, head, peer: peer)
            return try content(plan, head, body: body)
        } catch {
            return error.answer
        }
    }

    private func content(_ plan: Plan, _ head: HTTPRequest, body: ByteBuffer?) throws(Problem) -> Answer {
        guard let target = plan.target, let route = plan.route else { throw Self.nowhere(plan, head) }
        if head.method == .options { return preflight(plan.name) }
        guard plan.name.methods.contains(head.method) else { throw .wrongMethod(plan.name) }
        let conditions = Conditions(head)
        switch route {
        case .hunts: return try answers.hunts(conditions)
        case .hunt(let hunt): return try answers.hunt(hunt, conditions)
        case .board(let hunt): return try answers.board(hunt, target, conditions)
        case .player(let hunt, let player): return try answers.player(hunt, player, conditions)
        case .around(let hunt, let player): return try answers.around(hunt, player, target, conditions)
        case .lookup(let hunt): return try answers.lookup(hunt, body ?? ByteBuffer())
        case .page(let path): return try assets.answer(path, conditions)
        case .healthz: return .text(.ok, "ok\n")
        case .readyz:
            guard answers.store.isLoaded else { throw BoardAnswers.notLoaded }
            return .text(.ok, "ready\n")
        case .stream(let hunt):
            // HEAD: what a stream would begin with.
            _ = try answers.read(hunt) { _ in }
            return streamHead()
        case .why, .metrics: preconditionFailure("not answered from memory")
        }
    }

    private static func nowhere(_ plan: Plan, _ head: HTTPRequest) -> Problem {
        let length = head.path?.utf8.count ?? 0
        if length > RequestTarget.charactersMax {
            return Problem(
                .addressTooLong, "\(length) characters where \(RequestTarget.charactersMax) are the most")
        }
        return Problem(.unknownAddress, "\(Problem.quoted(head.path ?? "")): docs/api.md lists all that there are")
    }

    private func preflight(_ name: Route.Name) -> Answer {
        var answer = Answer(.noContent, ByteBuffer(), "", .noStore)
        answer.headers = limits.origins.preflight(name)
        return answer
    }

    /// An answer's head with what all answers have.
    func finished(_ answer: Answer, for head: HTTPRequest) -> HTTPResponse {
        var response = HTTPResponse(status: answer.status, headerFields: answer.headers)
        limits.origins.allow(head.headerFields, &response.headerFields)
        response.headerFields.append(HTTPField(name: .date, value: date.now))
        if answer.status != .noContent, answer.status != .notModified {
            response.headerFields.append(HTTPField(name: .contentLength, value: String(answer.body.readableBytes)))
        }
        return response
    }

    static func seconds(since start: NIODeadline) -> Double { Double((NIODeadline.now() - start).nanoseconds) / 1e9 }
}
