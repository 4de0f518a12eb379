import Foundation
import Testing

@testable import cairn_bench

extension BenchProgramTests {
    private static let hasWrk = Tool.run("wrk", ["--version"]) != nil

    @Test("reads a board that moves, and finds every answer right", .enabled(if: hasWrk, "needs wrk"))
    func read() throws {
        try withFolder { folder in
            let run = try bench(
                "read", "--players", "3000", "--scans", "800", "--seconds", "3", "--connections", "8", "--rate", "500",
                "--clients", "600", "--within", "3", "--checked", "60", "--json", "\(folder)/read.json")
            #expect(run.status == 0, "\(run.output)")
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/read.json"))
            let report = try JSONDecoder().decode(ReadReport.self, from: data)
            #expect(report.runs.count == 3 && report.commits > 20 && report.changes > 1_000)
            for run in report.runs {
                #expect(run.answers > 500 && run.errors == 0 && run.verdict.isRight)
                #expect(run.verdict.checked > 100 && run.scans > 1_000 && run.serveMemory > 1 << 20)
                #expect((run.latency?.p50 ?? 0) > 0)
            }
            #expect(report.runs[2].answers == 1_800)
        }
    }

    @Test("a board in another order than the contract's is noticed")
    func readWrongly() throws {
        try withFolder { folder in
            // A cairn that imports the hunt with the other ranking.
            let program = "\(folder)/cairn"
            let script = """
                #!/bin/sh
                if [ "$1" = hunt ]; then sed -i 's/^ranking: .*/ranking: shared/' "$3"; fi
                exec '\(try Self.program("cairn"))' "$@"
                """
            let isWritten = FileManager.default.createFile(
                atPath: program, contents: Data(script.utf8), attributes: [.posixPermissions: 0o755])
            #expect(isWritten)
            let run = try bench(
                "read", "--players", "1000", "--scans", "200", "--seconds", "1", "--runs", "paced", "--rate", "100",
                "--binary", program, "--json", "\(folder)/read.json")
            #expect(run.status == 3)
            #expect(run.output.contains("equals no state"), "\(run.output)")
        }
    }
}
