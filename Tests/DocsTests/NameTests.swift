import Foundation
import Settings
import Testing

/// Names in running text are names that exist.
@Suite("names in the documentation")
struct NameTests {
    @Test("commands and options in running text exist", arguments: Page.all)
    func commands(page: Page) throws {
        let root = try CommandTree.read()
        for code in page.inlineCode where code.hasPrefix("cairn ") && !code.hasPrefix("cairn --") {
            var command = root
            var words = code.split(separator: " ").dropFirst().map(String.init)[...]
            while let word = words.first, let child = command.child(word) {
                command = child
                words.removeFirst()
            }
            #expect(command.commandName != "cairn", "\(page.path): `\(code)` is no command")
            for word in words where word.hasPrefix("--") {
                #expect(command.hasOption(String(word.prefix { $0 != "=" })), "\(page.path): \(word) in `\(code)`")
            }
        }
    }

    @Test("settings in running text exist", arguments: Page.all)
    func settings(page: Page) {
        let groups = Set(Settings.table.compactMap { $0.name.split(separator: ".").first })
        let names = Set(Settings.table.map(\.name))
        for code in page.inlineCode where code.wholeMatch(of: /[a-z]+(\.[a-z_]+)+/) != nil {
            guard let group = code.split(separator: ".").first, groups.contains(group) else { continue }
            let isFile = code == "group.id" || code == "cairn.yaml"
            #expect(isFile || names.contains(code), "\(page.path): there is no setting `\(code)`")
        }
    }

    @Test("metrics that pages name exist", arguments: Page.all)
    func metrics(page: Page) throws {
        let sources = try Repository.sources()
        for match in page.lines.joined(separator: "\n").matches(of: /\bcairn_[a-z_]+/) {
            let family = match.output.replacing(/_(bucket|sum|count)$/, with: "")
            let isMade = sources.contains("\"\(family)\"")
            #expect(isMade, "\(page.path): there is no metric \(match.output)")
        }
    }

    @Test("links lead to files and headings that exist", arguments: Page.all)
    func links(page: Page) throws {
        let folder = page.path.split(separator: "/").dropLast().map { $0 + "/" }.joined()
        for match in page.prose.map(\.text).joined(separator: "\n").matches(of: /\]\(([^)\s]+)\)/) {
            let link = String(match.output.1)
            if link.contains("://") { continue }
            let parts = link.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
            let path = parts[0].isEmpty ? page.path : folder + parts[0]
            let standard = NSString(string: path).standardizingPath
            #expect(FileManager.default.fileExists(atPath: Repository.path(standard)), "\(page.path): \(link)")
            guard parts.count == 2, standard.hasSuffix(".md") else { continue }
            let anchors = try Page(path: standard).prose.map(\.text).filter { $0.hasPrefix("#") }.map(Self.anchor)
            #expect(anchors.contains(parts[1]), "\(page.path): \(link)")
        }
    }

    /// The anchor that GitHub gives a heading.
    private static func anchor(_ heading: String) -> String {
        let text = heading.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
        return text.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }.replacing(
            " ", with: "-")
    }
}
