import ArgumentParser
import FlowCore
import KafkaClient
import Logging
import Reactor
import Storage
import Worker

/// A worker with the real consumer, whose ledger answers by itself: reads a topic of repeated scans and ends.
struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Reads the topic of `log` to its end as a worker does.")
    @Option(help: "Where the topic is.") var brokers: String
    @Option(help: "Scans in the topic.") var scans = 65_536

    func run() { Program.end { [brokers, scans] in try await Self.drain(brokers, scans) } }

    /// Returns without leaving the group and closing, which are no part of the scans' way.
    @Reactor
    private static func drain(_ brokers: String, _ scans: Int) async throws -> Int32 {
        var settings = KafkaSettings(brokers: brokers)
        settings.partitionsExpected = Int(CountedHunt.partitions)
        let source = KafkaScanSource(consumer: try KafkaConsumer(settings, group: "cairn", topic: "scans"))
        let ledger = EncodingLedger()
        let engine = FlowEngine(
            limits: FlowLimits(), book: CountedHunt.book, source: source, decoder: ScanRecordDecoder(), ledger: ledger,
            cache: EncodingCache(), feed: EncodingFeed(), seed: 1)
        let worker = Worker(engine: engine, telemetry: Telemetry(), logger: Logger(label: "cairn-instructions"))
        source.attach(engine) { worker.wantTurn() }
        worker.start()
        await withCheckedContinuation { continuation in
            ledger.onFlush = {
                guard ledger.counts.all >= scans else { return }
                ledger.onFlush = {}
                continuation.resume()
            }
        }
        let isExact = ledger.counts == EncodingLedger.Counts(repeats: Int64(scans))
        print("scans \(scans) flushes \(ledger.flushes) \(isExact ? "exact" : "\(ledger.counts)")")
        return isExact ? 0 : 1
    }
}
