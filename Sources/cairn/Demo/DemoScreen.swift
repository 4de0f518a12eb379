import Foundation
import HuntCore

/// Shows a running demo: redrawn in place on a terminal, a plain line now and then elsewhere.
struct DemoScreen {
    struct Frame {
        var title: String
        var seconds: Int
        var produced: Int
        var producedPerSecond: Int
        var committed: Int
        var committedPerSecond: Int
        var leaders: [DemoStage.Leader]

        var lag: Int { max(0, produced - committed) }
    }

    let isLive: Bool
    private var linesDrawn = 0
    private var nextPlainSecond = 0

    private static let plainEverySeconds = 5

    init(isLive: Bool) { self.isLive = isLive }

    /// A line that stays.
    mutating func say(_ text: String) {
        linesDrawn = 0
        Self.write(text + "\n")
    }

    mutating func show(_ frame: Frame) {
        if isLive { draw(frame) } else { sayNowAndThen(frame) }
    }

    private mutating func sayNowAndThen(_ frame: Frame) {
        guard frame.seconds >= nextPlainSecond else { return }
        nextPlainSecond = frame.seconds + Self.plainEverySeconds
        let leader = frame.leaders.first.map { ", \($0.player) leads with \($0.score)" } ?? ""
        say("\(frame.seconds) s: \(Self.rates(frame))\(leader)")
    }

    private mutating func draw(_ frame: Frame) {
        var lines = ["\(frame.title), \(frame.seconds) s", Self.rates(frame), ""]
        for place in 0..<10 {
            lines.append(place < frame.leaders.count ? Self.line(frame.leaders[place], rank: place + 1) : "")
        }
        // Back to the first line of the frame before, and everything below it is erased (ECMA-48: CPL, ED).
        let back = linesDrawn > 0 ? "\u{1B}[\(linesDrawn)F\u{1B}[J" : ""
        Self.write(back + lines.joined(separator: "\n") + "\n")
        linesDrawn = lines.count
    }

    private static func rates(_ frame: Frame) -> String {
        """
        produced \(frame.produced) (\(frame.producedPerSecond)/s), committed \(frame.committed) \
        (\(frame.committedPerSecond)/s), lag \(frame.lag)
        """
    }

    private static func line(_ leader: DemoStage.Leader, rank: Int) -> String {
        let reached = leader.reachedAt.map { Timestamp.format($0) } ?? ""
        return padded("\(rank)", 3) + "  " + leader.player.padding(toLength: 16, withPad: " ", startingAt: 0)
            + padded("\(leader.score)", 7) + padded("\(leader.unlocks)", 5) + "  " + reached
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Past stdio's buffer, so that a pipe sees a line when it is written.
    private static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
