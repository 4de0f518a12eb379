import CRdkafka

/// Taking and giving up partitions.
///
/// Both protocols go through librdkafka's own assignment and never through `seek` or `pause`: a seek fails silently
/// for a partition whose start offset was out of range, and pausing fetches everything again. Each call is a request
/// to librdkafka's main thread, which answers within microseconds: it runs no callback of ours.
extension KafkaConsumer {
    /// Answers the pending `assigned`: each partition runs from its offset (-2: the beginning of the log). A
    /// partition that is left out is still owned and stays silent until `restart`. Without a pending `assigned`, and
    /// for partitions that it does not name, nothing happens: a late answer to an older rebalance is harmless.
    public func assign(_ starts: [(partition: Int32, offset: Int64)]) {
        guard let accepted = grant.answerAssign(starts) else { return }
        if isCooperative {
            let added = accepted.compactMap(open)
            add(added)
            settle()
        } else {
            queues = []
            run(accepted.compactMap(open))
        }
    }

    /// Answers the pending `revoked`: those partitions stop and are free for others. Without one nothing happens.
    public func completeRevoke() {
        let isCooperative = isCooperative
        guard let leaving = grant.answerRevoke(isCooperative: isCooperative) else { return }
        let stopping = running.filter { leaving.contains($0.partition) }
        // The group waits for an answer also when none of the partitions was ever started.
        if isCooperative { subtract(stopping) } else { check(rd_kafka_assign(client.pointer, nil)) }
        forget(stopping)
        settle()
    }

    /// Forgets what was fetched of owned partitions and goes on at these offsets (-2: the beginning): for a lease
    /// that was taken again, or after `offsetOutOfRange`. From the return on `poll` hands over records from there
    /// only.
    ///
    /// While a rebalance waits for its answer, the partitions are silent and start again after the answer. With an
    /// eager protocol the other partitions fetch anew from where they are, which is dear: restart several in one
    /// call. Partitions that are not owned are left alone.
    public func restart(_ starts: [(partition: Int32, offset: Int64)]) {
        pollEvents()
        for start in starts where grant.owned.contains(start.partition) {
            let queue = queue(of: start.partition) ?? open(start)
            queue?.wish = .restart(at: start.offset)
        }
        settle()
    }

    /// `restart` of one partition.
    public func restart(_ partition: Int32, at offset: Int64) { restart([(partition, offset)]) }

    /// Stops fetching an owned partition and forgets what was fetched. It stays owned: `restart` resumes it.
    public func stop(_ partition: Int32) {
        pollEvents()
        queue(of: partition)?.wish = .stop
        settle()
    }

    // MARK: Steps

    var isCooperative: Bool {
        guard let pointer = client.pointer, let name = rd_kafka_rebalance_protocol(pointer) else { return false }
        return String(cString: name) == "COOPERATIVE"
    }

    private var running: [PartitionQueue] { queues.compactMap { $0 } }

    /// Carries out what waited for the rebalance to be answered.
    private func settle() {
        let changing = running.filter { $0.wish != nil }
        if changing.isEmpty || grant.pending != nil { return }
        let isCooperative = isCooperative
        if isCooperative { subtract(changing) }
        var stopping: [PartitionQueue] = []
        for queue in changing {
            switch queue.wish {
            case .restart(let offset): queue.nextOffset = offset
            case .stop, nil: stopping.append(queue)
            }
        }
        let going = running.filter { queue in !stopping.contains { $0 === queue } }
        if isCooperative { add(going.filter { $0.wish != nil }) } else { run(going) }
        for queue in going { queue.wish = nil }
        forget(stopping)
    }

    /// Makes `queues` the whole assignment.
    func run(_ queues: [PartitionQueue]) {
        let list = PartitionList(topic: topic, queues.map { ($0.partition, $0.nextOffset) })
        check(rd_kafka_assign(client.pointer, list.pointer))
        for queue in queues { queue.isFetching = true }
    }

    private func add(_ queues: [PartitionQueue]) {
        let list = PartitionList(topic: topic, queues.map { ($0.partition, $0.nextOffset) })
        check(rd_kafka_incremental_assign(client.pointer, list.pointer))
        for queue in queues { queue.isFetching = true }
    }

    private func subtract(_ queues: [PartitionQueue]) {
        let fetching = queues.filter(\.isFetching)
        let list = PartitionList(topic: topic, fetching.map { ($0.partition, Int64(RD_KAFKA_OFFSET_INVALID)) })
        check(rd_kafka_incremental_unassign(client.pointer, list.pointer))
        for queue in fetching { queue.isFetching = false }
    }

    @discardableResult
    func open(_ start: (partition: Int32, offset: Int64)) -> PartitionQueue? {
        guard let pointer = client.pointer, start.partition >= 0 else { return nil }
        let index = Int(start.partition)
        while queues.count <= index { queues.append(nil) }
        queues[index] = PartitionQueue(start.partition, topic: topic, at: start.offset, of: pointer, wakeUp: wakeUp)
        return queues[index]
    }

    private func forget(_ stopping: [PartitionQueue]) {
        for queue in stopping {
            discardFetched(queue)
            queues[Int(queue.partition)] = nil
        }
    }

    private func check(_ status: rd_kafka_resp_err_t) {
        if status != RD_KAFKA_RESP_ERR_NO_ERROR { onError?(KafkaError(status, topic: topic)) }
    }

    private func check(_ error: OpaquePointer?) {
        if let error { onError?(KafkaError(consuming: error)) }
    }
}
