/// What becomes of one call to the hot tier.
enum CacheFault: Equatable {
    case none
    /// It never arrives.
    case callLost
    /// It is carried out, and nobody hears of it.
    case replyLost
    /// It is given up, and carried out this many milliseconds later, when newer calls have come.
    case late(Int64)
}

extension Faults {
    func cacheFault() -> CacheFault {
        guard happens(rates.cachePercent) else { return .none }
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            mark(.cacheCallLost)
            return .callLost
        case 1:
            mark(.cacheReplyLost)
            return .replyLost
        default:
            mark(.cacheCallLate)
            return .late(delayMs(in: 10...3_000))
        }
    }
}
