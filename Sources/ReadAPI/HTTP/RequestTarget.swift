/// The address of a request, taken apart: segments of the path and parameters, unescaped.
///
/// - Source: RFC 9112 section 3.2.1 (origin-form), RFC 3986 section 2.1 (percent-encoding).
struct RequestTarget {
    /// Characters that an address may have.
    static let charactersMax = 2_048
    /// More segments than this no route has.
    private static let segmentsMax = 8

    /// The path's parts between slashes, unescaped. `/` has none.
    private(set) var segments: [String] = []
    /// The path as it was sent.
    let path: Substring
    private let query: Substring

    /// - Parameter text: path and query as they were sent.
    /// - Returns: nil when the path is none: no slash in front, empty segments, a wrong escape, too many segments.
    init?(_ text: String) {
        let mark = text.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = text[..<(mark ?? text.endIndex)]
        query = mark.map { text[text.index(after: $0)...] } ?? ""
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        if path.utf8.count == 1 { return }
        for part in path.dropFirst().utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !part.isEmpty, segments.count < Self.segmentsMax, let segment = Self.unescape(part) else {
                return nil
            }
            segments.append(segment)
        }
    }

    /// What the first parameter of this name says: nil when there is none, `.some(nil)` when its escapes are wrong.
    func parameter(_ name: String) -> String?? {
        if query.isEmpty { return nil }
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0].elementsEqual(name.utf8) else { continue }
            return .some(parts.count == 1 ? "" : Self.unescape(parts[1]))
        }
        return nil
    }

    /// - Returns: nil for a wrong escape, or bytes that are no UTF-8.
    private static func unescape(_ text: Substring.UTF8View) -> String? {
        guard text.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
