/// Why there is no result, by exit code.
struct BenchFailure: Error {
    let exitCode: Int32
    /// For stderr: what, and what to do.
    let message: String

    /// It could not be measured.
    static func failed(_ message: String) -> BenchFailure { BenchFailure(exitCode: 1, message: message) }

    /// It was measured, and what the worker left behind is wrong: no figure of such a run is worth anything.
    static func inexact(_ message: String) -> BenchFailure { BenchFailure(exitCode: 3, message: message) }
}
