import PostgresClient
import Reactor
import RedisClient

/// What an audit of one hunt found (faults.md, invariants 1, 2 and 5).
public struct VerificationReport: Sendable {
    /// How many differences are kept in full.
    public static let keptMax = 20

    /// Players that have facts or a score row.
    public internal(set) var players: Int64 = 0
    public internal(set) var facts: Int64 = 0
    /// Keys that the hot tier held.
    public internal(set) var keys: Int64 = 0
    public internal(set) var partitions: Int64 = 0
    /// The first `keptMax`.
    public private(set) var differences: [Difference] = []
    /// All.
    public private(set) var differenceCount: Int64 = 0
    /// Whether the hunt's players are being counted by new rules, so that differences of scores are to be expected.
    public internal(set) var isBeingRescored = false
    /// Facts of all hunts that no lease's counters account for. Normal after `cairn lease reset`, hence no difference.
    public internal(set) var uncountedFacts: Int64 = 0

    mutating func add(_ difference: Difference) {
        differenceCount += 1
        if differences.count < Self.keptMax { differences.append(difference) }
    }

    /// One disagreement between two of: facts, score rows, counters, keys.
    public struct Difference: Sendable, Equatable, CustomStringConvertible {
        public enum Kind: String, Sendable {
            /// The score row is not what the facts are worth.
            case wrongScore = "wrong_score"
            case rowWithoutFacts = "row_without_facts"
            case factsWithoutRow = "facts_without_row"
            /// A fact of a checkpoint that the hunt does not have.
            case foreignFact = "foreign_fact"
            /// The counters of a partition do not add up.
            case conservation
            /// Something was published that is not scored.
            case published
            case hotNewer = "hot_newer"
            case hotOlder = "hot_older"
            case hotContent = "hot_content"
            /// A key's value is not of the known layout.
            case hotLayout = "hot_layout"
        }

        public let kind: Kind
        /// A player, or `TOPIC/PARTITION of GROUP`.
        public let subject: String
        /// What is there and what should be.
        public let detail: String

        public var description: String { "\(subject): \(detail)" }
    }
}

/// The report while it is written, shared by the parts of an audit.
@Reactor
final class AuditFindings {
    var report = VerificationReport()

    func add(_ difference: VerificationReport.Difference) { report.add(difference) }
}

/// Why a hunt could not be audited to the end.
public enum VerificationError: Error, Sendable {
    case unknownHunt
    case database(PostgresError)
    case hotTier(RedisError)
}
