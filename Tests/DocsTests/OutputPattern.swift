/// What a page says that a command prints. `...` stands for any text within a line, and alone for any lines.
///
/// Times and owners of leases differ from run to run and compare equal, widths of columns with them.
struct OutputPattern {
    private let lines: [String]

    init(_ text: String) { lines = Self.lines(of: text) }

    func fits(_ output: String) -> Bool { Self.fits(lines[...], Self.lines(of: output)[...]) }

    /// Lines with what varies taken out and blanks at the end of the text dropped.
    private static func lines(of text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let words = line.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/, with: "TIME")
                .replacing(/\b[A-Za-z0-9-]+-\d+-[0-9a-z]{8}\b/, with: "OWNER")
                .split(separator: " ").joined(separator: " ")
            return words
        }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func fits(_ pattern: ArraySlice<String>, _ lines: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return lines.isEmpty }
        if first == "..." {
            return (lines.startIndex...lines.endIndex).contains { fits(pattern.dropFirst(), lines[$0...]) }
        }
        guard let line = lines.first, fits(first, line) else { return false }
        return fits(pattern.dropFirst(), lines.dropFirst())
    }

    private static func fits(_ pattern: String, _ line: String) -> Bool {
        let parts = pattern.split(separator: "...", omittingEmptySubsequences: false)
        guard parts.count > 1, let head = parts.first, let tail = parts.last else { return pattern == line }
        guard line.hasPrefix(head), line.hasSuffix(tail), line.count >= head.count + tail.count else { return false }
        var rest = line.dropFirst(head.count).dropLast(tail.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
