/// A hunt as its organisers wrote it: what the YAML file says and what Postgres keeps. Times are epoch milliseconds.
///
/// - Source: contracts.md section 2.
public struct HuntDefinition: Equatable, Sendable {
    /// How equal scores are numbered.
    public enum Ranking: String, Sendable, CaseIterable {
        case firstToReach = "first_to_reach"
        case shared
    }

    public struct Checkpoint: Equatable, Sendable {
        public var id: String
        /// 8, 14 or 20 upper-case hex digits.
        public var tag: String
        /// `0 ... 1_000_000`
        public var points: Int64
        public var title: String?
        /// Degrees as written, `-90 ... 90`.
        public var latitude: String?
        /// Degrees as written, `-180 ... 180`.
        public var longitude: String?
        public var zone: String?
        /// Ids of checkpoints of the same hunt, sorted, without repeats.
        public var requires: [String]
        /// nil: the hunt's.
        public var opensAt: Int64?
        /// nil: the hunt's. Exclusive.
        public var closesAt: Int64?

        public init(
            id: String, tag: String, points: Int64, title: String? = nil, latitude: String? = nil,
            longitude: String? = nil, zone: String? = nil, requires: [String] = [], opensAt: Int64? = nil,
            closesAt: Int64? = nil
        ) {
            self.id = id
            self.tag = tag
            self.points = points
            self.title = title
            self.latitude = latitude
            self.longitude = longitude
            self.zone = zone
            self.requires = requires
            self.opensAt = opensAt
            self.closesAt = closesAt
        }
    }

    public struct Trail: Equatable, Sendable {
        public var id: String
        /// Two or more different checkpoint ids, in the order written.
        public var checkpoints: [String]
        /// `0 ... 1_000_000`
        public var bonus: Int64

        public init(id: String, checkpoints: [String], bonus: Int64) {
            self.id = id
            self.checkpoints = checkpoints
            self.bonus = bonus
        }
    }

    public var slug: String
    public var title: String?
    public var opensAt: Int64
    /// Exclusive.
    public var closesAt: Int64
    /// Milliseconds, `0 ... 30 days`.
    public var lateGrace: Int64
    public var ranking: Ranking
    /// 1 ... 10,000.
    public var checkpoints: [Checkpoint]
    public var trails: [Trail]

    public init(
        slug: String, title: String? = nil, opensAt: Int64, closesAt: Int64, lateGrace: Int64 = 0,
        ranking: Ranking = .firstToReach, checkpoints: [Checkpoint], trails: [Trail] = []
    ) {
        self.slug = slug
        self.title = title
        self.opensAt = opensAt
        self.closesAt = closesAt
        self.lateGrace = lateGrace
        self.ranking = ranking
        self.checkpoints = checkpoints
        self.trails = trails
    }
}
