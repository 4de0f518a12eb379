import HuntCore
import KafkaClient
import Reactor
import Settings

/// Replays a recording into the topic of scans.
struct TraceReplay {
    let path: String
    /// Recorded milliseconds for each millisecond, 1 or more.
    let speed: Int
    /// Whether timestamps are shifted so that the first is now.
    let startsNow: Bool
    /// Records that are due later are left out.
    let seconds: Int?
    /// Whether the whole part of a cut or damaged file will do.
    let allowsDamage: Bool

    /// - Throws: `CommandFailure`: 1 when it cannot be done, 3 when the file is not whole.
    @Reactor
    func run(_ settings: Settings) async throws {
        let survey = try survey()
        let partitions = try await Topics(settings).partitionCount(of: settings.kafka.topic)
        let endNs = seconds.map { Int64($0) * 1_000_000_000 } ?? .max
        let (records, production) = try make(settings, survey, partitions, endNs)
        let spanSeconds = Double(min(survey.spanNs, endNs)) / 1e9
        Output.complain(
            """
            \(path): \(survey.records) records over \(Int(spanSeconds.rounded(.up))) s, from \
            \(survey.firstTimestampMs.map { Timestamp.format($0) } ?? "no known time"), into \(settings.kafka.topic)
            """)
        let watch = ProductionWatch(production: production, seconds: spanSeconds)
        let signal = await watch.run()
        Output.line(watch.summary)
        if records.strays > 0 {
            Output.complain(
                """
                \(records.strays) records are of partitions that \(settings.kafka.topic) lacks (it has \(partitions)): \
                their keys chose others
                """)
        }
        if let fault = records.fault { throw CommandFailure.failed("\(path): \(fault.description)") }
        try watch.conclude(interruptedBy: signal)
    }

    /// Looks at the whole file before anything is produced.
    private func survey() throws -> RecordingFile.Survey {
        let survey: RecordingFile.Survey
        do throws(RecordingError) {
            survey = try RecordingFile.survey(path, speed: speed)
        } catch .unreadable(let reason) {
            throw CommandFailure.failed("\(path) cannot be read: \(reason)")
        } catch {
            throw CommandFailure.refused("\(path): \(error.description)")
        }
        if let fault = survey.fault {
            if !allowsDamage {
                throw CommandFailure.refused("\(path): \(fault.description); --up-to-damage replays those")
            }
            Output.complain("\(path): \(fault.description)")
        }
        return survey
    }

    @Reactor
    private func make(
        _ settings: Settings, _ survey: RecordingFile.Survey, _ partitions: Int, _ endNs: Int64
    ) throws -> (TraceRecords, OpenLoopProducer) {
        let decoder: RecordingDecoder
        do throws(RecordingError) { decoder = try RecordingFile.open(path) } catch {
            throw CommandFailure.failed("\(path): \(error.description)")
        }
        let records = TraceRecords(
            decoder, ReplaySchedule(speed: speed), recordsMax: survey.records, endNs: endNs,
            shiftMs: startsNow ? Clock.epochMs() - (survey.firstTimestampMs ?? 0) : 0, partitions: partitions)
        do throws(KafkaError) {
            return (records, try OpenLoopProducer(records, settings.kafkaSettings, topic: settings.kafka.topic))
        } catch {
            throw CommandFailure.failed(error.description)
        }
    }
}

/// The records of a recording, read as they are due.
@Reactor
private final class TraceRecords: DueRecords {
    /// Records of partitions that the topic lacks.
    private(set) var strays = 0
    /// Why the recording ended early, although it was whole a moment ago.
    private(set) var fault: RecordingError?
    private var decoder: RecordingDecoder
    private var schedule: ReplaySchedule
    private let recordsMax: Int
    private let endNs: Int64
    private let shiftMs: Int64
    private let partitions: Int
    private var current: RecordedRecord?

    init(
        _ decoder: RecordingDecoder, _ schedule: ReplaySchedule, recordsMax: Int, endNs: Int64, shiftMs: Int64,
        partitions: Int
    ) {
        self.decoder = decoder
        self.schedule = schedule
        self.recordsMax = recordsMax
        self.endNs = endNs
        self.shiftMs = shiftMs
        self.partitions = partitions
    }

    func next() -> Int64? {
        if decoder.records == recordsMax { return nil }
        do throws(RecordingError) {
            guard let record = try decoder.next() else { return nil }
            if record.partition >= partitions { strays += 1 }
            current = record
            let dueNs = schedule.dueNs(timestampMs: record.timestampMs)
            return dueNs < endNs ? dueNs : nil
        } catch {
            fault = error
            return nil
        }
    }

    /// A record without a timestamp gets the present one, for the producer knows none.
    func produce(with producer: KafkaProducer, to topic: KafkaTopic) -> Bool {
        guard let record = current else { preconditionFailure("produced before the first record") }
        let timestampMs = record.timestampMs.map { $0 &+ shiftMs }.flatMap { $0 > 0 ? $0 : nil }
        return withBytes(record.key) { key in
            withBytes(record.value) { value in
                producer.produce(
                    topic, partition: record.partition < partitions ? record.partition : nil, key: key, value: value,
                    headers: record.isProtobuf ? [("content-type", "application/x-protobuf")] : [],
                    timestampMs: timestampMs, tag: 0)
            }
        }
    }

    func settled(_ tag: UInt64, _ partition: Int32, _ offset: Int64, _ error: KafkaError?) {}
}

private func withBytes<Value>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
    guard let bytes else { return body(nil) }
    return bytes.withUnsafeBytes { body($0) }
}
