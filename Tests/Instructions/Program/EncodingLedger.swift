import FlowCore
import HuntCore
import PostgresClient
import Storage

/// A ledger that writes what it would send to Postgres and says at once that it has committed.
final class EncodingLedger: Ledger {
    /// Of all flushes.
    private(set) var counts = Counts()
    private(set) var facts = 0
    private(set) var flushes = 0
    /// Called after each flush.
    var onFlush: () -> Void = {}
    private let parameters = PostgresParameters()

    /// How scans ended.
    struct Counts: Equatable {
        var first: Int64 = 0
        var earlier: Int64 = 0
        var repeats: Int64 = 0
        var refusals: Int64 = 0

        var all: Int64 { first + earlier + repeats + refusals }
    }

    func flush(_ call: FlushCall, reply: @escaping (Result<Int64, FlushTrouble>) -> Void) {
        parameters.removeAll()
        parameters.append(call, topic: "scans", group: "cairn")
        for share in call.shares {
            counts.first += share.counts.first
            counts.earlier += share.counts.earlier
            counts.repeats += share.counts.repeats
            counts.refusals += share.counts.refusals
        }
        facts += call.facts.count
        flushes += 1
        reply(.success(CountedHunt.opensAt))
        onFlush()
    }

    func takeLeases(_ requests: [LeaseRequest], reply: @escaping (Result<[Lease], TransientTrouble>) -> Void) {
        let leases = requests.map { request in
            Lease(partition: request.partition, epoch: 1, nextOffset: 0, publishedOffset: 0, previousOwner: nil)
        }
        reply(.success(leases))
    }

    func loadDefinitions(reply: @escaping (Result<RuleBook, TransientTrouble>) -> Void) {
        reply(.success(CountedHunt.book))
    }

    func loadPlayers(_ keys: [PlayerKey], reply: @escaping (Result<[LoadedPlayer], TransientTrouble>) -> Void) {
        reply(.success(keys.enumerated().map { CountedHunt.stored($1, position: $0) }))
    }
}
