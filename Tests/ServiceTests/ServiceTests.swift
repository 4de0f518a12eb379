import Foundation
import Reactor
import Testing

/// cairn's worker as users run it: real processes between a real broker, Postgres and Redis, with faults.
///
/// What comes out is compared with an expectation that is recomputed from what was produced. One test at a time: they
/// share the machine's two cores and one stack of servers.
@Suite(.serialized)
enum ServiceTests {}

/// Prints a line at once, so that a hang shows where it is.
func phase(_ text: String) {
    let time = Double(Clock.monotonicMs() % 1_000_000) / 1000
    FileHandle.standardOutput.write(Data("  [\(String(format: "%8.3f", time))] \(text)\n".utf8))
}

/// How many times longer than usual everything may take: `CAIRN_TEST_PATIENCE`, 1 without it. More than 1 in
/// `make test`, which machines of any speed run, and where a sanitizer slows down the processes under test.
let patience = max(1, ProcessInfo.processInfo.environment["CAIRN_TEST_PATIENCE"].flatMap { Int64($0) } ?? 1)

/// Polls `condition` until it holds or `seconds`, times `patience`, have passed. What it throws counts as "not yet":
/// servers are killed here.
@Reactor
func eventually(within seconds: Int64, _ condition: @Reactor () async throws -> Bool) async -> Bool {
    let deadline = Clock.monotonicMs() + seconds * 1_000 * patience
    while true {
        if let holds = try? await condition(), holds { return true }
        if Clock.monotonicMs() > deadline { return false }
        await Reactor.pause(ms: 20)
    }
}

/// Why a test cannot go on.
struct ServiceFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
