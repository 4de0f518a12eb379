import Foundation
import Testing

/// docs/troubleshooting.md quotes the program.
@Suite("messages in the documentation")
struct MessageTests {
    private static let path = "docs/troubleshooting.md"

    /// What headings quote: `### `message``.
    private static func quoted() throws -> [String] {
        try Page(path: path).prose.map(\.text).filter { $0.hasPrefix("### ") }.flatMap { heading in
            heading.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }
    }

    @Test("every message that a heading quotes occurs in the sources")
    func headings() throws {
        let sources = try Repository.sources()
        let messages = try Self.quoted()
        #expect(messages.count >= 20)
        for message in messages {
            let isPrinted = sources.contains(message)
            #expect(isPrinted, "nothing prints `\(message)`")
        }
    }

    @Test("every warning and error that a worker logs is explained")
    func notes() throws {
        let page = try Page(path: Self.path).lines.joined(separator: "\n")
        let sources = try Repository.sources()
        let call = /(?:note\(\s*\.(?:warning|error),|logger\.(?:warning|error)\()\s*"((?:[^"\\]|\\.)*)"/
        var count = 0
        for match in sources.matches(of: call) {
            let pieces = String(match.output.1).split(separator: /\\\((?:[^()]|\([^()]*\))*\)/)
            guard let longest = pieces.max(by: { $0.count < $1.count }), longest.count >= 8 else { continue }
            let text = longest.trimmingCharacters(in: CharacterSet(charactersIn: " ;:,()"))
            let isExplained = page.contains(text)
            #expect(isExplained, "\(Self.path) does not explain \"\(match.output.1)\"")
            count += 1
        }
        #expect(count >= 6)
    }
}
