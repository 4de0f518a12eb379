import Foundation

/// The manual page cairn(1), made from the command line's own description of itself.
///
/// - Source: man(7) for the macros; ArgumentParser's `--experimental-dump-help` for the tree of commands.
struct ManualPage {
    private let root: Command
    private let version: String

    /// A command, as ArgumentParser dumps it; of what it dumps only what the page shows.
    private struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let discussion: String?
        let shouldDisplay: Bool
        let arguments: [Argument]?
        let subcommands: [Command]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String

            var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        let kind: String
        let shouldDisplay: Bool
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let preferredName: Name?
        let valueName: String?
        let defaultValue: String?
        let abstract: String?
    }

    private struct Dump: Decodable {
        let command: Command
    }

    /// - Parameter dump: what `--experimental-dump-help` prints.
    /// - Throws: when that is not what ArgumentParser writes.
    init(dump: String, version: String) throws {
        root = try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
        self.version = version
    }

    /// The page in roff.
    var roff: String {
        var lines = [
            ".\\\" Made by `make docs` from the commands themselves; a test compares.",
            ".TH CAIRN 1 \"\" \"cairn \(version)\" \"User Commands\"",
            ".SH NAME", "cairn \\- scores of NFC treasure hunts, exact and live",
            ".SH SYNOPSIS", ".B cairn", ".I command", "[options]", ".br", ".B cairn", "\\-\\-help",
            ".SH DESCRIPTION",
        ]
        lines += paragraphs(root.abstract) + paragraphs(root.discussion)
        lines.append(".SH COMMANDS")
        for command in shown(root) { lines += section(command, path: root.commandName) }
        return (lines + Self.closing).joined(separator: "\n") + "\n"
    }

    private func shown(_ command: Command) -> [Command] {
        (command.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    /// A command's own part, or those of its subcommands.
    private func section(_ command: Command, path: String) -> [String] {
        let path = "\(path) \(command.commandName)"
        let parts = shown(command)
        if !parts.isEmpty { return parts.flatMap { section($0, path: path) } }
        let arguments = (command.arguments ?? []).filter { $0.shouldDisplay && !Self.isEverywhere($0) }
        var lines = [".SS \(path)", ".B \(Self.escaped(path))"] + arguments.map(Self.synopsis)
        lines += [".PP"] + paragraphs(command.abstract) + paragraphs(command.discussion)
        for argument in arguments { lines += Self.item(argument) }
        return lines
    }

    /// `--help` and `--version` are told once, at the end.
    private static func isEverywhere(_ argument: Argument) -> Bool {
        ["--help", "--version"].contains(argument.preferredName?.text)
    }

    private static func term(_ argument: Argument) -> String {
        let value = argument.kind == "flag" ? nil : argument.valueName.map { "\\fI\(escaped($0))\\fR" }
        let name = argument.preferredName.map { "\\fB\(escaped($0.text))\\fR" }
        return [name, value].compactMap { $0 }.joined(separator: " ")
    }

    private static func synopsis(_ argument: Argument) -> String {
        let repeated = term(argument) + (argument.isRepeating ? " ..." : "")
        return argument.isOptional ? "[\(repeated)]" : repeated
    }

    private static func item(_ argument: Argument) -> [String] {
        let value = argument.defaultValue.map { " Default: \($0)." } ?? ""
        return [".TP", term(argument), escaped((argument.abstract ?? "") + value)]
    }

    /// Text as filled paragraphs; lines that begin with blanks stay as they are, as examples do.
    private func paragraphs(_ text: String?) -> [String] {
        guard let text else { return [] }
        var lines: [String] = []
        var isExample = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(" ") != isExample, !line.isEmpty {
                lines.append(isExample ? ".EE" : ".EX")
                isExample.toggle()
            }
            lines.append(line.isEmpty ? ".PP" : Self.escaped(String(line)))
        }
        return lines + (isExample ? [".EE"] : []) + [".PP"]
    }

    /// Text that roff prints as it is: backslashes, hyphens and a dot or quote that would begin a request.
    private static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }

    private static let closing = [
        ".SH OPTIONS OF EVERY COMMAND",
        ".TP", "\\fB\\-\\-help\\fR", "Explains the command.",
        ".TP", "\\fB\\-\\-version\\fR", "Prints the version.",
        ".SH EXIT STATUS",
        ".TP", ".B 0", "Done.",
        ".TP", ".B 1", "Failed: a line on standard error says what, and what to do.",
        ".TP", ".B 2", "Wrong usage.",
        ".TP", ".B 3", "Refused by a check: an unmigrated database, a faulty hunt file, a difference.",
        ".SH ENVIRONMENT",
        ".TP", ".B CAIRN_CONFIG", "The settings file where \\fB\\-\\-config\\fR names none.",
        ".TP", "\\fBCAIRN_\\fISETTING\\fR",
        "Any setting, in capitals and with _ for each dot: CAIRN_POSTGRES_URL is postgres.url.",
        ".TP", ".B CAIRN_TOOLS", "A folder with bin/tansu, the broker of \\fBcairn demo\\fR.",
        ".TP", ".B NO_COLOR", "Not empty: no colours.",
        ".SH FILES",
        ".TP", ".I cairn.yaml", "Settings, read from the working directory where it exists.",
    ]
}
