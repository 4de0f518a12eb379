import HuntCore
import HuntFile

/// A hunt file is refused with lines that exist, or read, written and read again as the same hunt.
enum HuntFileCheck {
    static func complaint(about bytes: [UInt8]) -> String? {
        // Files that are not UTF-8 are refused before they are parsed.
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        do throws(HuntFileFaults) {
            return complaint(about: try HuntFile.parse(text))
        } catch {
            return complaint(about: error.faults, lines: lineCount(text) + 1)
        }
    }

    /// By every character that YAML 1.1 or 1.2 takes for the end of a line.
    private static func lineCount(_ text: String) -> Int {
        text.unicodeScalars.count { ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains($0) } + 1
    }

    private static func complaint(about faults: [HuntFileFaults.Fault], lines: Int) -> String? {
        if faults.isEmpty { return "refused without a fault" }
        if faults != HuntFileFaults(faults).faults { return "faults are not in the order of their lines" }
        for fault in faults {
            if !(1...lines).contains(fault.line) { return "a fault on line \(fault.line)" }
            let isPrintable = fault.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            if fault.message.isEmpty || !isPrintable {
                return "no printable message: \(fault.message.debugDescription)"
            }
        }
        return nil
    }

    private static func complaint(about definition: HuntDefinition) -> String? {
        if let broken = brokenRule(definition) { return "read, although \(broken)" }
        let text = HuntFile.render(definition)
        do throws(HuntFileFaults) {
            let again = try HuntFile.parse(text)
            // Strings compare by meaning; an export must keep the very bytes.
            let isSame = again == definition && Array(HuntFile.render(again).utf8) == Array(text.utf8)
            return isSame ? nil : "written and read again it is another hunt:\n\(text)"
        } catch {
            return "what is written is refused: \(error.faults)\n\(text)"
        }
    }

    /// Section 2 of the contract, as far as a definition can break it; nil when it does not.
    private static func brokenRule(_ hunt: HuntDefinition) -> String? {
        let ids = hunt.checkpoints.map(\.id)
        let known = Set(ids)
        let window = hunt.opensAt..<max(hunt.opensAt, hunt.closesAt)
        if window.isEmpty { return "it closes before it opens" }
        if !(1...10_000).contains(ids.count) { return "it has \(ids.count) checkpoints" }
        if known.count != ids.count { return "two checkpoints have one id" }
        if Set(hunt.checkpoints.map { $0.tag.uppercased() }).count != ids.count {
            return "two checkpoints have one tag"
        }
        if !(0...2_592_000_000).contains(hunt.lateGrace) { return "the grace is \(hunt.lateGrace) ms" }
        for checkpoint in hunt.checkpoints {
            if !(0...1_000_000).contains(checkpoint.points) {
                return "\(checkpoint.id) has \(checkpoint.points) points"
            }
            if !known.isSuperset(of: checkpoint.requires) { return "\(checkpoint.id) requires what is not there" }
            let opensAt = checkpoint.opensAt ?? hunt.opensAt
            let closesAt = checkpoint.closesAt ?? hunt.closesAt
            if opensAt >= closesAt || opensAt < hunt.opensAt || closesAt > hunt.closesAt {
                return "the window of \(checkpoint.id) is not in the hunt's"
            }
        }
        for trail in hunt.trails {
            let isFit = trail.checkpoints.count >= 2 && Set(trail.checkpoints).count == trail.checkpoints.count
            if !isFit || !known.isSuperset(of: trail.checkpoints) { return "the trail \(trail.id) is broken" }
            if !(0...1_000_000).contains(trail.bonus) { return "\(trail.id) has a bonus of \(trail.bonus)" }
        }
        let points = hunt.checkpoints.reduce(0) { $0 + $1.points } + hunt.trails.reduce(0) { $0 + $1.bonus }
        let (product, isOver) = (points + 1).multipliedReportingOverflow(by: hunt.closesAt - hunt.opensAt)
        return isOver || product > 1 << 53 ? "points times span exceed 2^53" : nil
    }
}
