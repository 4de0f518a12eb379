import ArgumentParser

/// Prints the manual page; `make docs` writes it to a file.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Prints cairn's manual page in roff.", shouldDisplay: false)

    func run() throws {
        print(try ManualPage(dump: Cairn._dumpHelp(), version: Cairn.version).roff, terminator: "")
    }
}
