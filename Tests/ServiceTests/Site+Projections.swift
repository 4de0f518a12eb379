import Foundation
import HuntCore
import KafkaClient
import Reactor
import RedisClient

extension Site {
    /// Every score key that Redis holds, key to value.
    func redisScores() async throws -> [String: String] {
        let reply = try await redis.call(RedisArguments("KEYS", "cairn:*:score:*"))
        guard case .array(let elements) = reply, !elements.isEmpty else { return [:] }
        let keys = elements.compactMap(\.text)
        var question = RedisArguments("MGET")
        for key in keys { question.append(key) }
        guard case .array(let values) = try await redis.call(question) else { return [:] }
        // One that went in between has no value any more.
        let present = zip(keys, values).compactMap { key, value in value.text.map { (key, $0) } }
        return Dictionary(uniqueKeysWithValues: present)
    }

    /// Present keys must equal Postgres; a missing one says nothing.
    func compareRedis(_ rows: [String: ScoreRow]) async throws -> [String] {
        let found = try await redisScores()
        var wanted: [String: String] = [:]
        for (player, row) in rows {
            let parts = player.split(separator: " ").map(String.init)
            wanted[scoreKey(hunt: parts[0], player: parts[1])] = scoreValue(row)
        }
        phase("redis holds \(found.count) of \(rows.count) scores")
        return found.compactMap { key, value in
            wanted[key] == value ? nil : "redis \(key): \(value), expected \(wanted[key] ?? "no such key")"
        }
    }

    /// Reads the feed until its newest records equal the score rows, or for 20 s.
    func compareFeed(_ rows: [String: ScoreRow]) async throws -> [String] {
        let reader = try FeedReader(self)
        let changed = rows.filter { $0.value.version > 0 }
        let isEqual = await eventually(within: 20) {
            reader.read()
            let isWhole = reader.newest.count == changed.count
            return isWhole && changed.allSatisfy { reader.newest[$0.key]?.row == $0.value.fed }
        }
        await reader.close()
        if isEqual { return reader.faults }
        let wrong = changed.filter { reader.newest[$0.key]?.row != $0.value.fed }.map {
            "feed \($0.key): \(String(describing: reader.newest[$0.key])), expected \($0.value)"
        }
        let excess = reader.newest.keys.filter { changed[$0] == nil }
        return reader.faults + wrong + excess.map { "feed \($0): no such score" }
    }
}

/// The key of a score, contracts.md section 4.
func scoreKey(hunt: String, player: String) -> String {
    var crc: UInt16 = 0
    for byte in player.utf8 {
        crc ^= UInt16(byte) << 8
        for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    }
    return "cairn:{\(hunt):\(crc % 64)}:score:\(player)"
}

/// The value of a score, contracts.md section 4.
func scoreValue(_ row: ScoreRow) -> String {
    let reachedAt = row.tally.reachedAt.map { "\($0)" } ?? "-"
    return "1 \(row.version) \(row.tally.score) \(row.tally.unlocks) \(reachedAt) \(row.updatedAt)"
}

extension ScoreRow {
    /// What the feed tells of it.
    var fed: ScoreRow {
        var row = self
        row.factsSeq = 0
        return row
    }
}

/// The newest record of each player, by "hunt player", from the beginning of the feed.
@Reactor
final class FeedReader {
    struct Entry {
        var row: ScoreRow
        var json: String
    }

    private(set) var newest: [String: Entry] = [:]
    private(set) var faults: [String] = []
    private let consumer: KafkaConsumer
    private let partitions: Int32

    init(_ site: Site) throws {
        partitions = Int32(site.partitions)
        consumer = try KafkaConsumer(
            site.kafka(["fetch.wait.max.ms": "500"]), topic: site.settings.scoresTopic,
            from: (0..<partitions).map { ($0, -2) })
    }

    /// Takes in what has arrived.
    func read() {
        for partition in 0..<partitions {
            while consumer.poll(partition, max: 1_000, { take($0) }).count > 0 {}
        }
    }

    func close() async { await consumer.close() }

    private func take(_ record: KafkaRecord) {
        if let key = record.key, record.value == nil {
            let parts = String(decoding: key, as: UTF8.self).split(separator: "/", maxSplits: 1)
            newest[parts.joined(separator: " ")] = nil
            return
        }
        guard let key = record.key, let value = record.value,
            let object = try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any],
            let hunt = object["hunt"] as? String, let player = object["player"] as? String,
            let score = object["score"] as? Int64, let unlocks = object["unlocks"] as? Int,
            let version = object["version"] as? Int64, let committedAt = object["committed_at"] as? Int64
        else { return faults.append("a record that is not as contracts.md says") }
        if String(decoding: key, as: UTF8.self) != "\(hunt)/\(player)" { faults.append("key and value differ") }
        let name = "\(hunt) \(player)"
        if let known = newest[name], known.row.version > version { return }
        newest[name] = Entry(
            row: ScoreRow(
                tally: Expectation.Score(
                    score: score, unlocks: unlocks, reachedAt: object["reached_at"] as? Int64),
                version: version, factsSeq: 0, updatedAt: committedAt),
            json: String(decoding: value, as: UTF8.self))
    }
}
