import Foundation

/// The commands and options that the program has, by its own description.
struct CommandTree: Decodable {
    private struct Dump: Decodable { let command: CommandTree }
    private struct Argument: Decodable {
        struct Name: Decodable { let kind: String, name: String }
        let names: [Name]?
    }

    let commandName: String
    private let shouldDisplay: Bool
    private let subcommands: [CommandTree]?
    private let arguments: [Argument]?

    static func read() throws -> CommandTree {
        let (status, output) = try run(try Repository.binary(), ["--experimental-dump-help"])
        guard status == 0 else { throw DocsFailure("cairn does not describe itself: \(output)") }
        return try JSONDecoder().decode(Dump.self, from: Data(output.utf8)).command
    }

    func child(_ name: String) -> CommandTree? { subcommands?.first { $0.commandName == name } }

    var isLeaf: Bool { subcommands?.isEmpty != false }

    func hasOption(_ name: String) -> Bool {
        arguments?.contains { $0.names?.contains { $0.kind == "long" && "--" + $0.name == name } == true } == true
    }

    /// `cairn hunt import` and all other commands that do something themselves.
    var leaves: [String] { leaves(below: "") }

    private func leaves(below path: String) -> [String] {
        guard shouldDisplay, commandName != "help" else { return [] }
        let path = path.isEmpty ? commandName : "\(path) \(commandName)"
        return isLeaf ? [path] : (subcommands ?? []).flatMap { $0.leaves(below: path) }
    }
}
