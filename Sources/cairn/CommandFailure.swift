/// Why a command ends without having done its work, by exit code.
struct CommandFailure: Error {
    let exitCode: Int32
    /// For stderr: what, and what to do.
    let message: String

    /// It could not be done.
    static func failed(_ message: String) -> CommandFailure {
        CommandFailure(exitCode: 1, message: "cairn: \(message)")
    }

    /// It was asked for in a wrong way.
    static func usage(_ message: String) -> CommandFailure {
        CommandFailure(exitCode: 2, message: "cairn: \(message)")
    }

    /// A check said no.
    static func refused(_ message: String) -> CommandFailure {
        CommandFailure(exitCode: 3, message: "cairn: \(message)")
    }
}
