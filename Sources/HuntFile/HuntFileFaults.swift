/// All that is wrong with a hunt file, found in one reading.
public struct HuntFileFaults: Error, Equatable, Sendable {
    /// One thing that is wrong.
    public struct Fault: Equatable, Sendable {
        /// From 1.
        public let line: Int
        /// What is wrong and what to do; one line of printable text.
        public let message: String

        public init(line: Int, message: String) {
            self.line = line
            self.message = message
        }
    }

    /// At least one, sorted by line.
    public let faults: [Fault]

    public init(_ faults: [Fault]) {
        // Stable: faults of one line stay in the order in which they were found.
        self.faults = faults.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }
            .map(\.element)
    }
}

/// Text from the file as a message may show it: at most 60 characters, on one line, without what a terminal would obey.
func quoted(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(60) {
        shown.unicodeScalars.append(isShowable(scalar) ? scalar : "?")
    }
    return "\"" + shown + (text.unicodeScalars.count > 60 ? "..." : "") + "\""
}

/// Letters, digits, marks, symbols and spaces; nothing that moves the cursor or turns the direction of writing.
func isShowable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
}
