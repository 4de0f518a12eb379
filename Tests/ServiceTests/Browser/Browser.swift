import Foundation

/// The browser that `make setup` installs, and what drives it.
struct Browser {
    /// Chromium or its headless shell.
    let program: String
    let python: String
    /// Where Python finds what drives the browser.
    let library: String

    /// nil: there is no browser here, or nothing to drive it.
    static let installed: Browser? = {
        let environment = ProcessInfo.processInfo.environment
        let programs = ["chromium-headless-shell", "chromium"].compactMap { found($0, environment["PATH"]) }
        let library = (environment["CAIRN_TOOLS"] ?? "\(folder)/.tools") + "/browser"
        guard let program = programs.first, let python = found("python3", environment["PATH"]),
            FileManager.default.fileExists(atPath: library + "/playwright")
        else { return nil }
        return Browser(program: program, python: python, library: library)
    }()

    /// Of the repository.
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private static func found(_ program: String, _ path: String?) -> String? {
        (path ?? "").split(separator: ":").map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
