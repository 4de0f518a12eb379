import Testing

@testable import cairn

@Suite("progress of long work")
struct ProgressTests {
    @Test("a bar shows share, count, rate and the time that is left")
    func barOnATerminal() {
        let line = ProgressLine(label: "players", done: 2_500, total: 10_000, elapsedMs: 5_000)
        #expect(
            line.bar(columns: 79, hasColor: false)
                == "players [######------------------]  25 %  2,500 of 10,000  500/s  0:15 left")
    }

    @Test("a bar shrinks before it is left out")
    func narrow() {
        let line = ProgressLine(label: "players", done: 300_000, total: 600_000, elapsedMs: 1_000)
        let numbers = "50 %  300,000 of 600,000  300,000/s  0:01 left"
        #expect(line.bar(columns: 79, hasColor: false) == "players [##########-----------]  \(numbers)")
        #expect(line.bar(columns: 60, hasColor: false) == "players   \(numbers)")
    }

    @Test("colour changes nothing but the colour")
    func colour() {
        let line = ProgressLine(label: "players", done: 50, total: 100, elapsedMs: 1_000)
        let colored = line.bar(columns: 79, hasColor: true)
        #expect(colored.contains("\u{1B}[32m############\u{1B}[0m------------]"))
        let stripped = colored.replacing("\u{1B}[32m", with: "").replacing("\u{1B}[0m", with: "")
        #expect(stripped == line.bar(columns: 79, hasColor: false))
    }

    @Test("a bar never is wider than the terminal", arguments: 1...100)
    func width(columns: Int) {
        for total in [nil, Int64(5), 10_000_000_000] {
            let line = ProgressLine(label: "records", done: 9_999_999, total: total, elapsedMs: 123_456)
            #expect(line.bar(columns: columns, hasColor: false).count <= columns)
        }
    }

    @Test("without a total there is a count and a rate")
    func noTotal() {
        let line = ProgressLine(label: "records", done: 1_234_567, total: nil, elapsedMs: 10_000)
        #expect(line.plain == "records: 1,234,567, 123,457/s")
        #expect(line.bar(columns: 79, hasColor: false) == "records  1,234,567  123,457/s")
    }

    @Test(
        "odd numbers make a line, too",
        arguments: [
            (Int64(0), Int64(0), Int64(0), "players: 0 of 0 (100 %)"),
            (0, 7, 20_000, "players: 0 of 7 (0 %)"),
            (9, 7, 2_000, "players: 9 of 9 (100 %), 4.5/s"),
            (1, 7_201, 1_000, "players: 1 of 7,201 (0 %), 1.0/s, 2:00:00 left"),
            (1, .max, 1_000, "players: 1 of 9,223,372,036,854,775,807 (0 %), 1.0/s"),
        ])
    func oddNumbers(done: Int64, total: Int64, elapsedMs: Int64, text: String) {
        #expect(ProgressLine(label: "players", done: done, total: total, elapsedMs: elapsedMs).plain == text)
    }

    /// A bar with a clock that each `update` moves on.
    private final class Watched {
        var nowMs: Int64 = 0
        var written: [String] = []
        var bar: ProgressBar!

        init(isTerminal: Bool, total: Int64?) {
            bar = ProgressBar(
                "players", total: total, isTerminal: isTerminal, nowMs: { [unowned self] in nowMs },
                write: { [unowned self] in written.append($0) })
        }

        func run(seconds: Int64, stepMs: Int64) {
            for step in 1...(seconds * 1_000 / stepMs) {
                nowMs = step * stepMs
                bar.update(step)
            }
        }
    }

    @Test("a terminal is written to at most five times a second, and left empty")
    func rateOnATerminal() {
        let watched = Watched(isTerminal: true, total: 10_000)
        watched.run(seconds: 10, stepMs: 1)
        #expect(watched.written.count == 50)
        #expect(watched.written.allSatisfy { $0.hasPrefix("\r\u{1B}[K") && !$0.contains("\n") })
        watched.bar.finish()
        #expect(watched.written.last == "\r\u{1B}[K")
        watched.bar.finish()
        #expect(watched.written.count == 51)
    }

    @Test("a file gets a whole line every ten seconds, none of short work")
    func rateInAFile() {
        let watched = Watched(isTerminal: false, total: 60_000)
        watched.run(seconds: 9, stepMs: 1)
        #expect(watched.written.isEmpty)
        watched.run(seconds: 30, stepMs: 1)
        watched.bar.finish()
        #expect(
            watched.written == [
                "players: 10,000 of 60,000 (16 %), 1,000/s, 0:50 left\n",
                "players: 20,000 of 60,000 (33 %), 1,000/s, 0:40 left\n",
                "players: 30,000 of 60,000 (50 %), 1,000/s, 0:30 left\n",
            ])
    }
}
