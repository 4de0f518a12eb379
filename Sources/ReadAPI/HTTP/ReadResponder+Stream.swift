import FlowCore
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// Event streams.
extension ReadResponder {
    static let topMax = 100
    static let topDefault = 50

    /// Sends events until the reader leaves, the hunt is deleted or the server ends.
    func stream(_ plan: Plan, _ head: HTTPRequest, peer: ClientKey, _ writer: consuming ResponseWriter) async throws {
        switch opened(plan, head, peer: peer) {
        case .failure(let problem):
            metrics.answered(plan.name, status: problem.status.code, seconds: nil)
            let answer = problem.answer
            try await writer.write(response: finished(answer, for: head), body: ResponseBody(byteBuffer: answer.body))
        case .success(let frames):
            defer { gate.streamEnded() }
            metrics.answered(plan.name, status: 200, seconds: nil)
            var response = finished(streamHead(), for: head)
            response.headerFields[.contentLength] = nil
            try await Self.send(frames, try await writer.writeHead(response))
        }
    }

    /// The head of an answer that is a stream, without a body.
    func streamHead() -> Answer {
        var answer = Answer(.ok, ByteBuffer(), "text/event-stream", .noStore)
        // nginx would collect events before it passes them on.
        answer.headers[.accelBuffering] = "no"
        return answer
    }

    /// Whether streams can be pumped: those of tests come from elsewhere.
    var pumpsStreams: Bool { streams is BoardStreams }

    /// Lets a stream in that is to be pumped; `gate.streamEnded` gives its place back.
    func pumped(_ plan: Plan, _ head: HTTPRequest, peer: ClientKey) -> Result<BoardFrames, Problem> {
        opened(plan, head, peer: peer).map { frames in
            guard let frames = frames as? BoardFrames else { preconditionFailure("streams that are not pumped") }
            return frames
        }
    }

    private func opened(
        _ plan: Plan, _ head: HTTPRequest, peer: ClientKey
    ) -> Result<any AsyncSequence<ByteBuffer, Never> & Sendable, Problem> {
        Result { () throws(Problem) in
            try admit(plan, head, peer: peer)
            guard case .stream(let hunt) = plan.route, let target = plan.target else {
                preconditionFailure("a stream has a hunt")
            }
            let top = try RequestInput.number("top", of: target, in: 1...Self.topMax, fallback: Self.topDefault)
            _ = try answers.read(hunt) { _ in }
            let lastEventID = head.headerFields[.lastEventID] ?? target.parameter("last_event_id") ?? nil
            try gate.beginStream()
            return try frames(of: streams, hunt, top, lastEventID)
        }
    }

    /// - Precondition: a stream was begun; it is given back when there is none.
    private func frames(
        of streams: some BoardStreaming, _ hunt: String, _ top: Int, _ lastEventID: String?
    ) throws(Problem) -> any AsyncSequence<ByteBuffer, Never> & Sendable {
        do {
            if let frames = try streams.frames(slug: hunt, top: top, lastEventID: lastEventID) { return frames }
        } catch {
            gate.streamEnded()
            throw gate.streamsFull()
        }
        gate.streamEnded()
        throw Problem(.unknownHunt, "\(hunt) is not among those of /v1/hunts")
    }

    private static func send(
        _ frames: some AsyncSequence<ByteBuffer, Never>, _ writer: some ResponseBodyWriter
    ) async throws {
        var writer = writer
        for await frame in frames { try await writer.write(frame) }
        try await writer.finish(nil)
    }
}

extension HTTPField.Name {
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
