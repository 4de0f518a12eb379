/// What becomes of one flush.
public enum FlushFault: Sendable, Equatable {
    case none
    /// Nothing is sent.
    case unavailable
    /// Class 40.
    case conflict
    /// It never arrives, and the connection is lost.
    case lostBefore
    /// It commits, and the reply is lost.
    case lostAfter
    /// The connection is lost, and the statement arrives this many milliseconds later all the same.
    case stray(Int64)

    var mark: CoverageMark? {
        switch self {
        case .none: nil
        case .unavailable: .flushUnavailable
        case .conflict: .flushConflict
        case .lostBefore: .flushLostBefore
        case .lostAfter: .flushLostAfter
        case .stray: .flushStray
        }
    }
}

extension Faults {
    func flushFault() -> FlushFault {
        let fault = nextFlushes.isEmpty ? chosenFlushFault() : nextFlushes.removeFirst()
        if let met = fault.mark { mark(met) }
        return fault
    }

    private func chosenFlushFault() -> FlushFault {
        guard happens(rates.flushPercent) else { return .none }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return .unavailable
        case 1: return .conflict
        case 2: return .lostBefore
        case 3: return .lostAfter
        default: return .stray(Int64.random(in: 1...400, using: &random))
        }
    }
}
