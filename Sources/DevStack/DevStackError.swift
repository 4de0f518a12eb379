/// Why a private stack, or something in it, is not there. Each description is one line with the remedy in it.
public enum DevStackError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A program or user that the stack needs is not installed: install it.
    case missing(String, remedy: String)
    /// A server or tool ended early or was not ready in time; the reason ends with the last line of its log.
    case failed(String, reason: String)
    /// The process that guards the stack is gone, and so is the stack: start another one.
    case lost
    /// A name that cannot be used: choose another one.
    case refused(String)
    /// The task that was starting the stack was cancelled.
    case cancelled

    /// One line without a final full stop.
    public var description: String {
        switch self {
        case .missing(let what, let remedy): "\(what) is missing: \(remedy)"
        case .failed(let what, let reason): "\(what) failed: \(reason)"
        case .lost: "the private stack has ended (its guard process is gone): start it again"
        case .refused(let why): why
        case .cancelled: "starting the private stack was cancelled"
        }
    }
}
