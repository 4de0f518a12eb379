import FlowCore
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import OrderIndex

/// Answers that wait for something: the database, other metrics, the rest of a body.
extension ReadResponder {
    /// Answers any request but one for a stream. hummingbird calls it for those that were not answered on the spot.
    func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let start = NIODeadline.now()
        let head = request.head
        let plan = Plan(head)
        let peer = ClientAddress.key(of: channel.remoteAddress)
        let answer =
            plan.isImmediate
            ? try await immediate(plan, request, peer: peer) : await waiting(plan, head, peer: peer)
        metrics.answered(plan.name, status: answer.status.code, seconds: Self.seconds(since: start))
        let body =
            head.method == .head || answer.body.readableBytes == 0
            ? ResponseBody() : ResponseBody(byteBuffer: answer.body)
        try await writer.write(response: finished(answer, for: head), body: body)
    }

    /// - Throws: when the connection is gone or what it sends is no HTTP.
    private func immediate(_ plan: Plan, _ request: Request, peer: ClientKey) async throws -> Answer {
        var body: ByteBuffer?
        if plan.takesBody {
            do {
                body = try await request.body.collect(upTo: LookupBody.bytesMax)
            } catch is NIOTooManyBytesError {
                return LookupBody.tooLarge.answer
            }
        }
        return immediate(plan, request.head, body: body, peer: peer)
    }

    private func waiting(_ plan: Plan, _ head: HTTPRequest, peer: ClientKey) async -> Answer {
        do throws(Problem) {
            try admit(plan, head, peer: peer)
            switch plan.route {
            case .why(let hunt, let player):
                return try await gate.whileWaiting { () throws(Problem) in try await why(hunt, player) }
            case .metrics:
                let page = metrics.page(gate.report(nowMs: RequestGuard.nowMs()))
                return .text(.ok, await othersPage() + page, type: "text/plain; version=0.0.4; charset=utf-8")
            default: preconditionFailure("answered from memory, or a stream")
            }
        } catch {
            return error.answer
        }
    }

    private func why(_ hunt: String, _ player: String) async throws(Problem) -> Answer {
        let id = try RequestInput.player(player)
        // Who is unknown here had nothing committed until the board's time, so the database is not asked for everything
        // that anybody makes up.
        let unknown = try answers.read(hunt) { view throws(Problem) in
            let problem = BoardAnswers.unknownPlayer(player, view)
            if view.index.value(of: id) == nil { throw problem }
            return problem
        }
        let explanation: PlayerExplanation?
        do throws(ReadFailure) {
            explanation = try await explainer.explain(hunt: hunt, player: player)
        } catch {
            throw problem(of: error)
        }
        guard let explanation else { throw unknown }
        return .json(explanation.json(hunt: hunt, player: player), .noStore)
    }

    private func problem(of failure: ReadFailure) -> Problem {
        switch failure {
        case .notNow(let ms, let reason):
            return Problem(.notNow, "\(reason): ask again later", retryAfter: RetryAfter.seconds(ms: ms))
        case .refused(let reason):
            logger.error("the database refused a reader's question", metadata: ["reason": "\(reason)"])
            return Problem(.failed, "the database refused the question; the server's log says why")
        }
    }
}

extension LookupBody {
    static let tooLarge = Problem(.bodyTooLarge, "send at most \(bytesMax) bytes: ask for fewer players at one time")
}
