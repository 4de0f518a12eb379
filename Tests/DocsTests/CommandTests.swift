import DevStack
import Foundation
import Reactor
import Testing

/// Every page's commands as readers run them. One page at a time: each has the machine's two cores and a stack of its
/// own.
@Suite("commands of the documentation", .serialized)
struct CommandTests {
    @Test("the commands of a page do what it says", .timeLimit(.minutes(5)), arguments: Page.withCommands)
    @Reactor
    func commands(page: Page) async throws {
        var options = DevStackOptions()
        options.topics = [:]
        options.durable = false
        let stack = try await DevStack.start(options)
        do {
            try await PageRun(page, on: stack).run()
        } catch {
            Issue.record("\(error)")
        }
        await stack.stop()
    }

    @Test(
        "a block that fails, and one that prints something else, are found",
        .timeLimit(.minutes(2)),
        arguments: [
            ("```sh\necho one\nfalse\necho two\n```\n", "ended the shell after printing\none\n"),
            (
                "```sh\necho one\n```\n\n```text\ntwo\n```\n",
                "printed, with exit code 0,\none\nwhere the page says\ntwo\n"
            ),
        ])
    @Reactor
    func faultyPages(text: String, complaint: String) async throws {
        var options = DevStackOptions()
        options.topics = [:]
        options.durable = false
        let stack = try await DevStack.start(options)
        let failure = await #expect(throws: DocsFailure.self) {
            try await PageRun(Page(path: "faulty.md", text: text), on: stack).run()
        }
        #expect(failure?.description.contains(complaint) == true, "\(failure?.description ?? "")")
        await stack.stop()
    }

    @Test("the README has commands, and so have the pages for operators")
    func pages() {
        let paths = Page.withCommands.map(\.path)
        for path in ["README.md", "docs/configuration.md", "docs/formats.md", "docs/operations.md"] {
            #expect(paths.contains(path))
        }
    }

    @Test("every block is run, read or compared; few are for readers only, and those are shown here")
    func kinds() {
        var skipped: [String] = []
        for page in Page.all {
            for (number, block) in page.blocks.enumerated() {
                let place = "\(page.path):\(block.line)"
                switch block.words.first {
                case "sh":
                    let isKnown = block.isShell || block.isAPICall || block.words == ["sh", "make"]
                    #expect(isKnown, "\(place): \(block.words)")
                case "yaml": #expect(["hunt", "settings"].contains(block.words.dropFirst().first), "\(place)")
                case "json" where block.words.count > 1: #expect(block.words[1] == "scan", "\(place)")
                case "text", "json", "csv":
                    let before = number > 0 ? page.blocks[number - 1] : nil
                    #expect(before?.isShell == true || before?.isAPICall == true, "\(place) is the output of nothing")
                case "caddy", "console", "ini", "nginx", "promql": skipped.append("\(place) \(block.words[0])")
                default: Issue.record("\(place): nobody tests a block of \(block.words)")
                }
            }
        }
        print("not run: \(skipped.joined(separator: ", "))")
        #expect(skipped.count <= 8)
    }

    @Test("code stands in fences, where tests see it")
    func indentedCode() {
        for page in Page.all {
            var before = ""
            for (number, line) in page.prose {
                let isCode = line.hasPrefix("    ") && before.isEmpty
                #expect(!isCode, "\(page.path):\(number): code by indentation is not run")
                before = line.trimmingCharacters(in: .whitespaces)
            }
        }
    }

    @Test("targets of make that pages name exist, and their recipes can be read")
    func make() throws {
        var count = 0
        for page in Page.all {
            for block in page.blocks where block.words == ["sh", "make"] {
                for line in block.text.split(separator: "\n") {
                    let command = String(line.prefix { $0 != "#" })
                    let (status, output) = try run("/bin/bash", ["-c", command.replacing("make ", with: "make -n ")])
                    #expect(status == 0, "\(page.path): \(line)\n\(output)")
                    count += 1
                }
            }
        }
        #expect(count >= 3)
    }

    @Test(
        "output fits a pattern or does not",
        arguments: [
            ("a\n...\nd\n", "a\nb\nc\nd\n", true), ("a\n...\nd\n", "a\nd\n", true), ("a\n...\n", "b\n", false),
            ("1 ... 3 ... 5", "1 2 3 4 5", true), ("1 ... 3 ... 5", "1 2 5", false), ("ab...bc", "abc", false),
            ("at 2026-01-01T00:00:00Z", "at 2027-12-31T23:59:59.999Z", true), ("a  b", "a b", true),
            ("host-1-abcdefgh x", "other-77-01234567 x", true), ("a", "a\nb", false), ("", "a", false),
        ])
    func patterns(pattern: String, output: String, fits: Bool) {
        #expect(OutputPattern(pattern).fits(output) == fits)
    }
}
