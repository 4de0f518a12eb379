import ArgumentParser

struct PlayerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "player", abstract: "Erases players.", subcommands: [PlayerEraseCommand.self])
}
