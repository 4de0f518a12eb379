import Testing

@testable import cairn

@Suite("The arguments of cairn player")
struct PlayerCommandTests {
    @Test(
        "HUNT PLAYER needs no subcommand; with `show` any hunt and any player can be named",
        arguments: [
            (["lisbon", "ana"], "lisbon", "ana"), (["show", "lisbon", "ana"], "lisbon", "ana"),
            (["show", "show", "ana"], "show", "ana"), (["show", "erase", "erase"], "erase", "erase"),
            (["show", "lisbon", "--", "-ana"], "lisbon", "-ana"),
            (["lisbon", "ana", "--neighbours", "5"], "lisbon", "ana"), (["lisbon", "show"], "lisbon", "show"),
        ])
    func named(arguments: [String], hunt: String, player: String) throws {
        let command = try #require(try Cairn.parseAsRoot(["player"] + arguments) as? PlayerCommand.Show)
        #expect(command.hunt == hunt && command.player == player)
        #expect(command.neighbours == (arguments.contains("5") ? 5 : 3))
    }

    @Test(
        "a missing name and too many neighbours are wrong usage",
        arguments: [["lisbon"], [], ["lisbon", "ana", "--neighbours", "1001"], ["lisbon", "ana", "bert"]])
    func wrong(arguments: [String]) {
        #expect(throws: (any Error).self) {
            let command = try Cairn.parseAsRoot(["player"] + arguments)
            // Without any name the help is shown instead.
            if !(command is PlayerCommand.Show) { throw CommandFailure.usage("help") }
        }
    }
}
