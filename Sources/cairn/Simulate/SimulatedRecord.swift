import HuntCore
import ScanWire

/// Key and value of one record after the other, in buffers that are used again.
struct SimulatedRecord {
    private let hunt: String
    private let tags: [String]
    private let unknownTag: String
    private let names: [String]
    /// Event ids of one seed differ from those of another.
    private let eventPrefix: String
    private(set) var key: [UInt8] = []
    private(set) var value: [UInt8] = []

    static let waysToBreak = 4

    init(_ definition: HuntDefinition, _ plan: SimulationPlan) {
        hunt = definition.slug
        tags = definition.checkpoints.map(\.tag)
        unknownTag = Self.tag(notIn: Set(tags))
        names = (0..<plan.players).map(Self.name(ofPlayer:))
        eventPrefix = String(plan.seed, radix: 36) + "-"
    }

    /// The id of a simulated player.
    static func name(ofPlayer player: Int) -> String { "player-\(player)" }

    /// The id of a simulated event.
    func eventID(_ event: Int) -> String { eventPrefix + String(event) }

    /// Makes `key` and `value` those of a scan.
    mutating func encode(_ scan: SimulatedScan) {
        let name = names[scan.player]
        key.removeAll(keepingCapacity: true)
        key.append(contentsOf: name.utf8)
        value.removeAll(keepingCapacity: true)
        let tag: String =
            switch scan.content {
            case .visit(let checkpoint): tags[checkpoint]
            case .unknownTag: unknownTag
            case .malformed: unknownTag
            }
        ScanEncoder.append(
            eventID: eventID(scan.event), hunt: hunt, player: name, tag: tag, scannedAt: scan.scannedAt, to: &value)
        if case .malformed(let way) = scan.content { damage(way) }
    }

    private mutating func damage(_ way: Int) {
        switch way {
        case 0: value.removeLast()
        case 1: value.removeSubrange(0..<value.count / 2)
        case 2: value.append(contentsOf: "}".utf8)
        default:
            value.removeAll(keepingCapacity: true)
            value.append(contentsOf: "{}".utf8)
        }
    }

    private static func tag(notIn tags: Set<String>) -> String {
        var number = 0xDEAD_BEEF
        while tags.contains(String(number, radix: 16, uppercase: true)) { number -= 1 }
        return String(number, radix: 16, uppercase: true)
    }
}
