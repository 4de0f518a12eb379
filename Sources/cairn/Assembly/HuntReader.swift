import Foundation
import HuntCore
import HuntFile
import Reactor
import Settings
import Storage

/// Hunts by file or by slug, for commands.
enum HuntReader {
    /// - Throws: `CommandFailure`: 1 when the file cannot be read, 3 with all faults, one a line.
    static func read(_ path: String) throws -> HuntDefinition {
        let data: Data
        if path == "-" {
            data = FileHandle.standardInput.readDataToEndOfFile()
        } else {
            guard let found = FileManager.default.contents(atPath: path) else {
                throw CommandFailure.failed("\(path) cannot be read: give the path of a hunt file")
            }
            data = found
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw CommandFailure.refused("\(path) is not UTF-8: save it in that encoding")
        }
        return try parse(text, name: path)
    }

    static func parse(_ text: String, name: String) throws -> HuntDefinition {
        do {
            return try HuntFile.parse(text)
        } catch {
            let lines = error.faults.map { "\(name):\($0.line): \($0.message)" }
            throw CommandFailure.refused(
                "\(name) has \(lines.count) fault\(lines.count == 1 ? "" : "s"), nothing was changed\n"
                    + lines.joined(separator: "\n"))
        }
    }

    /// - Throws: `CommandFailure` when there is none such.
    @Reactor
    static func stored(_ slug: String, _ settings: Settings) async throws -> DefinitionStore.StoredHunt {
        try await Database.with(settings) { database in try await stored(slug, database) }
    }

    @Reactor
    static func stored(_ slug: String, _ database: Database) async throws -> DefinitionStore.StoredHunt {
        guard let hunt = try await DefinitionStore(pool: database.pool).hunts(slug: slug).first else {
            throw CommandFailure.failed("there is no hunt \(slug): `cairn hunt list` shows those that are imported")
        }
        return hunt
    }
}
