/// How far a command is that runs for a time rather than through a number of things (`ProgressBar`), on stderr: a line
/// that is drawn again on a terminal, with a bar where the end is known; a plain line once a second elsewhere.
struct TimedProgress {
    private var nextSecond = 1.0
    private var widthDrawn = 0

    private static let barWidth = 24
    private static let drawsPerSecond = 5.0

    /// - Parameters:
    ///   - seconds: since the start.
    ///   - share: of the whole, `0 ... 1`; nil when the end is not known.
    mutating func show(_ seconds: Double, share: Double?, _ text: @autoclosure () -> String) {
        if seconds < nextSecond { return }
        guard Output.isErrorTerminal else {
            nextSecond = seconds.rounded(.down) + 1
            return Output.complain("\(Int(seconds)) s: \(text())")
        }
        nextSecond = seconds + 1 / Self.drawsPerSecond
        let line = "\(Int(seconds)) s \(share.map { Self.bar($0, hasColor: Output.hasErrorColor) } ?? "")\(text())"
        // What is left of a longer line is overwritten.
        let rest = String(repeating: " ", count: max(0, widthDrawn - line.count))
        widthDrawn = line.count
        Output.complain("\r\(line)\(rest)", terminator: "")
    }

    /// Leaves the line, so that something else may be said.
    mutating func finish() {
        if widthDrawn > 0 { Output.complain("") }
        widthDrawn = 0
    }

    /// - Parameter hasColor: the filled part in green. Each bar has as many characters for that as the next.
    private static func bar(_ share: Double, hasColor: Bool) -> String {
        let filled = Int(max(0, min(1, share)) * Double(barWidth))
        let full = String(repeating: "#", count: filled)
        let empty = String(repeating: ".", count: barWidth - filled)
        return "[\(hasColor ? "\u{1B}[32m\(full)\u{1B}[0m" : full)\(empty)] "
    }
}
