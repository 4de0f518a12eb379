import Reactor
import Simulation

/// Over what a suite of a port runs.
enum Implementation: String, CaseIterable, Sendable {
    /// The one that simulations use.
    case fake
    /// The one that workers use, on a real server.
    case real
}

/// How a test waits: a fake's time is driven, a server's time passes.
@Reactor
struct Patience {
    /// The fake's clock; nil for a real server.
    let time: VirtualTime?

    /// Waits for a minute of a fake's time, or for 60 s.
    ///
    /// - Throws: `NeverHappened`.
    func until(_ what: String, _ condition: @Reactor () async throws -> Bool) async throws {
        if let time {
            let deadline = time.nowMs + 60_000
            while try await !condition() {
                if time.nowMs >= deadline { throw NeverHappened(description: what) }
                time.run(forMs: 1)
            }
        } else {
            let deadline = Clock.monotonicMs() + 60_000
            while try await !condition() {
                if Clock.monotonicMs() > deadline { throw NeverHappened(description: what) }
                await Reactor.pause(ms: 2)
            }
        }
    }

    /// Asks a port and waits for its reply.
    ///
    /// - Throws: `NeverHappened`, also when there are two replies.
    func reply<Value>(_ ask: (@escaping (Value) -> Void) -> Void) async throws -> Value {
        var replies: [Value] = []
        ask { replies.append($0) }
        try await until("a reply") { !replies.isEmpty }
        guard replies.count == 1, let reply = replies.first else { throw NeverHappened(description: "one reply") }
        return reply
    }
}

struct NeverHappened: Error, CustomStringConvertible {
    let description: String
}
