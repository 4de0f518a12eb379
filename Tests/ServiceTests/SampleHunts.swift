import HuntCore
import Reactor

/// Hunts that exercise every rule, around the present time: refused scans that are old are purged.
struct SampleHunts {
    /// 40 checkpoints with requirements, windows of their own, points of 0, and trails. Open now.
    let harbour: HuntDefinition
    /// Equal scores share ranks. Open now.
    let fado: HuntDefinition
    /// Closed ten days ago without grace: its scans are too late by now.
    let bygone: HuntDefinition

    private static let minute: Int64 = 60_000
    private static let day = 1440 * minute

    init(now: Int64 = Clock.epochMs()) {
        let hour = now - now % (60 * Self.minute)
        harbour = Self.harbour(hour)
        fado = HuntDefinition(
            slug: "fado-night", opensAt: hour - Self.day, closesAt: hour + Self.day, lateGrace: 3_600_000,
            ranking: .shared,
            checkpoints: (0..<8).map { number in
                HuntDefinition.Checkpoint(
                    id: "house-\(number)", tag: Self.tag(200 + number, bytes: 4), points: Int64(10 * (number % 3)))
            },
            trails: [HuntDefinition.Trail(id: "all-night", checkpoints: ["house-0", "house-7"], bonus: 5)])
        bygone = HuntDefinition(
            slug: "bygone", opensAt: hour - 12 * Self.day, closesAt: hour - 10 * Self.day,
            checkpoints: [HuntDefinition.Checkpoint(id: "gate", tag: Self.tag(300, bytes: 10), points: 1)])
    }

    var all: [HuntDefinition] { [harbour, fado, bygone] }

    /// A hunt with another slug and tags, for imports under load.
    func further(_ slug: String, points: Int64 = 7) -> HuntDefinition {
        HuntDefinition(
            slug: slug, opensAt: harbour.opensAt, closesAt: harbour.closesAt,
            checkpoints: (0..<5).map { number in
                HuntDefinition.Checkpoint(
                    id: "stop-\(number)", tag: Self.tag(400 + number, bytes: 7), points: points,
                    requires: number == 4 ? ["stop-0"] : [])
            })
    }

    private static func harbour(_ hour: Int64) -> HuntDefinition {
        let opensAt = hour - 2 * day
        let checkpoints = (0..<40).map { number in
            var checkpoint = HuntDefinition.Checkpoint(
                id: "pier-\(number)", tag: tag(100 + number, bytes: 7), points: number % 8 == 0 ? 0 : Int64(5 + number))
            if number % 5 == 4 { checkpoint.requires = ["pier-\(number - 1)", "pier-\(number - 4)"] }
            if number % 10 == 9 { checkpoint.requires = ["pier-\(number - 5)"] }
            if number % 7 == 6 { checkpoint.opensAt = hour - 60 * minute }
            if number % 13 == 12 { checkpoint.closesAt = hour + 60 * minute }
            return checkpoint
        }
        let trails = (0..<4).map { number in
            HuntDefinition.Trail(
                id: "walk-\(number)", checkpoints: (0..<3).map { "pier-\(10 * number + 3 * $0)" },
                bonus: Int64(100 * number))
        }
        return HuntDefinition(
            slug: "harbour", title: "Around the harbour", opensAt: opensAt, closesAt: hour + day,
            lateGrace: 3_600_000, checkpoints: checkpoints, trails: trails)
    }

    private static func tag(_ number: Int, bytes: Int) -> String {
        let digits = String(number * 7_919, radix: 16, uppercase: true)
        return "04" + String(repeating: "A", count: 2 * bytes - 2 - digits.utf8.count) + digits
    }
}

extension HuntDefinition {
    /// The definition as a hunt file.
    var yaml: String {
        var lines = [
            "hunt: \(slug)", "opens_at: \(Timestamp.format(opensAt))", "closes_at: \(Timestamp.format(closesAt))",
            "late_grace: \(lateGrace / 1000)s", "ranking: \(ranking.rawValue)", "checkpoints:",
        ]
        if let title { lines.insert("title: \(title)", at: 1) }
        for checkpoint in checkpoints {
            var fields = ["id: \(checkpoint.id)", "tag: \(checkpoint.tag)", "points: \(checkpoint.points)"]
            if !checkpoint.requires.isEmpty {
                fields.append("requires: [\(checkpoint.requires.joined(separator: ", "))]")
            }
            if let time = checkpoint.opensAt { fields.append("opens_at: \(Timestamp.format(time))") }
            if let time = checkpoint.closesAt { fields.append("closes_at: \(Timestamp.format(time))") }
            lines.append("  - {\(fields.joined(separator: ", "))}")
        }
        if !trails.isEmpty { lines.append("trails:") }
        for trail in trails {
            let places = trail.checkpoints.joined(separator: ", ")
            lines.append("  - {id: \(trail.id), checkpoints: [\(places)], bonus: \(trail.bonus)}")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
