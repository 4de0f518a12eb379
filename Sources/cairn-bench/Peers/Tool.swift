import Foundation

/// Programs that are run to their end.
enum Tool {
    /// - Returns: exit status and both outputs as one; nil when there is no such program. Blocks.
    static func run(_ name: String, _ arguments: [String]) -> (status: Int32, output: String)? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        // A `make` that we run under must not tell ours what to do.
        process.environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("MAKE") && $0.key != "MFLAGS"
        }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let isMissing = process.terminationStatus == 127 && output.hasPrefix("/usr/bin/env")
        return isMissing ? nil : (process.terminationStatus, output)
    }
}
