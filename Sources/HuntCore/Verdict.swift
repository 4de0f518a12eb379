/// What becomes of a scan of a known hunt.
@frozen
public enum Verdict: Equatable, Sendable {
    /// Accepted: the index of its checkpoint in the hunt's `HuntRules`.
    case checkpoint(Int)
    case refused(RefusalReason)
}
