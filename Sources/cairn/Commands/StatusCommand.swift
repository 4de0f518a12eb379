import ArgumentParser
import KafkaClient
import PostgresClient
import Reactor
import RedisClient
import Settings
import Storage

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows partitions, lag, owners, connections and what is wrong.",
        discussion: """
            Succeeds whenever Postgres answers, whatever else is wrong. As JSON it is one object; as CSV the \
            partitions only.

              cairn status
              cairn status --format json
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var format: FormatOption

    @Reactor
    func run() async throws {
        let settings = try shared.settings()
        let status = try await Database.with(settings, checksSchema: false) { database in
            try await SystemStatus.read(settings, database)
        }
        switch format.format {
        case .table: status.printTable()
        case .json: Output.line(status.json)
        case .csv: status.partitions.print(as: .csv)
        }
    }
}

/// Everything that `cairn status` shows.
private struct SystemStatus {
    /// Single facts by name, in the order in which they are shown.
    private var facts: [(name: String, value: Cell)] = []
    private(set) var partitions = Listing(
        "partition", "owner", "epoch", "next_offset", "published_offset", "log_end", "lag", "updated_at", "trouble")
    private var workers = Listing("client", "connections", "busy", "since")

    /// - Throws: when Postgres does not answer; what else is away is shown.
    @Reactor
    static func read(_ settings: Settings, _ database: Database) async throws -> SystemStatus {
        var status = SystemStatus()
        status.facts = [("topic", .text(settings.kafka.topic)), ("group", .text(settings.kafka.group))]
        let schema = try await schema(database)
        status.facts.append(("schema", .text(schema ?? "current")))
        if schema == nil { try await status.addPartitions(settings, database) }
        status.facts.append(("redis", .text(await redis(settings))))
        return status
    }

    /// What is wrong with the schema; nil: nothing.
    @Reactor
    private static func schema(_ database: Database) async throws -> String? {
        do throws(MigrationError) {
            try await Migrator(pool: database.pool).verify()
            return nil
        } catch {
            if case .database(let error) = error { throw error }
            return error.description
        }
    }

    @Reactor
    private mutating func addPartitions(_ settings: Settings, _ database: Database) async throws {
        let topic = settings.kafka.topic
        let reading = try await StatusReport(pool: database.pool, group: settings.kafka.group).read()
        facts.append(("generation", .integer(reading.generation)))
        if !reading.unfinished.isEmpty { facts.append(("unfinished", .list(reading.unfinished))) }
        let leases = reading.leases.filter { $0.topic == topic }
        var ends: [KafkaWatermarks]?
        do throws(KafkaError) {
            ends = try await LogEnds.of(topic, settings.kafkaSettings, leases: leases)
            facts.append(("kafka", .text("up")))
        } catch {
            facts.append(("kafka", .text(error.description)))
        }
        partitions.rows = PartitionStatus.all(topic: topic, leases: leases, ends: ends, nowMs: reading.nowMs).map {
            part in
            [
                .integer(Int64(part.partition)), Cell(text: part.lease?.owner), Cell(integer: part.lease?.epoch),
                Cell(integer: part.lease?.nextOffset), Cell(integer: part.lease?.publishedOffset),
                Cell(integer: part.ends?.high), Cell(integer: part.lag), Cell(time: part.lease?.updatedAt),
                Cell(text: part.trouble),
            ]
        }
        workers.rows = reading.sessions.map {
            [.text($0.client), .integer($0.connections), .integer($0.busy), .time($0.since)]
        }
    }

    @Reactor
    private static func redis(_ settings: Settings) async -> String {
        do throws(RedisError) {
            let client = try RedisClient(settings.redisSettings)
            defer { client.close() }
            try await client.connect()
            _ = try await client.call(RedisArguments("PING"))
            return "up"
        } catch {
            return error.description
        }
    }

    // MARK: Printing

    func printTable() {
        let width = facts.map(\.name.count).max() ?? 0
        for fact in facts {
            let padding = String(repeating: " ", count: width - fact.name.count)
            Output.line("\(fact.name)\(padding)  \(fact.value.plain)")
        }
        if !partitions.rows.isEmpty {
            Output.line("")
            partitions.print(as: .table)
        }
        Output.line("")
        if workers.rows.isEmpty {
            Output.line("no worker is connected to Postgres")
        } else {
            Output.line("workers' connections to Postgres")
            workers.print(as: .table)
        }
    }

    var json: String { Listing.jsonObject(facts, lists: [("partitions", partitions), ("workers", workers)]) }
}
