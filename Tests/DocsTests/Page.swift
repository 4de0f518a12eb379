import Foundation
import Testing

/// A page of the documentation, as far as tests read it.
struct Page: Sendable, CustomTestStringConvertible {
    /// Path in the repository: `docs/formats.md`.
    let path: String
    let lines: [String]
    let blocks: [Block]

    /// A fenced block of code.
    struct Block: Sendable, Equatable {
        /// The words after the fence: `sh eventually`, `yaml hunt old-town.yaml`.
        let words: [String]
        let text: String
        /// Of its fence, from 1.
        let line: Int

        var isShell: Bool { words == ["sh"] || words == ["sh", "eventually"] }
        /// A read-only block that is run until its output fits.
        var isRepeatable: Bool { words == ["sh", "eventually"] }
        /// Asked of a server over a board in memory by ReadAPITests, which compares the answer too.
        var isAPICall: Bool { words == ["sh", "api"] }
        /// What the block of shell before it prints.
        var isOutput: Bool { words.count == 1 && ["text", "json", "csv"].contains(words[0]) }
        /// The file that it is saved as; nil for an example alone.
        var file: String? {
            switch words.first {
            case "yaml", "json": words.count == 3 ? words[2] : nil
            default: nil
            }
        }
    }

    init(path: String) throws {
        self.init(path: path, text: try String(contentsOfFile: Repository.path(path), encoding: .utf8))
    }

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var blocks: [Block] = []
        var open: (words: [String], line: Int, text: [String])?
        for (number, line) in lines.enumerated() {
            if let block = open {
                if line == "```" {
                    let text = block.text.map { $0 + "\n" }.joined()
                    blocks.append(Block(words: block.words, text: text, line: block.line))
                    open = nil
                } else {
                    open?.text.append(line)
                }
            } else if line.hasPrefix("```") {
                open = (line.dropFirst(3).split(separator: " ").map(String.init), number + 1, [])
            }
        }
        self.blocks = blocks
    }

    /// Lines outside of blocks, with their numbers from 1.
    var prose: [(number: Int, text: String)] {
        var isInside = false
        return lines.enumerated().compactMap { number, line in
            if line.hasPrefix("```") {
                isInside.toggle()
                return nil
            }
            return isInside ? nil : (number + 1, line)
        }
    }

    /// Code within lines: what stands between single backquotes. What a page says is yet to come does not count.
    var inlineCode: [String] {
        var isFuture = false
        let present = prose.map(\.text).filter { line in
            if line.hasPrefix("## ") { isFuture = line == "## Not yet" }
            // Headings that begin so quote messages.
            return !isFuture && !line.hasPrefix("### `")
        }
        return present.joined(separator: "\n").split(separator: "`", omittingEmptySubsequences: false)
            .enumerated().filter { $0.offset % 2 == 1 }
            .map { $0.element.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }

    var testDescription: String { path }

    /// README.md and everything in docs/ but the decisions.
    static let all: [Page] = {
        let folder = Repository.path("docs")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let paths = ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
        return paths.compactMap { try? Page(path: $0) }
    }()

    /// Those with commands to run.
    static let withCommands = all.filter { $0.blocks.contains(where: \.isShell) }
}
