/// The candidate that a misspelt name most likely means, or nil when none is near.
///
/// Near is at most one mistake in three bytes; a mistake is a byte too many, too few, wrong, or swapped with the next.
/// A name that lacks only its groups (`stop_at` for `lanes.stop_at`) counts when nothing nearer exists.
func nearestName(to name: String, among candidates: [String]) -> String? {
    let bytes = Array(name.lowercased().utf8.prefix(64))
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let distance = mistakes(bytes, Array(candidate.lowercased().utf8))
        guard distance <= max(1, bytes.count / 3), distance < best?.distance ?? .max else { continue }
        best = (candidate, distance)
    }
    if let best { return best.candidate }
    let last = name.lowercased().split(separator: ".").last ?? ""
    return candidates.first { $0.split(separator: ".").last == last }
}

/// Optimal string alignment: the least number of insertions, deletions, replacements and swaps of neighbours.
private func mistakes(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, byte) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            var least = min(last[column + 1], current[column]) + 1
            least = min(least, last[column] + (byte == other ? 0 : 1))
            if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                least = min(least, beforeLast[column - 1] + 1)
            }
            current.append(least)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
