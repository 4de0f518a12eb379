import PostgresClient
import Reactor

/// The counters of the leases under which some records were refused, locked until the end of the transaction.
@Reactor
struct LeaseCounters {
    private struct Lease {
        let topic: String
        let partition: Int32
        let group: String
        let nextOffset: Int64
    }

    private let leases: [Lease]

    /// Locks by topic and partition, as a flush does.
    static func lock(
        of places: [RefusalPlace], _ connection: PostgresConnection
    ) async throws(PostgresError) -> LeaseCounters {
        let parameters = PostgresParameters()
        parameters.append(texts: places.map(\.topic))
        parameters.append(int32s: places.map(\.partition))
        let rows = try await connection.query(
            """
            select topic, partition, consumer_group, next_offset from cairn.partition_lease
            where (topic, partition) in (select * from unnest($1::text[], $2::int[]))
            order by topic, partition, consumer_group for update
            """, parameters)
        return LeaseCounters(
            leases: (0..<rows.count).map {
                Lease(
                    topic: rows.text($0, 0), partition: rows.int32($0, 1), group: rows.text($0, 2),
                    nextOffset: rows.int64($0, 3))
            })
    }

    /// Moves records from the refusals to what they turned out to be. A record that no lease has read (its lease was
    /// reset) is in no counter and moves nowhere.
    func count(
        _ records: some Sequence<(RefusalPlace, ReviewOutcome)>, _ connection: PostgresConnection
    ) async throws(PostgresError) {
        var counts = [(first: Int64, earlier: Int64, repeats: Int64)](repeating: (0, 0, 0), count: leases.count)
        for (place, outcome) in records {
            let isReader: (Lease) -> Bool = {
                $0.topic == place.topic && $0.partition == place.partition && $0.nextOffset > place.offset
            }
            guard let lease = leases.firstIndex(where: isReader) else { continue }
            switch outcome {
            case .first: counts[lease].first += 1
            case .earlier: counts[lease].earlier += 1
            case .repeated: counts[lease].repeats += 1
            }
        }
        let parameters = PostgresParameters()
        parameters.append(texts: leases.map(\.topic))
        parameters.append(int32s: leases.map(\.partition))
        parameters.append(texts: leases.map(\.group))
        parameters.append(int64s: counts.map(\.first))
        parameters.append(int64s: counts.map(\.earlier))
        parameters.append(int64s: counts.map(\.repeats))
        _ = try await connection.query(
            """
            update cairn.partition_lease l
            set first_scans = l.first_scans + w.first, earlier_scans = l.earlier_scans + w.earlier,
                repeats = l.repeats + w.repeats, refusals = l.refusals - w.first - w.earlier - w.repeats
            from unnest($1::text[], $2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
                w(topic, partition, consumer_group, first, earlier, repeats)
            where l.topic = w.topic and l.partition = w.partition and l.consumer_group = w.consumer_group
            """, parameters)
    }
}
