import HTTPTypes
import NIOCore

/// Under which conditions a request wants its answer.
struct Conditions {
    /// The header `If-None-Match`.
    let ifNoneMatch: String?

    init(_ head: HTTPRequest) { ifNoneMatch = head.headerFields[.ifNoneMatch] }

    /// Reads what an answer needs, unless the reader has that answer already.
    ///
    /// - Parameter parameters: what it depends on besides the board.
    func check<Content>(_ parameters: String, _ view: BoardView, _ content: () -> Content) -> Reading<Content> {
        let tag = EntityTag.of(view.hunt, view.stamp, parameters)
        let isKnown = EntityTag.isMatch(tag, ifNoneMatch)
        return Reading(tag: tag, stamp: view.stamp, content: isKnown ? nil : content())
    }

    /// What was read of a board.
    struct Reading<Content> {
        let tag: String
        let stamp: BoardStamp
        /// Nil: the reader has it.
        let content: Content?

        func answer(_ write: (Content) -> JSONWriter) -> Answer {
            guard let content else { return Answer.notModified(tag, stamp) }
            var answer = Answer.json(write(content), .second)
            answer.headers.append(HTTPField(name: .eTag, value: tag))
            return answer
        }
    }
}

extension Answer {
    /// The reader's copy still holds, and is as fresh as the header says.
    static func notModified(_ tag: String, _ stamp: BoardStamp) -> Answer {
        var times = TimeText()
        var bytes = ByteBufferAllocator().buffer(capacity: TimeText.bytesMax)
        times.turn(to: stamp.asOf)
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: TimeText.bytesMax) { memory in
            guard let start = memory.baseAddress else { return 0 }
            var next = JSONBytes(start)
            times.write(stamp.asOf, to: &next)
            return next.next - start
        }
        var answer = Answer(.notModified, ByteBuffer(), "application/json", .second)
        answer.headers[.contentType] = nil
        answer.headers.append(HTTPField(name: .eTag, value: tag))
        answer.headers.append(HTTPField(name: .cairnAsOf, value: String(buffer: bytes)))
        return answer
    }
}
