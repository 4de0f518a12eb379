import FlowCore
import HuntCore

/// One worker's connection to the ledger: everything takes time, and some of it goes wrong.
public final class LedgerClient: Ledger {
    private let ledger: FakeLedger
    private let owner: String
    private let time: VirtualTime
    private let faults: Faults
    private let parts: WorldParts
    var isAlive: () -> Bool = { true }
    /// While true nothing is answered and nothing arrives; `release` lets it go on.
    private var isHeld = false
    private var held: [() -> Void] = []
    /// Added to the time of every reply, milliseconds.
    public var replyDelayMs: Int64 = 0
    public private(set) var flushesSent: [FlushImage] = []
    public private(set) var playersAsked = 0

    public init(ledger: FakeLedger, owner: String, time: VirtualTime, faults: Faults, parts: WorldParts) {
        self.parts = parts
        self.ledger = ledger
        self.owner = owner
        self.time = time
        self.faults = faults
    }

    /// Stops everything on its way to the ledger.
    public func hold() { isHeld = true }

    public func release() {
        isHeld = false
        let waiting = held
        held = []
        for action in waiting { action() }
    }

    private func arrive(afterMs: Int64 = 0, _ action: @escaping () -> Void) {
        time.after(afterMs + faults.latencyMs()) { [self] in
            if isHeld { held.append(action) } else { action() }
        }
    }

    private func answer(_ action: @escaping () -> Void) {
        time.after(faults.latencyMs() + replyDelayMs) { [self] in
            if isAlive() { action() }
        }
    }

    private func ask<Value>(
        failing percent: Int, _ reply: @escaping (Result<Value, TransientTrouble>) -> Void,
        _ work: @escaping () -> Value
    ) {
        let trouble = TransientTrouble("Postgres does not answer")
        if faults.happens(percent) {
            faults.mark("read failed")
            // Half of the time the request was carried out all the same.
            if faults.happens(50) { arrive { _ = work() } }
            return answer { reply(.failure(trouble)) }
        }
        arrive { [self] in
            let value = work()
            answer { reply(.success(value)) }
        }
    }

    public func takeLeases(_ requests: [LeaseRequest], reply: @escaping (Result<[Lease], TransientTrouble>) -> Void) {
        ask(failing: faults.rates.leasePercent, reply) { [ledger, owner] in ledger.takeLeases(requests, owner: owner) }
    }

    public func loadDefinitions(reply: @escaping (Result<RuleBook, TransientTrouble>) -> Void) {
        ask(failing: faults.rates.readPercent, reply) { [ledger] in ledger.ruleBook() }
    }

    public func loadPlayers(_ keys: [PlayerKey], reply: @escaping (Result<[LoadedPlayer], TransientTrouble>) -> Void) {
        playersAsked += keys.count
        let players = keys.map { PlayerID($0) }
        ask(failing: faults.rates.readPercent, reply) { [ledger] in ledger.loadPlayers(players) }
    }

    public func flush(_ call: FlushCall, reply: @escaping (Result<Int64, FlushTrouble>) -> Void) {
        let image = FlushImage(call)
        flushesSent.append(image)
        let lost = FlushTrouble.outcomeUnknown(TransientTrouble("the connection was lost"))
        let fault = faults.flushFault()
        if fault != .none { faults.mark("flush: \(fault)".prefix { $0 != "(" }.description) }
        switch fault {
        case .none:
            arrive { [self] in
                let result = commit(image)
                answer { reply(result) }
            }
        case .unavailable:
            answer { reply(.failure(.unavailable(TransientTrouble("Postgres is away")))) }
        case .conflict:
            answer { reply(.failure(.conflict)) }
        case .lostBefore:
            answer { reply(.failure(lost)) }
        case .lostAfter:
            arrive { [self] in
                _ = commit(image)
                answer { reply(.failure(lost)) }
            }
        case .stray(let delayMs):
            arrive(afterMs: delayMs) { [self] in _ = commit(image) }
            answer { reply(.failure(lost)) }
        }
    }

    private func commit(_ image: FlushImage) -> Result<Int64, FlushTrouble> { parts.flush(ledger, image) }
}
