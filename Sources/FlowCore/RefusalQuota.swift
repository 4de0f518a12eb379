import HuntCore

/// How many refused scans of each (reason, partition, hour) this worker has sent with their detail. The ledger holds
/// the real bound; this only spares it the looking once this worker alone has reached it.
struct RefusalQuota {
    /// Contracts.md section 1.
    static let kept = 1000

    private struct Key: Hashable {
        let partition: Int32
        let hour: Int64
        let reason: UInt8
    }

    private var sent: [Key: Int] = [:]

    mutating func take(_ reason: RefusalReason, partition: Int32, hour: Int64) -> Bool {
        if sent.count > 4096 { sent.removeAll(keepingCapacity: true) }
        let key = Key(partition: partition, hour: hour, reason: reason.rawValue)
        let count = sent[key, default: 0]
        if count >= Self.kept { return false }
        sent[key] = count + 1
        return true
    }

    /// One that was taken did not reach the ledger.
    mutating func giveBack(_ reason: RefusalReason, partition: Int32, hour: Int64) {
        let key = Key(partition: partition, hour: hour, reason: reason.rawValue)
        if let count = sent[key], count > 0 { sent[key] = count - 1 }
    }
}
