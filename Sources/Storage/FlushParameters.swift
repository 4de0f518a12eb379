import FlowCore
import HuntCore
import PostgresClient

extension PostgresParameters {
    /// The 39 parameters of `cairn.flush`, in its order, straight from the call's rows and the records' bytes.
    package func append(_ call: FlushCall, topic: String, group: String) {
        append(text: topic)
        append(text: group)
        append(int64: call.generation)
        appendLeases(call)
        appendFacts(call)
        appendScores(call)
        appendRefusals(call)
    }

    private func appendLeases(_ call: FlushCall) {
        append(int32s: call.shares.lazy.map(\.partition))
        append(int64s: call.shares.lazy.map(\.epoch))
        append(int64s: call.shares.lazy.map(\.from))
        append(int64s: call.shares.lazy.map(\.next))
        append(int64s: call.shares.lazy.map(\.published))
        append(int64s: call.shares.lazy.map(\.counts.first))
        append(int64s: call.shares.lazy.map(\.counts.earlier))
        append(int64s: call.shares.lazy.map(\.counts.repeats))
        append(int64s: call.shares.lazy.map(\.counts.refusals))
        append(int64s: call.changes())
    }

    private func appendFacts(_ call: FlushCall) {
        appendFactKeys(call)
        appendFactRecords(call)
    }

    private func appendFactKeys(_ call: FlushCall) {
        let facts = call.facts
        let scores = call.scores
        beginArray(.bool, expecting: facts.count)
        for fact in facts { appendElement(bool: fact.isNew) }
        endArray()
        beginArray(.int4, expecting: facts.count)
        for fact in facts { appendElement(int32: scores[Int(fact.score)].key.huntID) }
        endArray()
        beginArray(.text, expecting: facts.count)
        for fact in facts { scores[Int(fact.score)].key.withBytes { appendElement($0) } }
        endArray()
        beginArray(.int4, expecting: facts.count)
        for fact in facts { appendElement(int32: fact.checkpointID) }
        endArray()
    }

    /// What the facts' records tell.
    private func appendFactRecords(_ call: FlushCall) {
        let records = call.factRecords()
        beginArray(.timestamptz, expecting: records.count)
        for record in records { appendElement(timestampMs: record.scannedAt) }
        endArray()
        beginArray(.text, expecting: records.count)
        for record in records { appendElement(record.eventID) }
        endArray()
        beginArray(.text, expecting: records.count)
        for record in records {
            if record.reader.isEmpty { appendNullElement() } else { appendElement(record.reader) }
        }
        endArray()
        beginArray(.int4, expecting: records.count)
        for record in records { appendElement(int32: record.partition) }
        endArray()
        beginArray(.int8, expecting: records.count)
        for record in records { appendElement(int64: record.offset) }
        endArray()
    }

    private func appendScores(_ call: FlushCall) {
        call.scores.withUnsafeBufferPointer { scores in
            beginArray(.int4, expecting: scores.count)
            for score in scores.indices { appendElement(int32: scores[score].key.huntID) }
            endArray()
            beginArray(.text, expecting: scores.count)
            for score in scores.indices { scores[score].key.withBytes { appendElement($0) } }
            endArray()
            beginArray(.int8, expecting: scores.count)
            for score in scores.indices { appendElement(int64: scores[score].tally.score) }
            endArray()
            beginArray(.int4, expecting: scores.count)
            for score in scores.indices { appendElement(int32: scores[score].tally.unlocks) }
            endArray()
            beginArray(.timestamptz, expecting: scores.count)
            for score in scores.indices {
                let reachedAt = scores[score].tally.reachedAt
                if reachedAt < 0 { appendNullElement() } else { appendElement(timestampMs: reachedAt) }
            }
            endArray()
            beginArray(.int8, expecting: scores.count)
            for score in scores.indices { appendElement(int64: scores[score].version) }
            endArray()
            beginArray(.int8, expecting: scores.count)
            for score in scores.indices { appendElement(int64: scores[score].factsSeq) }
            endArray()
        }
    }

    private func appendRefusals(_ call: FlushCall) {
        let kept = call.refusals.filter(\.isKept)
        append(int32s: kept.lazy.map { call.shares[Int($0.share)].partition })
        append(int64s: kept.lazy.map { call.record(of: $0).offset })
        append(texts: kept.lazy.map(\.reason.name))
        append(texts: kept.lazy.map { "\($0.detail)" })
        beginArray(.bytea, expecting: kept.count)
        for refusal in kept {
            appendElement(call.shares[Int(refusal.share)].segment.bytes(call.record(of: refusal).value))
        }
        endArray()
        beginArray(.timestamptz, expecting: kept.count)
        for refusal in kept {
            let receivedAt = call.record(of: refusal).receivedAt
            if Self.isStorable(receivedAt) { appendElement(timestampMs: receivedAt) } else { appendNullElement() }
        }
        endArray()
        beginArray(.timestamptz, expecting: kept.count)
        for refusal in kept { appendElement(timestampMs: refusal.hour * 3_600_000) }
        endArray()
        appendCounts(call)
    }

    /// Refusals by (reason, hour), sorted so that all calls lock in one order.
    private func appendCounts(_ call: FlushCall) {
        var counts: [RefusalHour: Int64] = [:]
        for refusal in call.refusals {
            counts[RefusalHour(reason: refusal.reason.name, hour: refusal.hour), default: 0] += 1
        }
        let sorted = counts.sorted { ($0.key.reason, $0.key.hour) < ($1.key.reason, $1.key.hour) }
        append(texts: sorted.lazy.map(\.key.reason))
        beginArray(.timestamptz, expecting: sorted.count)
        for entry in sorted { appendElement(timestampMs: entry.key.hour * 3_600_000) }
        endArray()
        append(int64s: sorted.lazy.map(\.value))
    }

    /// Within the years that a scan may name (contracts.md section 1).
    private static func isStorable(_ ms: Int64) -> Bool { ms >= 0 && ms <= Timestamp.latest }
}

private struct RefusalHour: Hashable {
    let reason: String
    let hour: Int64
}
