import Foundation
import HuntCore
import HuntFile
import ScanWire
import Settings
import Testing

/// Examples that no command of their page reads.
@Suite("examples of the documentation")
struct ExampleTests {
    @Test("examples of hunt files are sound", arguments: Page.all)
    func hunts(page: Page) throws {
        for block in page.blocks where block.words.starts(with: ["yaml", "hunt"]) {
            #expect(throws: Never.self, "\(page.path):\(block.line)") { try HuntFile.parse(block.text) }
        }
    }

    @Test("examples of settings are sound", arguments: Page.all)
    func settings(page: Page) throws {
        for block in page.blocks where block.words.starts(with: ["yaml", "settings"]) {
            let path = NSTemporaryDirectory() + "cairn-docs-\(UUID().uuidString).yaml"
            try block.text.write(toFile: path, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect(throws: Never.self, "\(page.path):\(block.line)") {
                try Settings.load(file: path, environment: [:], overrides: [])
            }
        }
    }

    @Test("examples of scans in JSON are scans", arguments: Page.all)
    func scans(page: Page) throws {
        for block in page.blocks where block.words.starts(with: ["json", "scan"]) {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(block.text.utf8)) as? [String: Any])
            let player = try #require(object["player"] as? String)
            #expect(refusal(of: block.text, key: player) == nil, "\(page.path):\(block.line)")
        }
    }

    @Test("pages have examples of all three")
    func kinds() {
        let kinds = Page.all.flatMap(\.blocks).map { $0.words.prefix(2).joined(separator: " ") }
        for kind in ["yaml hunt", "yaml settings", "json scan"] { #expect(kinds.contains(kind)) }
    }

    private func refusal(of value: String, key: String) -> String? {
        var decoder = ScanDecoder()
        var scan = ScanView()
        return Array(value.utf8).withUnsafeBytes { value in
            Array(key.utf8).withUnsafeBytes { key in
                decoder.decode(value: value, key: key, receivedAt: 1_781_254_800_000, into: &scan)
                    .map { "\($0.reason): \($0.detail)" }
            }
        }
    }
}
