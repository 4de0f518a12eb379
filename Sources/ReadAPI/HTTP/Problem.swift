import HTTPTypes
import NIOCore

/// An answer that is no success, for programs and for people.
///
/// - Source: RFC 9457.
struct Problem: Error, Equatable {
    var status: HTTPResponse.Status
    /// The end of its type: `urn:cairn:problem:SLUG`.
    var slug: Kind
    /// Names the culprit and the remedy.
    var detail: String
    /// Seconds after which the same request can succeed.
    var retryAfter: Int64?
    /// The state of the board that it speaks of.
    var stamp: BoardStamp?
    /// Methods that the address has, where another was used.
    var allowed: String?

    init(_ slug: Kind, _ detail: String, retryAfter: Int64? = nil, stamp: BoardStamp? = nil) {
        self.slug = slug
        self.detail = detail
        self.retryAfter = retryAfter
        self.stamp = stamp
        status = slug.status
    }

    /// The kinds of problems; each is its slug.
    enum Kind: String, CaseIterable, Sendable {
        case unknownAddress = "unknown-address"
        case methodNotAllowed = "method-not-allowed"
        case unknownHunt = "unknown-hunt"
        case unknownPlayer = "unknown-player"
        case invalidHunt = "invalid-hunt"
        case invalidPlayer = "invalid-player"
        case invalidParameter = "invalid-parameter"
        case damagedCursor = "damaged-cursor"
        case cursorOfAnotherHunt = "cursor-of-another-hunt"
        case cursorOfOtherRules = "cursor-of-other-rules"
        case invalidBody = "invalid-body"
        case bodyTooLarge = "body-too-large"
        case addressTooLong = "address-too-long"
        case tooManyRequests = "too-many-requests"
        case overloaded
        case tooManyStreams = "too-many-streams"
        case notLoaded = "not-loaded"
        case notNow = "not-now"
        case failed

        var status: HTTPResponse.Status {
            switch self {
            case .unknownAddress, .unknownHunt, .unknownPlayer: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .bodyTooLarge: .contentTooLarge
            case .addressTooLong: .uriTooLong
            case .tooManyRequests: .tooManyRequests
            case .overloaded, .tooManyStreams, .notLoaded, .notNow: .serviceUnavailable
            case .failed: .internalServerError
            default: .badRequest
            }
        }

        /// The same for each problem of the kind.
        var title: StaticString {
            switch self {
            case .unknownAddress: "There is nothing at this address"
            case .methodNotAllowed: "The address has no such method"
            case .unknownHunt: "There is no such hunt"
            case .unknownPlayer: "The hunt has no such player"
            case .invalidHunt: "This cannot be the name of a hunt"
            case .invalidPlayer: "This cannot be the id of a player"
            case .invalidParameter: "A parameter is wrong"
            case .damagedCursor: "The cursor is damaged"
            case .cursorOfAnotherHunt: "The cursor is of another hunt"
            case .cursorOfOtherRules: "The rules have changed since the cursor was made"
            case .invalidBody: "The body is wrong"
            case .bodyTooLarge: "The body is too large"
            case .addressTooLong: "The address is too long"
            case .tooManyRequests: "Too many requests"
            case .overloaded: "Too much is being asked at this moment"
            case .tooManyStreams: "Too many event streams are open"
            case .notLoaded: "The boards are not loaded yet"
            case .notNow: "This cannot be told at this moment"
            case .failed: "The server failed"
            }
        }
    }

    static func wrongMethod(_ name: Route.Name) -> Problem {
        let methods = name.methods.map(\.rawValue).joined(separator: ", ")
        var problem = Problem(.methodNotAllowed, "use \(methods)")
        problem.allowed = "\(methods), OPTIONS"
        return problem
    }

    var answer: Answer {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.key("type")
        json.text("urn:cairn:problem:" + slug.rawValue)
        json.key("title")
        json.text(slug.title)
        json.key("status")
        json.integer(status.code)
        json.key("detail")
        json.text(detail)
        if let stamp { json.stamp(stamp) }
        json.endObject()
        var answer = Answer(status, json.buffer, "application/problem+json", .noStore)
        if let retryAfter { answer.headers[.retryAfter] = String(retryAfter) }
        if let allowed { answer.headers[.allow] = allowed }
        return answer
    }

    /// Text of a client as a detail may quote it: short, and nothing that would not show.
    static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(40).map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
        return "\"\(shown.joined())\(text.unicodeScalars.count > 40 ? "..." : "")\""
    }
}
