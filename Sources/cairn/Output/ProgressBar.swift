import Foundation
import Reactor

/// Shows on stderr how far long work is: one line that is written over on a terminal, a line every 10 s otherwise.
///
/// Work that is over sooner shows nothing. Not `Sendable`: whoever does the work reports it. Nothing else may be written
/// to a terminal between the first `update` and `finish` without `clear` before it.
final class ProgressBar {
    private let label: String
    private var total: Int64?
    private let isTerminal: Bool
    private let nowMs: () -> Int64
    private let write: (String) -> Void
    private let startedMs: Int64
    private var nextMs: Int64
    private var isShown = false

    /// At most five times a second.
    private static let terminalMs: Int64 = 200
    private static let plainMs: Int64 = 10_000

    /// - Parameters:
    ///   - label: what is counted: `players`, `records`.
    ///   - total: how many there are in all; nil when nobody knows.
    ///   - isTerminal: whether a line can be written over.
    ///   - nowMs: a monotonic clock, milliseconds.
    ///   - write: takes text as it goes to the terminal or file, line ends included.
    init(
        _ label: String, total: Int64? = nil, isTerminal: Bool = Output.isErrorTerminal && !Output.isDumbTerminal,
        nowMs: @escaping () -> Int64 = { Clock.monotonicMs() },
        write: @escaping (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) }
    ) {
        self.label = label
        self.total = total
        self.isTerminal = isTerminal
        self.nowMs = nowMs
        self.write = write
        startedMs = nowMs()
        nextMs = startedMs + (isTerminal ? Self.terminalMs : Self.plainMs)
    }

    /// Cheap enough to call for each of many thousand steps a second.
    ///
    /// - Parameters:
    ///   - done: how many in all, not since the last call.
    ///   - total: a better number than the one before; nil keeps that.
    func update(_ done: Int64, total: Int64? = nil) {
        if let total { self.total = total }
        let now = nowMs()
        guard now >= nextMs else { return }
        nextMs = now + (isTerminal ? Self.terminalMs : Self.plainMs)
        let line = ProgressLine(label: label, done: done, total: self.total, elapsedMs: now - startedMs)
        if isTerminal {
            // One column stays free: a full line would wrap, and a wrapped one cannot be written over.
            let text = line.bar(columns: Output.errorColumns - 1, hasColor: Output.hasErrorColor)
            write("\r\u{1B}[K\(text)")
            isShown = true
        } else {
            write(line.plain + "\n")
        }
    }

    /// Takes the line off the terminal; the next `update` that is due shows it again.
    func clear() {
        if isShown { write("\r\u{1B}[K") }
        isShown = false
    }

    /// Call at the end, also when the work failed: what is printed next begins on an empty line.
    func finish() { clear() }
}
