import FlowCore
import HuntCore
import PostgresClient

extension PostgresParameters {
    /// The 37 parameters of `cairn.flush`, in its order, straight from the call's rows and the records' bytes.
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
    }

    private func appendFacts(_ call: FlushCall) {
        let facts = call.facts
        let count = facts.count
        beginArray(.int4, expecting: count)
        for fact in facts { appendElement(int32: call.scores[Int(fact.score)].key.huntID) }
        endArray()
        beginArray(.text, expecting: count)
        for fact in facts { call.scores[Int(fact.score)].key.withBytes { appendElement($0) } }
        endArray()
        beginArray(.int4, expecting: count)
        for fact in facts { appendElement(int32: fact.checkpointID) }
        endArray()
        beginArray(.timestamptz, expecting: count)
        for fact in facts { appendElement(timestampMs: call.record(of: fact).scannedAt) }
        endArray()
        beginArray(.text, expecting: count)
        for fact in facts {
            appendElement(call.shares[Int(fact.share)].segment.bytes(call.record(of: fact).eventID))
        }
        endArray()
        beginArray(.text, expecting: count)
        for fact in facts {
            let reader = call.record(of: fact).reader
            if reader.count == 0 {
                appendNullElement()
            } else {
                appendElement(call.shares[Int(fact.share)].segment.bytes(reader))
            }
        }
        endArray()
        beginArray(.int4, expecting: count)
        for fact in facts { appendElement(int32: call.shares[Int(fact.share)].partition) }
        endArray()
        beginArray(.int8, expecting: count)
        for fact in facts { appendElement(int64: call.record(of: fact).offset) }
        endArray()
    }

    private func appendScores(_ call: FlushCall) {
        let count = call.scores.count
        append(int32s: call.scores.lazy.map(\.key.huntID))
        beginArray(.text, expecting: count)
        for score in call.scores { score.key.withBytes { appendElement($0) } }
        endArray()
        append(int64s: call.scores.lazy.map(\.tally.score))
        append(int32s: call.scores.lazy.map(\.tally.unlocks))
        beginArray(.timestamptz, expecting: count)
        for score in call.scores {
            if score.tally.reachedAt < 0 {
                appendNullElement()
            } else {
                appendElement(timestampMs: score.tally.reachedAt)
            }
        }
        endArray()
        append(int64s: call.scores.lazy.map(\.version))
        append(int64s: call.scores.lazy.map(\.factsSeq))
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
