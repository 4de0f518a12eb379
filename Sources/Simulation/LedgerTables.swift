import FlowCore
import HuntCore

/// A player of a hunt, as the tables name it.
public struct PlayerID: Hashable, Comparable, Sendable {
    public let hunt: Int32
    public let player: String

    public init(hunt: Int32, player: String) {
        self.hunt = hunt
        self.player = player
    }

    public init(_ key: PlayerKey) {
        hunt = key.huntID
        player = key.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    public static func < (left: PlayerID, right: PlayerID) -> Bool {
        left.hunt != right.hunt ? left.hunt < right.hunt : left.player.utf8.lexicographicallyPrecedes(right.player.utf8)
    }
}

/// Where a record stands in the log.
public struct RecordPlace: Hashable, Comparable, Sendable {
    public let partition: Int32
    public let offset: Int64

    public static func < (left: RecordPlace, right: RecordPlace) -> Bool {
        (left.partition, left.offset) < (right.partition, right.offset)
    }
}

/// A row of `first_scan`.
public struct FactEntry: Equatable, Sendable {
    public let scannedAt: Int64
    public let eventID: String
    public let reader: String?
    public let place: RecordPlace
}

/// A row of `score`.
public struct ScoreEntry: Equatable, Sendable {
    public var tally: Tally
    public var version: Int64
    public var factsSeq: Int64
    /// Epoch milliseconds.
    public var updatedAt: Int64
}

/// A row of `partition_lease`.
public struct LeaseEntry: Equatable, Sendable {
    public var epoch: Int64
    public var owner: String
    /// `next` less this is the sum of the counts.
    public let start: Int64
    public var next: Int64
    public var published: Int64
    public var counts = LaneCounts()
}

/// A row of `refused_scan`.
public struct RefusedEntry: Equatable, Sendable {
    public var reason: String
    /// nil: it was about a player who was erased.
    public var value: [UInt8]?
    /// Epoch milliseconds.
    public let receivedAt: Int64
    public let hour: Int64
}

/// A key of `refused_count`.
public struct RefusalHour: Hashable, Sendable {
    public let reason: String
    /// Hours since 1970.
    public let hour: Int64
}

/// A hunt and the database ids of its checkpoints.
public struct StoredHunt: Sendable {
    public let huntID: Int32
    public var rulesVersion: Int32
    public var definition: HuntDefinition
    public var checkpointIDs: [Int32]
    /// How many times facts of its players were deleted.
    public var erasures: Int64 = 0
}

/// Which definitions decided a stretch of a partition.
public struct CommittedStretch: Equatable, Sendable {
    public let partition: Int32
    public let from: Int64
    public let next: Int64
    public let generation: Int64
}

/// The arrays of one call of `cairn.flush`: taken when it is sent, as a real client does.
public struct FlushImage {
    public struct Share {
        public var partition: Int32
        public var epoch: Int64
        public var from: Int64
        public var next: Int64
        public var published: Int64
        public var counts: LaneCounts
    }

    public struct FactLine {
        public var isNew: Bool
        public var player: PlayerID
        public var checkpoint: Int32
        public var entry: FactEntry
    }

    public struct ScoreLine {
        public var player: PlayerID
        public var tally: Tally
        public var version: Int64
        public var factsSeq: Int64
    }

    public struct RefusalLine {
        public var place: RecordPlace
        public var isKept: Bool
        public var entry: RefusedEntry
    }

    public var generation: Int64
    public var shares: [Share]
    public var facts: [FactLine]
    public var scores: [ScoreLine]
    public var refusals: [RefusalLine]

    public init(_ call: FlushCall) {
        generation = call.generation
        shares = call.shares.map {
            Share(
                partition: $0.partition, epoch: $0.epoch, from: $0.from, next: $0.next, published: $0.published,
                counts: $0.counts)
        }
        facts = call.facts.map { fact in
            let record = call.record(of: fact)
            let share = call.shares[Int(fact.share)]
            let reader = String(decoding: share.segment.bytes(record.reader), as: UTF8.self)
            return FactLine(
                isNew: fact.isNew, player: PlayerID(call.scores[Int(fact.score)].key), checkpoint: fact.checkpointID,
                entry: FactEntry(
                    scannedAt: record.scannedAt,
                    eventID: String(decoding: share.segment.bytes(record.eventID), as: UTF8.self),
                    reader: reader.isEmpty ? nil : reader,
                    place: RecordPlace(partition: share.partition, offset: record.offset)))
        }
        scores = call.scores.map {
            ScoreLine(player: PlayerID($0.key), tally: $0.tally, version: $0.version, factsSeq: $0.factsSeq)
        }
        refusals = call.refusals.map { refusal in
            let record = call.record(of: refusal)
            let share = call.shares[Int(refusal.share)]
            return RefusalLine(
                place: RecordPlace(partition: share.partition, offset: record.offset), isKept: refusal.isKept,
                entry: RefusedEntry(
                    reason: refusal.reason.name, value: Array(share.segment.bytes(record.value)),
                    receivedAt: record.receivedAt, hour: refusal.hour))
        }
    }
}
