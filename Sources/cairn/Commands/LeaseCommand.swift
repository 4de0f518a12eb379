import ArgumentParser
import KafkaClient
import Reactor
import Settings
import Storage

struct LeaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lease",
        abstract: "Shows how far each partition is, and mends one whose position the log has lost.",
        discussion: """
            A lease says who may write what a partition's scans are worth, and from which offset on. `cairn status` \
            says when one needs an operator; both moves make the worker that holds the partition look again.
            """,
        subcommands: [List.self, Skip.self, Reset.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the leases of the setting kafka.group.")
        @OptionGroup var shared: SharedOptions
        @OptionGroup var format: FormatOption

        @Reactor
        func run() async throws {
            let settings = try shared.settings()
            let leases = try await Database.with(settings) { database in
                try await LeaseStore(pool: database.pool, group: settings.kafka.group).leases()
            }
            LeaseCommand.listing(leases).print(as: format.format)
        }
    }

    struct Skip: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accepts that scans are gone: moves a lease that stands below the log's start there.",
            discussion: """
                For a partition that stopped because Kafka deleted records before they were scored. Prints the lease as \
                it was and as it is.

                  cairn lease skip scans 3
                """)
        @OptionGroup var shared: SharedOptions
        @OptionGroup var format: FormatOption
        @OptionGroup var target: LeaseTarget

        @Reactor
        func run() async throws {
            let move = try await target.move(try shared.settings()) { store, ends throws(LeaseMoveError) in
                try await store.skip(topic: target.topic, partition: target.partition, logStart: ends.low)
            } refusal: { offset, ends in
                "its lease stands at offset \(offset), not below the log's start \(ends.low): nothing to skip"
            }
            LeaseCommand.listing([move.before, move.after]).print(as: format.format)
            let count = move.after.nextOffset - move.before.nextOffset
            Output.complain("\(count) records of \(target.name) that are gone from the log were skipped")
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begins at the start of a topic that was created anew: for a lease above the log's end.",
            discussion: """
                The scores stay; scans that are in the new topic again count as repeats. Prints the lease as it was \
                and as it is.

                  cairn lease reset scans 3
                """)
        @OptionGroup var shared: SharedOptions
        @OptionGroup var format: FormatOption
        @OptionGroup var target: LeaseTarget
        @Flag(help: "Reset the lease also when the broker says that it stands within the log.")
        var yes = false

        @Reactor
        func run() async throws {
            let move = try await target.move(try shared.settings()) { store, ends throws(LeaseMoveError) in
                try await store.reset(
                    topic: target.topic, partition: target.partition, logStart: ends.low, logEnd: ends.high,
                    isForced: yes)
            } refusal: { offset, ends in
                """
                its lease stands at offset \(offset), not above the log's end \(ends.high): nothing to reset (--yes \
                does it all the same)
                """
            }
            LeaseCommand.listing([move.before, move.after]).print(as: format.format)
            Output.complain("\(target.name) is read from offset \(move.after.nextOffset) on, counters are 0")
        }
    }

    static func listing(_ leases: [PartitionLease]) -> Listing {
        var listing = Listing(
            "topic", "partition", "consumer_group", "epoch", "owner", "start_offset", "next_offset", "published_offset",
            "first_scans", "earlier_scans", "repeats", "refusals", "updated_at")
        listing.rows = leases.map { lease in
            [
                .text(lease.topic), .integer(Int64(lease.partition)), .text(lease.group), .integer(lease.epoch),
                .text(lease.owner), .integer(lease.startOffset), .integer(lease.nextOffset),
                .integer(lease.publishedOffset), .integer(lease.firstScans), .integer(lease.earlierScans),
                .integer(lease.repeats), .integer(lease.refusals), .time(lease.updatedAt),
            ]
        }
        return listing
    }
}

/// The partition that an operator names.
struct LeaseTarget: ParsableArguments {
    @Argument(help: "The topic's name.")
    var topic: String
    @Argument(help: "The partition's number.")
    var partition: Int32

    var name: String { "\(topic)/\(partition)" }

    func validate() throws {
        if partition < 0 { throw ValidationError("PARTITION is 0 or more") }
    }

    /// Asks the log for its ends, then moves the lease.
    ///
    /// - Parameter refusal: why not, from the lease's offset and the log's ends.
    /// - Throws: `CommandFailure`.
    @Reactor
    func move(
        _ settings: Settings,
        _ body: @Reactor (LeaseStore, KafkaWatermarks) async throws(LeaseMoveError) -> LeaseMove,
        refusal: (_ nextOffset: Int64, KafkaWatermarks) -> String
    ) async throws -> LeaseMove {
        try await Database.with(settings) { database in
            let store = LeaseStore(pool: database.pool, group: settings.kafka.group)
            let ends = try await ends(settings, try await store.leases(topic: topic))
            do throws(LeaseMoveError) {
                return try await body(store, ends)
            } catch {
                switch error {
                case .database(let error): throw error
                case .missing:
                    throw CommandFailure.failed(
                        "group \(settings.kafka.group) has no lease of \(name): `cairn lease list` shows those it has")
                case .notNeeded(let offset): throw CommandFailure.refused("\(name): \(refusal(offset, ends))")
                }
            }
        }
    }

    @Reactor
    private func ends(_ settings: Settings, _ leases: [PartitionLease]) async throws -> KafkaWatermarks {
        let ends: [KafkaWatermarks]
        do throws(KafkaError) {
            ends = try await LogEnds.of(topic, settings.kafkaSettings, leases: leases)
        } catch {
            throw CommandFailure.failed("\(error.description) (kafka.brokers is \(settings.kafka.brokers))")
        }
        guard ends.indices.contains(Int(partition)) else {
            throw CommandFailure.failed(
                "Kafka's topic \(topic) has no partition \(partition), only 0 to \(ends.count - 1)")
        }
        return ends[Int(partition)]
    }
}
