import HuntCore

/// Answers about hunts. Never a tag nor a place: those are what players look for.
extension BoardAnswers {
    func hunts(_ request: Conditions) throws(Problem) -> Answer {
        guard store.isLoaded else { throw Self.notLoaded }
        var oldest: BoardStamp?
        var version: Int64 = 0
        var tags = ""
        var hunts: [(hunt: BoardHunt, players: Int)] = []
        for slug in store.slugs {
            // A hunt that was deleted meanwhile is left out.
            guard let (hunt, stamp, players) = store.read(slug, { ($0.hunt, $0.stamp, $0.index.count) }) else {
                continue
            }
            hunts.append((hunt, players))
            version += stamp.version
            tags += "\(hunt.huntID).\(hunt.rulesVersion).\(hunt.erasures).\(stamp.version)_"
            if stamp.asOf < oldest?.asOf ?? .max { oldest = stamp }
        }
        let stamp = BoardStamp(asOf: oldest?.asOf ?? -1, version: version, source: oldest?.source ?? .primary)
        let tag = EntityTag.of(Array(tags.utf8))
        if EntityTag.isMatch(tag, request.ifNoneMatch), oldest != nil { return .notModified("W/\(tag)", stamp) }
        var json = JSONWriter(capacity: 256 + hunts.count * 256)
        json.beginObject()
        json.stamp(stamp)
        json.key("hunts")
        json.beginArray()
        for (hunt, players) in hunts {
            json.beginObject()
            Self.put(hunt, players, isList: true, &json)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        var answer = Answer.json(json, .second)
        answer.headers[.eTag] = "W/\(tag)"
        return answer
    }

    func hunt(_ slug: String, _ request: Conditions) throws(Problem) -> Answer {
        let reading = try read(slug) { view throws(Problem) in
            request.check("h", view) { (view.hunt, view.stamp, view.index.count) }
        }
        return reading.answer { hunt, stamp, players in
            let definition = hunt.definition
            var json = JSONWriter(capacity: 512 + definition.checkpoints.count * 200 + definition.trails.count * 100)
            json.beginObject()
            json.stamp(stamp)
            Self.put(hunt, players, isList: false, &json)
            json.key("checkpoints")
            json.beginArray()
            for checkpoint in definition.checkpoints { Self.put(checkpoint, &json) }
            json.endArray()
            json.key("trails")
            json.beginArray()
            for trail in definition.trails { Self.put(trail, &json) }
            json.endArray()
            json.endObject()
            return json
        }
    }

    /// - Parameter isList: whether `checkpoints` and `trails` are counts, for want of the lists of those names.
    private static func put(_ hunt: BoardHunt, _ players: Int, isList: Bool, _ json: inout JSONWriter) {
        let definition = hunt.definition
        json.key("hunt")
        json.text(definition.slug)
        json.key("title")
        json.optionalText(definition.title)
        json.key("opens_at")
        json.time(definition.opensAt)
        json.key("closes_at")
        json.time(definition.closesAt)
        json.key("ranking")
        json.text(definition.ranking.rawValue)
        json.key("rules_version")
        json.integer(hunt.rulesVersion)
        json.key(isList ? "checkpoints" : "checkpoint_count")
        json.integer(definition.checkpoints.count)
        json.key(isList ? "trails" : "trail_count")
        json.integer(definition.trails.count)
        json.key("players")
        json.integer(players)
    }

    private static func put(_ checkpoint: HuntDefinition.Checkpoint, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        json.text(checkpoint.id)
        json.key("title")
        json.optionalText(checkpoint.title)
        json.key("points")
        json.integer(checkpoint.points)
        json.key("zone")
        json.optionalText(checkpoint.zone)
        json.key("requires")
        json.texts(checkpoint.requires)
        json.key("opens_at")
        json.time(checkpoint.opensAt)
        json.key("closes_at")
        json.time(checkpoint.closesAt)
        json.endObject()
    }

    private static func put(_ trail: HuntDefinition.Trail, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        json.text(trail.id)
        json.key("checkpoints")
        json.texts(trail.checkpoints)
        json.key("bonus")
        json.integer(trail.bonus)
        json.endObject()
    }
}
