import Foundation
import Testing

@testable import cairn_bench

/// The program as `make bench` runs it, on a small job.
@Suite("cairn-bench", .serialized, .timeLimit(.minutes(3)))
struct BenchProgramTests {
    @Test("drains both mixes and writes what it measured")
    func drain() throws {
        try withFolder { folder in
            let run = try bench("--count", "20000", "--kinds", "drain", "--json", "\(folder)/results.json")
            #expect(run.status == 0, "\(run.output)")
            let results = try report(in: folder).results
            #expect(results.map(\.mix) == ["R", "W"])
            for result in results {
                #expect(result.scans == 20_000 && result.flushes > 0 && result.scansPerSecond > 0)
                #expect(result.keysCompared > 0 && result.peakMemory > 1 << 20)
            }
        }
    }

    @Test("measures latencies under bursts")
    func bursts() throws {
        try withFolder { folder in
            let run = try bench(
                "--mix", "R", "--kinds", "burst", "--seconds", "1", "--json", "\(folder)/results.json")
            #expect(run.status == 0, "\(run.output)")
            let load = try #require(try report(in: folder).results.first?.load)
            #expect(load.latency.count > 100 && load.floor.count > 1_000 && load.lateness.count == 52_000)
            #expect(load.latency.p50 > 0 && load.latency.p50 <= load.latency.p99)
        }
    }

    @Test("soaks while workers come and go, and finds everything exact and flat")
    func soak() throws {
        try withFolder { folder in
            let run = try bench(
                "soak", "--minutes", "0.4", "--rate", "2000", "--players", "2000", "--churn", "6", "--samples",
                "\(folder)/soak.csv")
            #expect(run.status == 0, "\(run.output)")
            #expect(run.output.contains("every score, fact, count and key is exact"), "\(run.output)")
            let samples = try String(contentsOfFile: "\(folder)/soak.csv", encoding: .utf8)
            #expect(samples.split(separator: "\n").count > 8)
        }
    }

    @Test(
        "compares cairn with another system, and shows no figure of one that is not exact",
        .enabled(if: hasCompiler, "needs gcc and make"))
    func compare() throws {
        try withFolder { folder in
            let peers = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
            let run = try bench(
                "compare", "--peers", peers + "/Peers", "--only", "tiny,careless,nobody", "--home", "\(folder)/home",
                "--count", "3000", "--mix", "R", "--kinds", "drain", "--runs", "1", "--json", "\(folder)/results.json")
            #expect(run.status == 0, "\(run.output)")
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/results.json"))
            let report = try JSONDecoder().decode(CompareReport.self, from: data)
            #expect(report.results.map(\.revision) == ["cairn", "tiny"], "\(run.output)")
            for result in report.results {
                #expect(result.scans == 3_000 && result.scansPerSecond > 0 && result.keysCompared > 0)
                #expect(result.peakMemory > 1 << 20)
            }
            #expect(report.contenders == ["cairn", "tiny", "careless"])
            #expect(report.absences.map(\.name) == ["nobody", "careless"])
            #expect(report.absences.last?.reason.hasPrefix("the run is not exact") == true, "\(report.absences)")
            let table = try String(contentsOfFile: "\(folder)/results.md", encoding: .utf8)
            #expect(table.contains("| cairn / tiny | scans/s, mix R |") && !table.contains("| cairn / careless |"))
        }
    }

    @Test("refuses to report a run whose scores are not the oracle's")
    func inexact() throws {
        try withFolder { folder in
            // A cairn that imports another hunt than it was given.
            let program = "\(folder)/cairn"
            let script = """
                #!/bin/sh
                if [ "$1" = hunt ]; then sed -i 's/points: 100}/points: 99}/' "$3"; fi
                exec '\(try Self.program("cairn"))' "$@"
                """
            let isWritten = FileManager.default.createFile(
                atPath: program, contents: Data(script.utf8), attributes: [.posixPermissions: 0o755])
            #expect(isWritten)
            let results = "\(folder)/results.json"
            let run = try bench(
                "--count", "5000", "--mix", "W", "--kinds", "drain", "--binary", program, "--json", results)
            #expect(run.status == 3)
            #expect(run.output.contains("the run is not exact"))
            #expect(!run.output.contains("scans/s"))
            #expect(!FileManager.default.fileExists(atPath: results))
        }
    }

    // MARK: Running it

    private static let hasCompiler = ["gcc", "make"].allSatisfy { Tool.run($0, ["--version"])?.status == 0 }

    func bench(_ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Self.program("cairn-bench"))
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    private func report(in folder: String) throws -> BenchReport {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/results.json"))
        return try JSONDecoder().decode(BenchReport.self, from: data)
    }

    func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/cairn-bench-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// Beside `CAIRN_BINARY`, else beside the tests.
    static func program(_ name: String) throws -> String {
        let beside = ProcessInfo.processInfo.environment["CAIRN_BINARY"] ?? Bundle.main.executablePath ?? ""
        let path = URL(fileURLWithPath: beside).deletingLastPathComponent().appendingPathComponent(name).path
        try #require(FileManager.default.isExecutableFile(atPath: path), "no \(path): build it first")
        return path
    }
}
