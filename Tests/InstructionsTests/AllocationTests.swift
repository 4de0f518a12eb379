import Foundation
import Testing

/// `cairn-instructions` drives decoder, engine and ports in a process of its own, whose allocations it counts.
@Suite("Allocations", .timeLimit(.minutes(3)))
struct AllocationTests {
    /// A batch costs some allocations however large it is, and arrays that grow with it cost one for each doubling.
    /// From 1,024 to 8,192 scans in a turn that is three doublings of a few arrays in two calls, far from one for each
    /// of the 7,168 further scans.
    @Test("a steady repeated scan allocates nothing; a turn of 8,192 costs a hundred allocations or so")
    func repeats() throws {
        let turns = 16
        let small = try count(turns: turns, batch: 128)
        let large = try count(turns: turns, batch: 1_024)
        #expect(small.scans == 16_384 && large.scans == 131_072)
        #expect(large.allocations - small.allocations <= 32 * turns)
        #expect(large.allocations <= 128 * turns)
    }

    /// - Parameter batch: scans of each of the 8 partitions in a turn.
    private func count(turns: Int, batch: Int) throws -> (scans: Int, allocations: Int) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Self.program)
        process.arguments = ["repeats", "--turns", String(turns), "--batch", String(batch)]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(output)")
        // scans 131072 turns 16 allocations 1234
        let words = output.split(whereSeparator: \.isWhitespace)
        try #require(words.count == 6 && words[0] == "scans" && words[4] == "allocations", "\(output)")
        return (try #require(Int(words[1])), try #require(Int(words[5])))
    }

    /// Beside `CAIRN_BINARY`, else beside the tests.
    private static var program: String {
        get throws {
            let beside = ProcessInfo.processInfo.environment["CAIRN_BINARY"] ?? Bundle.main.executablePath ?? ""
            let path = URL(fileURLWithPath: beside).deletingLastPathComponent()
                .appendingPathComponent("cairn-instructions").path
            try #require(FileManager.default.isExecutableFile(atPath: path), "no \(path): build it first")
            return path
        }
    }
}
