import HuntCore

/// Why a record is no scan: the reason that is counted, and what an operator reads about it.
///
/// - Source: contracts.md section 1, refusal reasons.
public struct ScanRefusal: Sendable {
    public let reason: RefusalReason
    /// Printable ASCII, at most 200 bytes, never text from the scan. It names the first fault in reading order.
    public let detail: StaticString

    init(_ reason: RefusalReason, _ detail: StaticString) {
        self.reason = reason
        self.detail = detail
    }
}

/// Ends the reading of one value. Every fault of a value is the same reason, `malformed`; only the words differ.
struct Malformed: Error {
    let detail: StaticString

    init(_ detail: StaticString) { self.detail = detail }
}
