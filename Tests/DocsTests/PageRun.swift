import DevStack
import Foundation
import Reactor

/// Runs the blocks of shell of one page in order, in one shell with `bash -eu`, in an empty folder, on servers of its
/// own.
///
/// Pages are written for servers on their default ports. Before a block runs, the addresses of Kafka, Redis and the
/// metrics page are replaced by those of the private servers; Postgres is found by libpq's variables.
@Reactor
final class PageRun {
    private let page: Page
    private let stack: DevStack
    private let folder: String
    private let control: String
    private let addresses: [(written: String, actual: String)]
    private var shell: DevProcess?

    /// How long one block may take, seconds.
    private static let blockSeconds: Int64 = 60
    /// For how long a block is begun again whose output does not fit yet, seconds.
    private static let repeatSeconds: Int64 = 30

    init(_ page: Page, on stack: DevStack) throws {
        self.page = page
        self.stack = stack
        folder = "\(stack.folder)/page"
        control = "\(stack.folder)/control"
        addresses = [
            ("127.0.0.1:9092", stack.brokers),
            ("127.0.0.1:6379", "127.0.0.1:\(stack.port(of: .redis))"),
            ("127.0.0.1:9464", "127.0.0.1:\(try freePort())"),
            ("127.0.0.1:8080", "127.0.0.1:\(try freePort())"),
        ]
        for path in [folder, control, "\(control)/bin"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
    }

    /// - Throws: `DocsFailure` at the first block that fails or prints something else than the page says.
    func run() async throws {
        try prepare()
        let tools = Repository.tools
        shell = try await stack.spawn(
            "page", "env", ["-u", "CAIRN_BINARY", "bash", "-eu", "\(control)/page.sh"],
            environment: [
                "PATH": "\(control)/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"),
                "CAIRN_TOOLS": tools, "LD_LIBRARY_PATH": "\(tools)/lib",
                "PGHOST": "127.0.0.1", "PGPORT": "\(stack.port(of: .postgres))", "PGUSER": "postgres",
                "PGDATABASE": "postgres", "NO_COLOR": "1", "LC_ALL": "C.UTF-8",
            ])
        for (number, block) in page.blocks.enumerated() {
            if let file = block.file {
                try substituted(block.text).write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
            } else if block.isShell {
                let next = number + 1 < page.blocks.count ? page.blocks[number + 1] : nil
                try await run(block, number, expecting: next.flatMap { $0.isOutput ? $0.text : nil })
            }
        }
    }

    // MARK: One block

    private func run(_ block: Page.Block, _ number: Int, expecting expected: String?) async throws {
        let pattern = expected.map { OutputPattern($0) }
        let lastStartMs = Clock.monotonicMs() + Self.repeatSeconds * 1_000
        while true {
            let output = try await runOnce(block, number)
            let status = text("done-\(number)").trimmingCharacters(in: .whitespacesAndNewlines)
            if status == "0", pattern?.fits(output) != false { break }
            if !block.isRepeatable || Clock.monotonicMs() > lastStartMs {
                let wanted = expected ?? "exit code 0\n"
                throw failure(
                    block, "printed, with exit code \(status),\n\(output)where the page says\n\(wanted)\(log())")
            }
            try FileManager.default.removeItem(atPath: "\(control)/done-\(number)")
            await Reactor.pause(ms: 100)
        }
        if block.isRepeatable { try touch("next-\(number)") }
        try touch("go-\(number)")
    }

    /// - Returns: what it printed.
    private func runOnce(_ block: Page.Block, _ number: Int) async throws -> String {
        try touch("go-\(number)")
        let deadline = Clock.monotonicMs() + Self.blockSeconds * 1_000
        while !exists("done-\(number)"), shell?.isRunning == true, Clock.monotonicMs() < deadline {
            await Reactor.pause(ms: 10)
        }
        let output = presented(text("out-\(number)"))
        if exists("done-\(number)") { return output }
        let end = shell?.isRunning == true ? "took too long" : "ended the shell"
        throw failure(block, "\(end) after printing\n\(output)\(log())")
    }

    private func failure(_ block: Page.Block, _ text: String) -> DocsFailure {
        DocsFailure("\(page.path):\(block.line): the block\n\(block.text)\(text)")
    }

    /// The shell's own last words, and those of what it left in its folder.
    private func log() -> String {
        let shellLog = shell.flatMap { try? String(contentsOfFile: $0.logPath, encoding: .utf8) } ?? ""
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let logs = names.filter { $0.hasSuffix(".log") }.map { name in
            let text = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
            return "-- \(name)\n" + text.split(separator: "\n").suffix(10).joined(separator: "\n")
        }
        return ([shellLog] + logs).joined(separator: "\n")
    }

    // MARK: Files

    private func touch(_ name: String) throws {
        try "".write(toFile: "\(control)/\(name)", atomically: true, encoding: .utf8)
    }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(control)/\(name)") }

    private func text(_ name: String) -> String {
        FileManager.default.contents(atPath: "\(control)/\(name)").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// What runs in place of the page's text.
    private func substituted(_ text: String) -> String {
        addresses.reduce(text) { $0.replacing($1.written, with: $1.actual) }
    }

    /// Output as a reader with servers on their default ports would see it.
    private func presented(_ text: String) -> String {
        addresses.reduce(text) { $0.replacing($1.actual, with: $1.written) }
            .replacing("127.0.0.1:\(stack.port(of: .postgres))", with: "127.0.0.1:5432")
    }

    /// Writes the blocks, the script that runs them, and the programs that stand on the PATH before all others.
    private func prepare() throws {
        try script("cairn", "exec \(try Repository.binary()) \"$@\"")
        // Kafka's own tool needs a Java machine; of its options this one takes those that the pages use.
        try script(
            "kafka-topics.sh",
            """
            [ "$#" = 7 ] && [ "$1 $3 $4 $6" = "--bootstrap-server --create --topic --partitions" ] || exit 2
            exec \(Repository.tools)/bin/tansu topic create --broker "tcp://$2" --partitions "$7" "$5"
            """)
        var lines = [
            "psql -q -c 'drop database cairn' -c 'drop role cairn'",
            "cd \(folder)",
            "go() { until [ -e \(control)/go-$1 ]; do sleep 0.01; done; rm \(control)/go-$1; }",
        ]
        for (number, block) in page.blocks.enumerated() where block.isShell {
            let path = "\(control)/block-\(number).sh"
            try substituted(block.text).write(toFile: path, atomically: true, encoding: .utf8)
            let output = "\(control)/out-\(number)"
            let done = "\(control)/done-\(number)"
            lines.append("go \(number)")
            if block.isRepeatable {
                let once = "bash -eu \(path) >\(output) 2>&1; then echo 0 >\(done).new; else echo $? >\(done).new"
                lines.append("while [ ! -e \(control)/next-\(number) ]; do")
                lines.append("if \(once); fi; mv \(done).new \(done); go \(number); done")
            } else {
                lines.append(". \(path) >\(output) 2>&1")
                lines.append("echo 0 >\(done).new; mv \(done).new \(done); go \(number)")
            }
        }
        try (lines.joined(separator: "\n") + "\n").write(
            toFile: "\(control)/page.sh", atomically: true, encoding: .utf8)
    }

    private func script(_ name: String, _ text: String) throws {
        let path = "\(control)/bin/\(name)"
        try "#!/usr/bin/env bash\n\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
}

/// A port of 127.0.0.1 that nobody listens on at this moment.
private func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
        }
    }
    guard status == 0 else { throw DocsFailure("there is no free port") }
    return UInt16(bigEndian: address.sin_port)
}
