import Foundation
import Settings

/// A directory of its own that is gone after the test.
final class ConfigDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/cairn-settings-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ text: String, to name: String = "cairn.yaml") throws {
        try write(Array(text.utf8), to: name)
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func load(
        file: String? = nil, environment: [String: String] = [:], overrides: [String] = []
    ) throws(SettingsFaults) -> Settings {
        try Settings.load(file: file, environment: environment, overrides: overrides, currentDirectory: path)
    }
}

/// The settings of layers of which the file may be missing.
func settings(
    yaml: String? = nil, environment: [String: String] = [:], overrides: [String] = []
) throws -> Settings {
    let directory = try ConfigDirectory()
    if let yaml { try directory.write(yaml) }
    return try directory.load(environment: environment, overrides: overrides)
}

/// What is said about layers that are wrong, one line per fault; empty when nothing is.
func faults(
    yaml: String? = nil, environment: [String: String] = [:], overrides: [String] = []
) throws -> [String] {
    do {
        _ = try settings(yaml: yaml, environment: environment, overrides: overrides)
        return []
    } catch let error as SettingsFaults {
        return error.description.split(separator: "\n").map(String.init)
    }
}
