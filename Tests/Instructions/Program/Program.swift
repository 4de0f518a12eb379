import Foundation
import Reactor

@main
enum Program {
    /// Wrong usage ends with 2, as in `cairn`.
    static func main() {
        do {
            var command = try InstructionsCommand.parseAsRoot()
            try command.run()
        } catch {
            let code = InstructionsCommand.exitCode(for: error)
            let text = InstructionsCommand.fullMessage(for: error)
            if code == .success { print(text) } else if !text.isEmpty { complain(text) }
            exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }

    static func complain(_ text: String) { FileHandle.standardError.write(Data("cairn-instructions: \(text)\n".utf8)) }

    /// Runs work on the reactor's thread and ends the process with its status. The main thread just waits: an
    /// asynchronous `main` would end it, which callgrind does not survive.
    static func end(with work: @escaping @Reactor () async throws -> Int32) -> Never {
        Reactor.task {
            do {
                exit(try await work())
            } catch {
                complain("\(error)")
                exit(1)
            }
        }
        while true { pause() }
    }
}
