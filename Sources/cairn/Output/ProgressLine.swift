/// How far a piece of work is, as one line of text.
struct ProgressLine {
    /// What is counted: `players`, `records`.
    let label: String
    let done: Int64
    /// nil when nobody knows.
    let total: Int64?
    /// Since the work began, milliseconds.
    let elapsedMs: Int64

    private static let cellsMax = 24
    /// A shorter bar tells less than the percentage beside it, and is left out.
    private static let cellsMin = 6

    /// `players [######------------------]  25 %  2,500 of 10,000  500/s  0:15 left`, at most `columns` characters; the
    /// bar shrinks where there is less room.
    ///
    /// - Parameter hasColor: the filled part in green.
    func bar(columns: Int, hasColor: Bool) -> String {
        let numbers = [count, rate, left].compactMap { $0 }.joined(separator: "  ")
        guard let percent else { return String("\(label)  \(numbers)".prefix(columns)) }
        let padding = String(repeating: " ", count: percent < 10 ? 2 : percent < 100 ? 1 : 0)
        let tail = " \(padding)\(percent) %  \(numbers)"
        let cells = min(Self.cellsMax, columns - label.count - tail.count - 3)
        guard cells >= Self.cellsMin else { return String("\(label) \(tail)".prefix(columns)) }
        let filled = Int(percent) * cells / 100
        let full = String(repeating: "#", count: filled)
        let empty = String(repeating: "-", count: cells - filled)
        return "\(label) [\(hasColor ? "\u{1B}[32m\(full)\u{1B}[0m" : full)\(empty)]\(tail)"
    }

    /// `players: 2,500 of 10,000 (25 %), 500/s, 0:15 left`.
    var plain: String {
        let share = percent.map { " (\($0) %)" } ?? ""
        return "\(label): " + [count + share, rate, left].compactMap { $0 }.joined(separator: ", ")
    }

    /// `0 ... 100`; nil without a total.
    private var percent: Int64? {
        guard let total else { return nil }
        if done >= total { return 100 }
        return Int64(Double(max(0, done)) / Double(total) * 100)
    }

    private var count: String {
        total.map { "\(Self.grouped(done)) of \(Self.grouped(max(done, $0)))" } ?? Self.grouped(done)
    }

    private var perSecond: Double? {
        done > 0 && elapsedMs > 0 ? Double(done) * 1_000 / Double(elapsedMs) : nil
    }

    private var rate: String? {
        perSecond.map { $0 < 10 ? "\(($0 * 10).rounded() / 10)/s" : "\(Self.grouped(Int64($0.rounded())))/s" }
    }

    private var left: String? {
        guard let total, let perSecond, done < total else { return nil }
        let seconds = (Double(total - done) / perSecond).rounded(.up)
        return seconds < 360_000 ? "\(Self.clock(Int64(seconds))) left" : nil
    }

    /// `12,345,678`.
    static func grouped(_ number: Int64) -> String {
        var text = ""
        for (place, digit) in "\(number.magnitude)".reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }

    /// `0:07`, `12:00`, `1:02:03`.
    private static func clock(_ seconds: Int64) -> String {
        let parts = seconds < 3_600 ? [seconds / 60] : [seconds / 3_600, seconds / 60 % 60]
        let texts = (parts + [seconds % 60]).enumerated().map { place, number in
            place > 0 && number < 10 ? "0\(number)" : "\(number)"
        }
        return texts.joined(separator: ":")
    }
}
