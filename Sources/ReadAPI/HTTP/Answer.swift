import HTTPTypes
import NIOCore

/// A whole answer, in memory.
struct Answer: Sendable {
    enum Caching: String, Sendable {
        /// A board is ten times a second another; caches in between may hold it for a second.
        case second = "public, max-age=1"
        /// To be asked about each time; the tag tells whether it has changed.
        case ask = "no-cache"
        case noStore = "no-store"
    }

    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: ByteBuffer

    init(_ status: HTTPResponse.Status, _ body: ByteBuffer, _ contentType: String, _ caching: Caching) {
        self.status = status
        self.body = body
        headers = HTTPFields()
        headers.append(HTTPField(name: .contentType, value: contentType))
        headers.append(HTTPField(name: .cacheControl, value: caching.rawValue))
        headers.append(HTTPField(name: .xContentTypeOptions, value: "nosniff"))
    }

    static func json(_ json: JSONWriter, _ caching: Caching) -> Answer {
        Answer(.ok, json.buffer, "application/json", caching)
    }

    static func text(_ status: HTTPResponse.Status, _ text: String, type: String = "text/plain; charset=utf-8")
        -> Answer
    {
        Answer(status, ByteBuffer(string: text), type, .noStore)
    }
}

extension HTTPField.Name {
    static let cairnAsOf = HTTPField.Name("Cairn-As-Of")!
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
}
