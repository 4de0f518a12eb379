import FlowCore
import KafkaClient
import Reactor
import ReadAPI
import Storage

/// The topic `scores` as the boards' feed.
@Reactor
final class KafkaChangeFeed: @Reactor ChangeFeed {
    let reader: KafkaFeedReader

    init(_ reader: KafkaFeedReader) { self.reader = reader }

    var onReadable: (@Reactor () -> Void)? {
        get { reader.onReadable }
        set { reader.onReadable = newValue }
    }

    var isOpen: Bool { reader.isOpen }

    func open() async throws(TransientTrouble) {
        do throws(KafkaError) { try await reader.open() } catch { throw TransientTrouble(error.description) }
    }

    func poll(limit: Int, _ body: (RawRecord) -> Void) -> Int { reader.poll(limit: limit, body) }

    func close() async { await reader.close() }
}
