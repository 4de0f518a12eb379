import HTTPTypes

/// What the server can be asked for.
enum Route: Sendable, Equatable {
    case hunts
    case hunt(String)
    case board(String)
    case player(String, String)
    case around(String, String)
    case lookup(String)
    case why(String, String)
    case stream(String)
    /// The live board's page and what belongs to it, by path.
    case page(String)
    case healthz, readyz, metrics

    /// - Returns: nil when there is no such route.
    init?(_ target: RequestTarget) {
        let segments = target.segments
        guard segments.first == "v1" else {
            switch segments.first {
            case "healthz" where segments.count == 1: self = .healthz
            case "readyz" where segments.count == 1: self = .readyz
            case "metrics" where segments.count == 1: self = .metrics
            case nil, "assets": self = .page(String(target.path))
            default: return nil
            }
            return
        }
        guard segments.count >= 2, segments[1] == "hunts" else { return nil }
        switch segments.count {
        case 2: self = .hunts
        case 3: self = .hunt(segments[2])
        case 4 where segments[3] == "board": self = .board(segments[2])
        case 4 where segments[3] == "players:lookup": self = .lookup(segments[2])
        case 5 where segments[3] == "board" && segments[4] == "stream": self = .stream(segments[2])
        case 5 where segments[3] == "players": self = .player(segments[2], segments[4])
        case 6 where segments[3] == "players" && segments[5] == "around": self = .around(segments[2], segments[4])
        case 6 where segments[3] == "players" && segments[5] == "why": self = .why(segments[2], segments[4])
        default: return nil
        }
    }

    /// Its name in metrics and documentation.
    enum Name: String, CaseIterable, Sendable {
        case hunts, hunt, board, player, around, lookup, why, stream, page, healthz, readyz, metrics
        /// Whatever leads nowhere.
        case none

        /// As the OpenAPI document writes it; nil for what it does not describe.
        var template: String? {
            switch self {
            case .hunts: "/v1/hunts"
            case .hunt: "/v1/hunts/{hunt}"
            case .board: "/v1/hunts/{hunt}/board"
            case .player: "/v1/hunts/{hunt}/players/{player}"
            case .around: "/v1/hunts/{hunt}/players/{player}/around"
            case .lookup: "/v1/hunts/{hunt}/players:lookup"
            case .why: "/v1/hunts/{hunt}/players/{player}/why"
            case .stream: "/v1/hunts/{hunt}/board/stream"
            case .page: "/"
            case .healthz: "/healthz"
            case .readyz: "/readyz"
            case .metrics: "/metrics"
            case .none: nil
            }
        }

        /// Besides OPTIONS.
        var methods: [HTTPRequest.Method] { self == .lookup ? [.post] : [.get, .head] }

        /// Who watches over the server may always ask.
        var isExempt: Bool { [.healthz, .readyz, .metrics].contains(self) }
    }

    var name: Name {
        switch self {
        case .hunts: .hunts
        case .hunt: .hunt
        case .board: .board
        case .player: .player
        case .around: .around
        case .lookup: .lookup
        case .why: .why
        case .stream: .stream
        case .page: .page
        case .healthz: .healthz
        case .readyz: .readyz
        case .metrics: .metrics
        }
    }
}
