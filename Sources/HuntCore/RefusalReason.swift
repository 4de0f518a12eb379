/// Why a scan was not accepted, in the order in which the reasons are tested; the first that fits is the scan's reason.
///
/// The raw value is the byte kept in lanes and rows of a batch; `name` is the text in Postgres, metrics and on the
/// command line.
///
/// - Source: contracts.md section 1.
public enum RefusalReason: UInt8, CaseIterable, Sendable {
    case oversized = 1
    case malformed
    case wrongKey
    case unknownHunt
    case unknownTag
    case fromTheFuture
    case outsideWindow
    case tooLate
    case unstorable

    /// The reason as users see it.
    public var name: String {
        switch self {
        case .oversized: "oversized"
        case .malformed: "malformed"
        case .wrongKey: "wrong_key"
        case .unknownHunt: "unknown_hunt"
        case .unknownTag: "unknown_tag"
        case .fromTheFuture: "from_the_future"
        case .outsideWindow: "outside_window"
        case .tooLate: "too_late"
        case .unstorable: "unstorable"
        }
    }
}

extension RefusalReason {
    /// What an operator reads about a scan that the hunt's rules refuse; empty for reasons that only the record's bytes
    /// explain.
    public var ruleDetail: StaticString {
        switch self {
        case .unknownHunt: "no hunt with this slug is imported"
        case .unknownTag: "no checkpoint of the hunt has this tag"
        case .fromTheFuture: "scanned more than 300 s after it was received"
        case .outsideWindow: "scanned outside the window of the hunt or of the checkpoint"
        case .tooLate: "received after the hunt closed and its grace was over"
        default: ""
        }
    }
}
