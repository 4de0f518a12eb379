import Foundation

/// What a command prints: results to stdout, everything else to stderr.
enum Output {
    static func line(_ text: String) { print(text) }

    /// A message for a person, on stderr.
    static func complain(_ text: String, terminator: String = "\n") {
        FileHandle.standardError.write(Data((text + terminator).utf8))
    }

    static let isTerminal = isatty(STDOUT_FILENO) == 1
    static let isErrorTerminal = isatty(STDERR_FILENO) == 1

    /// Whether text may be coloured: a terminal, and NO_COLOR is not set (https://no-color.org).
    static let hasColor =
        isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
}
