import FlowCore
import KafkaClient
import Logging
import Reactor
import ReadAPI
import Storage

/// The topic `scores` as the boards' feed.
@Reactor
final class KafkaChangeFeed: @Reactor ChangeFeed {
    private let reader: KafkaFeedReader

    init(_ reader: KafkaFeedReader, _ logger: Logger) {
        self.reader = reader
        reader.onError = { logger.warning("\($0.description)") }
    }

    var onReadable: (@Reactor () -> Void)? {
        get { reader.onReadable }
        set { reader.onReadable = newValue }
    }

    var isOpen: Bool { reader.isOpen }

    var gaps: Int { reader.gaps }

    func hasGrown() async -> Bool { await reader.hasGrown() }

    func open() async throws(TransientTrouble) {
        do throws(KafkaError) { try await reader.open() } catch { throw TransientTrouble(error.description) }
    }

    func poll(limit: Int, _ body: (RawRecord) -> Void) -> Int { reader.poll(limit: limit, body) }

    func close() async { await reader.close() }
}
