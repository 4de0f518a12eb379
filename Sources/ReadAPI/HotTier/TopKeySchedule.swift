/// When a hunt's `top` key is to be written. Pure.
///
/// - Source: contracts.md section 4: at most 10 times a second; the key lives for 30 s.
struct TopKeySchedule: Sendable {
    /// Between two writes of one hunt, milliseconds.
    static let pauseMs: Int64 = 100
    /// After one that failed.
    static let pauseAfterFailureMs: Int64 = 1_000
    /// A key that does not change is written so often, milliseconds: it lives for three times as long.
    static let keepAliveMs: Int64 = 10_000
    /// A board that is older says nothing, milliseconds: another serve may be fresher.
    static let ageMaxMs: Int64 = 5_000

    /// Which state of a board was written.
    struct Edition: Sendable, Equatable {
        let rulesVersion: Int32
        let erasures: Int64
        let version: Int64
    }

    private struct Hunt: Sendable {
        var edition: Edition?
        /// Monotonic milliseconds.
        var doneAtMs: Int64
        var notBeforeMs: Int64
    }

    private var hunts: [String: Hunt] = [:]

    /// - Parameter ageMs: how old the board's state is, milliseconds; less than 0 where clocks differ.
    func isDue(_ slug: String, _ edition: Edition, ageMs: Int64, nowMs: Int64) -> Bool {
        if ageMs > Self.ageMaxMs { return false }
        guard let hunt = hunts[slug] else { return true }
        if nowMs < hunt.notBeforeMs { return false }
        return hunt.edition != edition || nowMs - hunt.doneAtMs >= Self.keepAliveMs
    }

    /// It was written, or the key held a later state.
    mutating func succeeded(_ slug: String, _ edition: Edition, startedMs: Int64) {
        hunts[slug] = Hunt(edition: edition, doneAtMs: startedMs, notBeforeMs: startedMs + Self.pauseMs)
    }

    mutating func failed(_ slug: String, nowMs: Int64) {
        hunts[slug] = Hunt(edition: nil, doneAtMs: nowMs, notBeforeMs: nowMs + Self.pauseAfterFailureMs)
    }

    /// Forgets all other hunts.
    mutating func keep(_ slugs: [String]) {
        if hunts.count > slugs.count { hunts = hunts.filter { slugs.contains($0.key) } }
    }
}
