import FlowCore
import HuntCore

/// One worker's connection to the ledger: everything takes time, and some of it goes wrong. When the ledger goes away,
/// whatever is on its way there or back is lost.
public final class LedgerClient: Ledger {
    private let ledger: FakeLedger
    private let owner: String
    private let time: VirtualTime
    private let faults: Faults
    private let parts: WorldParts
    var isAlive: () -> Bool = { true }
    /// So many messages are stopped on their way; `release` lets them go on.
    private var holds = 0
    private var held: [() -> Void] = []
    /// Added to the time of every reply, milliseconds.
    public var replyDelayMs: Int64 = 0
    public private(set) var flushesSent: [FlushImage] = []
    public private(set) var playersAsked = 0
    /// Flushes of which no reply came, until the leases tell.
    private var unanswered: [FlushImage] = []

    private static let trouble = TransientTrouble("Postgres does not answer")

    public init(
        ledger: FakeLedger, owner: String, time: VirtualTime, faults: Faults, parts: WorldParts = WorldParts()
    ) {
        self.ledger = ledger
        self.owner = owner
        self.time = time
        self.faults = faults
        self.parts = parts
    }

    // MARK: On the way

    /// Stops the next messages on their way to the ledger.
    public func hold(atMost messages: Int = .max) { holds = messages }

    public func release() {
        holds = 0
        let waiting = held
        held = []
        for action in waiting { action() }
    }

    /// - Parameter died: what happens instead when the ledger went away on the way.
    private func arrive(afterMs: Int64 = 0, died: @escaping () -> Void = {}, _ action: @escaping () -> Void) {
        let failures = ledger.failures
        let isAway = ledger.isAway
        time.after(afterMs + faults.latencyMs()) { [self] in
            if isAway || ledger.failures != failures {
                if !isAway { faults.mark(.backendDied) }
                return died()
            }
            if held.count < holds { held.append(action) } else { action() }
        }
    }

    private func answer(died: @escaping () -> Void = {}, _ action: @escaping () -> Void) {
        let failures = ledger.failures
        time.after(faults.latencyMs() + replyDelayMs) { [self] in
            guard isAlive() else { return }
            if ledger.failures == failures { return action() }
            faults.mark(.backendDied)
            died()
        }
    }

    private func ask<Value>(
        failing percent: Int, _ mark: CoverageMark,
        _ reply: @escaping (Result<Value, TransientTrouble>) -> Void, _ work: @escaping () -> Value
    ) {
        let fail = { [self] in
            time.after(faults.latencyMs()) { [self] in if isAlive() { reply(.failure(Self.trouble)) } }
        }
        if faults.happens(percent) {
            // Half of the time the request was carried out all the same.
            if faults.happens(50) {
                faults.mark(mark)
                arrive { _ = work() }
            }
            return fail()
        }
        arrive(died: fail) { [self] in
            let value = work()
            answer(died: { reply(.failure(Self.trouble)) }) { reply(.success(value)) }
        }
    }

    // MARK: The port

    public func takeLeases(_ requests: [LeaseRequest], reply: @escaping (Result<[Lease], TransientTrouble>) -> Void) {
        ask(failing: faults.rates.leasePercent, .leaseReplyLost, reply) { [self] in
            let leases = ledger.takeLeases(requests, owner: owner)
            learn(from: leases)
            return leases
        }
    }

    /// Notes what the leases tell of flushes that nobody answered.
    private func learn(from leases: [Lease]) {
        for call in unanswered {
            for share in call.shares where share.next > share.from {
                guard let lease = leases.first(where: { $0.partition == share.partition }) else { continue }
                faults.mark(lease.nextOffset >= share.next ? .outcomeFoundCommitted : .outcomeFoundLost)
            }
        }
        unanswered = []
        if leases.contains(where: { $0.publishedOffset < $0.nextOffset }) { faults.mark(.unpublishedReadAgain) }
    }

    public func loadDefinitions(reply: @escaping (Result<RuleBook, TransientTrouble>) -> Void) {
        ask(failing: faults.rates.readPercent, .readFailed, reply) { [ledger] in ledger.ruleBook() }
    }

    public func loadPlayers(_ keys: [PlayerKey], reply: @escaping (Result<[LoadedPlayer], TransientTrouble>) -> Void) {
        playersAsked += keys.count
        let players = keys.map { PlayerID($0) }
        ask(failing: faults.rates.readPercent, .readFailed, reply) { [ledger] in ledger.loadPlayers(players) }
    }

    public func flush(_ call: FlushCall, reply: @escaping (Result<Int64, FlushTrouble>) -> Void) {
        let image = FlushImage(call)
        flushesSent.append(image)
        let lose = { [self] in
            unanswered.append(image)
            time.after(faults.latencyMs()) { [self] in
                if isAlive() { reply(.failure(.outcomeUnknown(TransientTrouble("the connection was lost")))) }
            }
        }
        let fault = ledger.isAway ? .unavailable : faults.flushFault()
        switch fault {
        case .none:
            arrive(died: lose) { [self] in
                let result = parts.flush(ledger, image)
                answer(died: lose) { reply(result) }
            }
        case .unavailable:
            time.after(faults.latencyMs()) { [self] in
                if isAlive() { reply(.failure(.unavailable(TransientTrouble("Postgres is away")))) }
            }
        case .conflict: answer(died: lose) { reply(.failure(.conflict)) }
        case .lostBefore: lose()
        case .lostAfter:
            arrive { [self] in _ = parts.flush(ledger, image) }
            // The reply is missed after the statement has arrived.
            time.after(faults.rates.latencyMaxMs) { lose() }
        case .stray(let delayMs):
            arrive(afterMs: delayMs) { [self] in
                if case .success = parts.flush(ledger, image) {
                    faults.mark(.strayCommitted)
                } else {
                    faults.mark(.strayFenced)
                }
            }
            lose()
        }
    }
}
