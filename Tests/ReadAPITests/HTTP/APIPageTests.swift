import Foundation
import HuntCore
import NIOCore
import OrderIndex
import Testing

@testable import ReadAPI

/// The calls of docs/api.md, made with curl, and their answers. With RENEW_API=1 the page is written anew with the answers
/// of today.
@Suite("the page of the read API", .timeLimit(.minutes(1)))
struct APIPageTests {
    private static let path = OpenAPI.repository + "/docs/api.md"

    /// A call's block and that of its answer, as line numbers of what stands within the fences.
    private struct Call {
        let command: String
        let answer: Range<Int>
        let isJSON: Bool
    }

    @Test("each call answers what the page shows")
    func calls() async throws {
        let isRenewal = ProcessInfo.processInfo.environment["RENEW_API"] == "1"
        var lines = try String(contentsOfFile: Self.path, encoding: .utf8).components(separatedBy: "\n")
        let calls = Self.calls(lines)
        #expect(calls.count >= 14)
        var shift = 0
        try await HTTPStage.run(
            store: OldTown.store(), explainer: OldTown.Explainer(), streams: OldTown.Streams()
        ) { stage in
            let cursor = stage.store.read("old-town") { BoardPage(of: $0, limit: 2) }?.next?.text ?? ""
            for call in calls {
                let range = (call.answer.lowerBound + shift)..<(call.answer.upperBound + shift)
                let command = isRenewal ? call.command.replacing("CURSOR", with: cursor) : call.command
                let output = try await Self.shell(command.replacing("127.0.0.1:8080", with: "127.0.0.1:\(stage.port)"))
                let shown = lines[range].joined(separator: "\n")
                if isRenewal {
                    let renewed = (call.isJSON ? PrettyJSON.lines(of: output) : Self.presented(output))
                    lines.replaceSubrange(range, with: renewed)
                    if let line = lines.firstIndex(of: call.command) { lines[line] = command }
                    shift += renewed.count - range.count
                } else if call.isJSON {
                    let actual = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? NSDictionary
                    let expected = try JSONSerialization.jsonObject(with: Data(shown.utf8)) as? NSDictionary
                    #expect(actual != nil && actual == expected, "\(call.command)\n\(output)")
                } else {
                    #expect(Self.presented(output).joined(separator: "\n") == shown, "\(call.command)")
                }
            }
        }
        if isRenewal { try lines.joined(separator: "\n").write(toFile: Self.path, atomically: true, encoding: .utf8) }
    }

    private static func calls(_ lines: [String]) -> [Call] {
        var calls: [Call] = []
        for (number, line) in lines.enumerated() where line == "```sh api" {
            let commandEnd = lines[(number + 1)...].firstIndex(of: "```") ?? number
            let start = commandEnd + 3
            guard lines.indices.contains(start - 1), lines[start - 1] == "```json" || lines[start - 1] == "```text",
                let end = lines[start...].firstIndex(of: "```")
            else {
                Issue.record("docs/api.md:\(number + 1) has no answer")
                continue
            }
            let command = lines[(number + 1)..<commandEnd].joined(separator: "\n")
            calls.append(Call(command: command, answer: start..<end, isJSON: lines[start - 1] == "```json"))
        }
        return calls
    }

    /// Text as the page has it: no date of today, no empty lines at the end.
    private static func presented(_ output: String) -> [String] {
        var lines = output.replacing("\r\n", with: "\n").components(separatedBy: "\n")
        lines = lines.map { $0.hasPrefix("Date: ") ? "Date: Fri, 12 Jun 2026 10:10:00 GMT" : $0 }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func shell(_ command: String) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-eu", "-o", "pipefail", "-c", command]
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("cairn-api-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        let handle = try FileHandle(forWritingTo: file)
        process.standardOutput = handle
        let status = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { done.resume(throwing: error) }
        }
        #expect(status == 0, "\(command)")
        try handle.close()
        return try String(contentsOf: file, encoding: .utf8)
    }
}

/// JSON with line breaks for readers: members of the outermost object and items of its lists have lines of their own.
enum PrettyJSON {
    static func lines(of text: String) -> [String] {
        var lines = [""]
        var depth = 0
        var isText = false
        var isEscaped = false
        func newLine() { lines.append(String(repeating: "  ", count: depth)) }
        for (place, character) in zip(text.indices, text) {
            if isText {
                lines[lines.count - 1].append(character)
                isText = isEscaped || character != "\""
                isEscaped = !isEscaped && character == "\\"
                continue
            }
            let isEmpty = text.index(after: place) < text.endIndex && "]}".contains(text[text.index(after: place)])
            switch character {
            case "{", "[":
                depth += 1
                lines[lines.count - 1].append(character)
                if depth <= 2, !isEmpty { newLine() }
            case "}", "]":
                depth -= 1
                if depth < 2, place > text.startIndex, !"[{".contains(text[text.index(before: place)]) { newLine() }
                lines[lines.count - 1].append(character)
            case ",":
                lines[lines.count - 1].append(character)
                if depth <= 2 { newLine() } else { lines[lines.count - 1].append(" ") }
            case ":": lines[lines.count - 1].append(": ")
            case "\n": break
            default:
                isText = character == "\""
                lines[lines.count - 1].append(character)
            }
        }
        return lines
    }
}
