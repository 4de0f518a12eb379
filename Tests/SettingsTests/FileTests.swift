import Foundation
import Testing

@testable import Settings

@Suite("the settings file") struct FileTests {
    let directory: ConfigDirectory

    init() throws {
        directory = try ConfigDirectory()
    }

    private func fault(file: String? = nil, environment: [String: String] = [:]) -> String? {
        do throws(SettingsFaults) {
            _ = try directory.load(file: file, environment: environment)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("--config wins over CAIRN_CONFIG, that over cairn.yaml")
    func choice() throws {
        try directory.write("kafka: {group: conventional}")
        try directory.write("kafka: {group: by-variable}", to: "variable.yaml")
        try directory.write("kafka: {group: by-option}", to: "option.yaml")
        let environment = ["CAIRN_CONFIG": directory.path + "/variable.yaml"]
        #expect(try directory.load().kafka.group == "conventional")
        #expect(try directory.load(environment: environment).kafka.group == "by-variable")
        let settings = try directory.load(file: "option.yaml", environment: environment)
        #expect(settings.kafka.group == "by-option")
        #expect(settings.sources["kafka.group"] == .file(path: "option.yaml", line: 1))
    }

    @Test("a file that was named must exist, cairn.yaml need not")
    func missing() {
        #expect(fault() == nil)
        #expect(fault(file: "no.yaml") == "--config no.yaml: there is no such file")
        #expect(
            fault(environment: ["CAIRN_CONFIG": "/no/cairn.yaml"])
                == "CAIRN_CONFIG /no/cairn.yaml: there is no such file")
        #expect(fault(environment: ["CAIRN_CONFIG": ""]) == "CAIRN_CONFIG: is empty: name a file or leave it out")
    }

    @Test("a directory is no file")
    func isDirectory() throws {
        #expect(fault(file: directory.path) == "--config \(directory.path): is a directory: name the file in it")
        try FileManager.default.createDirectory(
            atPath: directory.path + "/cairn.yaml", withIntermediateDirectories: false)
        #expect(fault() == "cairn.yaml: is a directory: name the file in it")
    }

    @Test(
        "an empty file changes nothing",
        arguments: ["", "\n", "# nothing here\n", "---\n", "~", "kafka:\n", "\u{FEFF}", "\u{2028}"])
    func empty(yaml: String) throws {
        try directory.write(yaml)
        #expect(try directory.load().listing.allSatisfy { $0.source == .builtIn })
    }

    @Test("a byte-order mark and line ends of another system do no harm")
    func otherLineEnds() throws {
        try directory.write("\u{FEFF}kafka:\r\n  group: windows\r\n  topics: x\r\n")
        #expect(fault() == "cairn.yaml:3: kafka.topics: there is no such setting: did you mean kafka.topic?")
    }

    @Test("1 MiB of junk is refused by its size")
    func large() throws {
        let yaml = String(repeating: "junk: [", count: 150_000)
        try directory.write(yaml)
        #expect(fault() == "cairn.yaml: is larger than 256 KiB and so no settings file of cairn")
    }

    @Test(
        "junk of any kind is a fault, never a trap",
        arguments: [
            "[", "{", "[ ", "{a: ", "- ", "? ", "? {", "- - ", "a: &a\n", "*a ", "%", "\"", "'", "|\n", "a:\n",
        ])
    func junk(piece: String) throws {
        try directory.write(String(repeating: piece, count: 60_000 / piece.utf8.count))
        #expect(fault() != nil)
    }

    @Test("random bytes are a fault, never a trap")
    func randomBytes() throws {
        var state: UInt64 = 1
        for size in [1, 10, 100, 1000, 10_000] {
            let bytes = (0..<size).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            try directory.write(bytes + [0xFF], to: "cairn.yaml")
            #expect(fault() != nil)
        }
    }

    @Test("bytes that are no text are named by their line")
    func notText() throws {
        try directory.write(Array("kafka:\n  group: ".utf8) + [0xC3, 0x28], to: "cairn.yaml")
        #expect(fault() == "cairn.yaml:2: is not text in UTF-8; is this the right file?")
        try directory.write("kafka:\n\n  group: a\u{0}b")
        #expect(fault() == "cairn.yaml:3: is not text in UTF-8; is this the right file?")
    }

    @Test("broken YAML is named by its line, and a tab gets its remedy")
    func syntax() throws {
        try directory.write("kafka:\n\tgroup: a\n")
        let tab = try #require(fault())
        #expect(tab.hasPrefix("cairn.yaml:2: is not YAML: "))
        #expect(tab.hasSuffix("; indent with spaces, YAML takes no tabs"))
        try directory.write("kafka:\n  group: a\nlog: {level: info\n")
        #expect(try #require(fault()).hasPrefix("cairn.yaml:4: is not YAML: "))
        try directory.write("kafka:\n  group: \"secret\nlog: x")
        let quote = try #require(fault())
        #expect(quote.hasPrefix("cairn.yaml:"))
        #expect(!quote.contains("secret"))
        #expect(!quote.contains("\n"))
    }

    @Test("a value nested without end is named by its line")
    func depth() throws {
        try directory.write("kafka:\n  group: " + String(repeating: "[", count: 5000))
        #expect(fault() == "cairn.yaml:2: is nested too deep for a settings file")
    }

    @Test("a second document is a fault")
    func secondDocument() throws {
        try directory.write("log: {level: info}\n---\nlog: {level: debug}\n")
        #expect(try #require(fault()).hasPrefix("cairn.yaml:2: is not YAML: but found another document"))
    }

    @Test("a list or a text is no map of settings", arguments: ["- a\n", "hello\n", "5"])
    func noMap(yaml: String) throws {
        try directory.write(yaml)
        #expect(fault() == "cairn.yaml:1: is not a map of settings, as in `log: {level: info}`")
    }

    @Test("aliases work, and a file that blows them up does no harm")
    func aliases() throws {
        try directory.write("http: {listen: &here \"127.0.0.1:0\"}\nmetrics: {listen: *here}\n")
        #expect(try directory.load().metrics.listen.port == 0)
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            bomb +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        try directory.write(bomb + "kafka: {group: *a30, properties: {x: *a30}}\npostgres: {replicas: *a30}\n")
        #expect(fault() != nil)
    }
}
