/// What becomes of one record on its way to the feed.
enum FeedFault: Equatable {
    case none
    /// It and all behind it wait this many milliseconds.
    case stalled(Int64)
    /// The broker does not take it.
    case notWritten
    /// It is written and reported as failed.
    case writtenAndDenied
}

extension Faults {
    func feedFault() -> FeedFault {
        guard happens(rates.feedPercent) else { return .none }
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            mark(.feedNotWritten)
            return .notWritten
        case 1:
            mark(.feedWrittenTwice)
            return .writtenAndDenied
        default:
            mark(.feedStalled)
            return .stalled(Int64.random(in: 10...2_000, using: &random))
        }
    }
}
