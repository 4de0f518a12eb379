import Foundation
import Settings
import Testing

/// What is made from the program stands in the repository as the program makes it, and can be installed.
@Suite("generated documentation")
struct GeneratedTests {
    @Test("docs/configuration.md is what `make docs` writes")
    func configuration() throws {
        let page = try String(contentsOfFile: Repository.path("docs/configuration.md"), encoding: .utf8)
        #expect(page == SettingsReference.markdown(), "run `make docs`")
    }

    @Test("the manual page is what `make docs` writes, and tells of every command")
    func manual() throws {
        let (status, output) = try run(try Repository.binary(), ["manual"])
        #expect(status == 0)
        let page = try String(contentsOfFile: Repository.path("docs/man/cairn.1"), encoding: .utf8)
        #expect(page == output, "run `make docs`")
        for command in try CommandTree.read().leaves { #expect(page.contains("\n.SS \(command)\n"), "\(command)") }
    }

    @Test("completions are made for three shells, and bash accepts its own", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let (status, script) = try run(try Repository.binary(), ["--generate-completion-script", shell])
        #expect(status == 0)
        #expect(script.contains("standings"))
        guard shell == "bash" else { return }
        let path = NSTemporaryDirectory() + "cairn-docs-\(UUID().uuidString).bash"
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (syntax, complaint) = try run("/bin/bash", ["-n", path])
        #expect(syntax == 0, "\(complaint)")
    }

    @Test("an installed cairn runs, with page and completions, and leaves nothing when it is removed")
    func install() throws {
        let folder = NSTemporaryDirectory() + "cairn-docs-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = Repository.path("tools/install.sh")
        let (status, output) = try run("/bin/bash", [script, try Repository.binary(), folder])
        #expect(status == 0, "\(output)")
        let (help, text) = try run(folder + "/bin/cairn", ["--help"])
        #expect(help == 0)
        #expect(text.contains("SUBCOMMANDS"))
        for file in ["share/man/man1/cairn.1", "share/bash-completion/completions/cairn"] {
            #expect(FileManager.default.fileExists(atPath: "\(folder)/\(file)"))
        }
        let (removal, complaint) = try run("/bin/bash", [script, "--remove", folder])
        #expect(removal == 0, "\(complaint)")
        let left = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        #expect(left.isEmpty)
    }
}
