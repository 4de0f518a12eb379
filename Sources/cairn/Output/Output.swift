import Foundation

/// What a command prints: results to stdout, everything else to stderr.
enum Output {
    static func line(_ text: String) { print(text) }

    /// A message for a person, on stderr.
    static func complain(_ text: String, terminator: String = "\n") {
        // What was printed before comes before, also where both go to one file.
        fflush(nil)
        FileHandle.standardError.write(Data((text + terminator).utf8))
    }

    static let isTerminal = isatty(STDOUT_FILENO) == 1
    static let isErrorTerminal = isatty(STDERR_FILENO) == 1

    /// A terminal that only appends, such as an editor's: TERM is `dumb`.
    static let isDumbTerminal = ProcessInfo.processInfo.environment["TERM"] == "dumb"

    /// Whether text may be coloured: a terminal that can do more than append, and no wish against it.
    static let hasColor = isTerminal && isColorWanted
    static let hasErrorColor = isErrorTerminal && isColorWanted

    private static let isColorWanted = !isDumbTerminal && allowsColor(ProcessInfo.processInfo.environment)

    /// NO_COLOR with any value but an empty one forbids colour (https://no-color.org).
    static func allowsColor(_ environment: [String: String]) -> Bool { (environment["NO_COLOR"] ?? "").isEmpty }

    /// Columns of the terminal at stderr; 80 where it does not tell.
    static var errorColumns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
