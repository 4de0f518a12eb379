import Foundation
import Testing

/// Which rows of the fault matrix run, and where their results go.
enum FaultMatrix {
    /// Whether every row runs (`make faults`); otherwise only those that `make test` has.
    static let isWhole = variable("CAIRN_FAULTS") == "all"

    /// Why a row shows as skipped.
    static let whyNot: Comment = "a row of `make faults`"

    /// Writes a row to the log, and to the file that `CAIRN_FAULTS_REPORT` names.
    static func report(_ result: FaultResult) {
        phase("row: \(result.cells.joined(separator: " | "))")
        guard let path = variable("CAIRN_FAULTS_REPORT") else { return }
        let line = Data((result.cells.joined(separator: "\t") + "\n").utf8)
        guard let file = FileHandle(forWritingAtPath: path) else {
            return phase("row: \(path) cannot be written")
        }
        file.seekToEndOfFile()
        file.write(line)
        try? file.close()
    }

    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
}

/// What one fault did.
struct FaultResult {
    var fault: String
    var scans = 0
    var lost: Int64 = 0
    var doubled: Int64 = 0
    var wrong: Int64 = 0
    /// From the end of the fault until what was acknowledged by then was committed and published; nil: not measured.
    var recoveryMs: Int64?
    var recoveryMsMax: Int64?
    /// What else is worth knowing.
    var notes: [String] = []
    /// Why it came to no end, or did not run.
    var failure: String?

    var cells: [String] {
        let seconds = recoveryMs.map { String(format: "%.1f", Double($0) / 1000) } ?? "-"
        let most = recoveryMsMax.map { String(format: "%.1f", Double($0) / 1000) } ?? "-"
        let outcome = failure.map { [$0.split(separator: "\n").first.map(String.init) ?? $0] } ?? []
        return [fault, "\(scans)", "\(lost)", "\(doubled)", "\(wrong)", seconds, most]
            + [(outcome + notes).joined(separator: "; ")]
    }

    mutating func take(_ differences: [Difference]) {
        func sum(_ kind: Difference.Kind) -> Int64 {
            differences.filter { $0.kind == kind }.reduce(0) { $0 + $1.count }
        }
        lost += sum(.lost)
        doubled += sum(.doubled)
        wrong += sum(.wrong)
    }
}
