import FlowCore
import HTTPTypes
import NIOCore

/// Event streams.
extension ReadResponder {
    static let topMax = 100
    static let topDefault = 50

    /// What a stream begins with.
    func streamHead(for head: HTTPRequest) -> HTTPResponse {
        var response = finished(streamHead(), for: head)
        response.headerFields[.contentLength] = nil
        return response
    }

    /// The head of an answer that is a stream, without a body.
    func streamHead() -> Answer {
        var answer = Answer(.ok, ByteBuffer(), "text/event-stream", .noStore)
        // nginx would collect events before it passes them on.
        answer.headers[.accelBuffering] = "no"
        return answer
    }

    /// Lets a stream begin. Whoever is given one ends it with `gate.streamEnded()`.
    func opened(
        _ plan: Plan, _ head: HTTPRequest, peer: ClientKey
    ) -> Result<any StreamFrames, Problem> {
        Result { () throws(Problem) in
            try admit(plan, head, peer: peer)
            guard case .stream(let hunt) = plan.route, let target = plan.target else {
                preconditionFailure("a stream has a hunt")
            }
            let top = try RequestInput.number("top", of: target, in: 1...Self.topMax, fallback: Self.topDefault)
            _ = try answers.read(hunt) { _ in }
            let lastEventID = head.headerFields[.lastEventID] ?? target.parameter("last_event_id") ?? nil
            try gate.beginStream()
            return try frames(hunt, top, lastEventID)
        }
    }

    /// - Precondition: a stream was begun; it is given back when there is none.
    private func frames(_ hunt: String, _ top: Int, _ lastEventID: String?) throws(Problem) -> any StreamFrames {
        do {
            if let frames = try streams.frames(slug: hunt, top: top, lastEventID: lastEventID) { return frames }
        } catch {
            gate.streamEnded()
            throw gate.streamsFull()
        }
        gate.streamEnded()
        throw Problem(.unknownHunt, "\(hunt) is not among those of /v1/hunts")
    }
}

extension HTTPField.Name {
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
