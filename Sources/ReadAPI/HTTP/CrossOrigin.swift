import HTTPTypes

/// Which pages of other origins a browser lets read the answers.
///
/// - Source: WHATWG Fetch, section 3.2, the CORS protocol.
public struct CrossOrigin: Sendable, Equatable {
    public static let everybody = CrossOrigin(origins: nil)

    /// Nil: all.
    private let origins: Set<String>?

    private init(origins: Set<String>?) { self.origins = origins }

    /// - Parameter text: `*` for all, `none`, or origins such as `https://hunt.example` with spaces or commas between.
    public init(_ text: String) {
        let words = text.split { $0 == " " || $0 == "," }.map(String.init)
        self.init(origins: words == ["*"] ? nil : words == ["none"] ? [] : Set(words))
    }

    /// Adds what lets the page of a request read its answer.
    func allow(_ request: HTTPFields, _ headers: inout HTTPFields) {
        guard let origins else {
            headers.append(HTTPField(name: .accessControlAllowOrigin, value: "*"))
            headers.append(HTTPField(name: .accessControlExposeHeaders, value: Self.exposed))
            return
        }
        headers.append(HTTPField(name: .vary, value: "Origin"))
        guard let origin = request[.origin], origins.contains(origin) else { return }
        headers.append(HTTPField(name: .accessControlAllowOrigin, value: origin))
        headers.append(HTTPField(name: .accessControlExposeHeaders, value: Self.exposed))
    }

    /// The answer to OPTIONS: what the address takes.
    func preflight(_ name: Route.Name) -> HTTPFields {
        let methods = (name.methods + [.options]).map(\.rawValue).joined(separator: ", ")
        return [
            .allow: methods, .accessControlAllowMethods: methods,
            .accessControlAllowHeaders: "Content-Type, If-None-Match, Last-Event-ID",
            .accessControlMaxAge: "86400",
        ]
    }

    private static let exposed = "ETag, Retry-After, Cairn-As-Of"
}
