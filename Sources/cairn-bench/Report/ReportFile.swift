import Foundation

/// Files that a command leaves behind.
enum ReportFile {
    /// Writes a report as JSON, making the folder where it is missing.
    static func write(_ report: some Encodable, to path: String) throws(BenchFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try attempt(path) { try encoder.encode(report).write(to: $0) }
    }

    /// The same for a text, which ends with a line feed.
    static func write(_ text: String, to path: String) throws(BenchFailure) {
        try attempt(path) { try Data((text + "\n").utf8).write(to: $0) }
    }

    /// A moment for a file's name: `20261121-045500`, GMT.
    static func stamp(_ date: Date) -> String {
        date.formatted(.verbatim(stampFormat, timeZone: .gmt, calendar: .init(identifier: .gregorian)))
    }

    private static func attempt(_ path: String, _ write: (URL) throws -> Void) throws(BenchFailure) {
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try write(url)
        } catch {
            throw .failed("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    private static let stampFormat: Date.FormatString =
        "\(year: .defaultDigits)\(month: .twoDigits)\(day: .twoDigits)-\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)"
}
