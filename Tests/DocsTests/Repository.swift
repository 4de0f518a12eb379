import Foundation

/// Where things lie in this checkout.
enum Repository {
    static let root = folder(of: folder(of: folder(of: #filePath)))

    static func path(_ relative: String) -> String { root + "/" + relative }

    /// The program under test: `CAIRN_BINARY`, else the build of the tests, else the release build.
    static func binary() throws -> String {
        if let chosen = ProcessInfo.processInfo.environment["CAIRN_BINARY"] { return chosen }
        let candidates = [path(".build-tests/release/cairn"), path(".build/release/cairn")]
        guard let found = candidates.first(where: FileManager.default.isExecutableFile) else {
            throw DocsFailure("no cairn in \(candidates): build it first, or name it in CAIRN_BINARY")
        }
        return found
    }

    /// The folder of the tools that `make setup` fetched.
    static var tools: String { ProcessInfo.processInfo.environment["CAIRN_TOOLS"] ?? path(".tools") }

    /// The text of every source file, with string literals that go over several lines made one.
    static func sources() throws -> String {
        let folder = path("Sources")
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
        let texts = try names.sorted().map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
        return texts.joined(separator: "\n").replacing(/\\\n\s+/, with: "")
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }
}

/// Why a test cannot go on.
struct DocsFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Runs a program to its end, with both outputs in one.
func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: Repository.root)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}
