import FlowCore
import HuntCore
import Storage

/// A feed that writes its records and acknowledges them when it is told to.
final class EncodingFeed: ScoreFeed {
    private(set) var sent = 0
    private var record = ScoreRecord()
    private var unacknowledged: [UInt32] = []

    var isIdle: Bool { unacknowledged.isEmpty }

    func send(_ item: PublishItem) -> Bool {
        guard let slug = CountedHunt.book.hunt(id: item.key.huntID)?.slug else { return true }
        record.set(item, hunt: slug)
        sent += 1
        unacknowledged.append(item.batch)
        return true
    }

    func acknowledge(to engine: FlowEngine) {
        for batch in unacknowledged { engine.feedDelivered(batch: batch) }
        unacknowledged.removeAll(keepingCapacity: true)
    }
}
