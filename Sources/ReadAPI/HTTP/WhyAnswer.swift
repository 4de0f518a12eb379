import HuntCore

/// The explanation of a score as JSON. Its `version` is the player's own: it shows no other.
extension PlayerExplanation {
    func json(hunt: String, player: String) -> JSONWriter {
        var json = JSONWriter(capacity: 512 + explanation.contributions.count * 150)
        json.beginObject()
        json.stamp(BoardStamp(asOf: asOf, version: version, source: source))
        json.key("hunt")
        json.text(hunt)
        json.key("player")
        json.text(player)
        json.key("rules_version")
        json.integer(rulesVersion)
        json.key("score")
        json.integer(tally.score)
        json.key("unlocks")
        json.integer(tally.unlocks)
        json.key("reached_at")
        json.time(tally.reachedAt)
        json.key("player_version")
        json.integer(version)
        json.key("points")
        json.integer(explanation.points)
        json.key("bonuses")
        json.integer(explanation.bonuses)
        json.key("contributions")
        json.beginArray()
        for contribution in explanation.contributions { Self.put(contribution, &json) }
        json.endArray()
        json.key("trails")
        json.beginArray()
        for trail in explanation.trails { Self.put(trail, &json) }
        json.endArray()
        json.key("waiting")
        json.beginArray()
        for waiting in explanation.waiting { Self.put(waiting, &json) }
        json.endArray()
        json.endObject()
        return json
    }

    private static func put(_ contribution: Explanation.Contribution, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("checkpoint")
        json.text(contribution.first.checkpoint)
        json.key("points")
        json.integer(contribution.points)
        json.key("scanned_at")
        json.time(contribution.first.scannedAt)
        json.key("at")
        json.time(contribution.at)
        json.key("event_id")
        json.text(contribution.first.eventID)
        json.endObject()
    }

    private static func put(_ trail: Explanation.Trail, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("trail")
        json.text(trail.id)
        json.key("bonus")
        json.integer(trail.bonus)
        json.key("at")
        json.time(trail.at)
        json.key("missing")
        json.texts(trail.missing)
        json.endObject()
    }

    private static func put(_ waiting: Explanation.Waiting, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("checkpoint")
        json.text(waiting.first.checkpoint)
        json.key("points")
        json.integer(waiting.points)
        json.key("scanned_at")
        json.time(waiting.first.scannedAt)
        json.key("requires")
        json.texts(waiting.requires)
        json.key("to_scan")
        json.texts(waiting.toScan)
        json.key("event_id")
        json.text(waiting.first.eventID)
        json.endObject()
    }
}
