import ArgumentParser
import KafkaClient
import Reactor
import Settings
import Synchronization

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Writes a topic's records into a file that simulate can replay.",
        discussion: """
            Records what arrives until SIGINT (Ctrl-C), SIGTERM or --seconds. Reads outside any group, so that nobody \
            else notices. Replay with `cairn simulate --profile trace:FILE`. The format is described in \
            docs/recording-format.md.
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: "The file to write; - is stdout.")
    var file: String
    @Option(help: "The topic to record; without it the setting kafka.topic.")
    var topic: String?
    @Option(help: "How long to record.")
    var seconds: Int?
    @Flag(help: "Begin with what the topic holds already.")
    var fromStart = false
    @Flag(help: "Record what the topic holds now, and no more.")
    var untilEnd = false
    @Flag(help: "Overwrite an existing file.")
    var force = false

    func validate() throws {
        if let seconds, seconds < 1 { throw ValidationError("--seconds is 1 or more") }
    }

    @Reactor
    func run() async throws {
        let settings = try shared.settings()
        let topic = topic ?? settings.kafka.topic
        do throws(KafkaError) { try KafkaLibrary.check() } catch { throw CommandFailure.failed(error.description) }
        let stop = Atomic<Int32>(0)
        let interruption = Interruption { stop.store($0, ordering: .relaxed) }
        _ = try await Topics(settings).partitionCount(of: topic)
        let writer = try RecordingWriter(file, replaces: force)
        let recorder = try await recorder(settings, topic, writer)
        await recorder.begin()
        Output.complain("recording \(topic) into \(file == "-" ? "stdout" : file)")
        let startedNs = Clock.monotonicNs()
        var progress = TimedProgress()
        let elapsed = { Double(Clock.monotonicNs() - startedNs) / 1e9 }
        try await recorder.run {
            stop.load(ordering: .relaxed) != 0 || seconds.map { elapsed() >= Double($0) } ?? false
        } _: {
            progress.show(elapsed(), share: seconds.map { elapsed() / Double($0) }, "\(writer.records) records")
        }
        withExtendedLifetime(interruption) {}
        progress.finish()
        try writer.finish()
        Output.complain("recorded \(writer.records) records in \(writer.bytes) bytes")
    }

    @Reactor
    private func recorder(_ settings: Settings, _ topic: String, _ writer: RecordingWriter) async throws -> Recorder {
        let extent: Recorder.Extent = untilEnd ? .untilEnd : fromStart ? .fromStart : .fromNow
        do throws(KafkaError) {
            let watermarks = try await KafkaAdmin.watermarks(settings.kafkaSettings, topic)
            return try Recorder(settings.kafkaSettings, topic: topic, watermarks, extent, writer)
        } catch {
            throw CommandFailure.failed(error.description)
        }
    }
}
