import DevStack
import Foundation

/// The servers that all service tests share: booted by the first one, gone with the process.
actor ServiceStack {
    static let shared = ServiceStack()
    private var booting: Task<DevStack, any Error>?
    private var sitesMade = 0

    /// The running stack.
    func stack() async throws -> DevStack {
        if let booting { return try await booting.value }
        let task = Task<DevStack, any Error> {
            var options = DevStackOptions()
            options.topics = [:]
            // Which states there were, and when, is what ranks are judged by.
            options.postgresSettings = ["track_commit_timestamp": "on"]
            return try await DevStack.start(options)
        }
        booting = task
        return try await task.value
    }

    /// A number for one test's database, topics and group.
    func nextSite() -> Int {
        sitesMade += 1
        return sitesMade
    }

    /// The program under test: `CAIRN_BINARY`, else `cairn` beside the tests, else the release build.
    static func binary() throws -> String {
        if let chosen = ProcessInfo.processInfo.environment["CAIRN_BINARY"] { return chosen }
        var folders = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map { folder(of: $0) }
        folders.append(folder(of: CommandLine.arguments[0]))
        folders.append("\(folder(of: folder(of: folder(of: #filePath))))/.build/release")
        guard let found = folders.map({ $0 + "/cairn" }).first(where: isProgram) else {
            throw ServiceFailure("no cairn in \(folders): build it first, or name it in CAIRN_BINARY")
        }
        return found
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    private static func isProgram(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return exists && !isFolder.boolValue && FileManager.default.isExecutableFile(atPath: path)
    }
}
