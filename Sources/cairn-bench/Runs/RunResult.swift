/// The figures of one exact run.
struct RunResult: Codable {
    /// See `RunPlan.name`.
    var name: String
    var mix: String
    /// Which program.
    var revision: String
    /// How many workers shared the records, where that is what was compared.
    var workers: Int?
    /// Records that the figures stand for.
    var scans: Int
    /// How long they took, from the first until Postgres, Redis and the feed held all of them.
    var seconds: Double
    var scansPerSecond: Double
    /// From the worker's start until it saw its first record.
    var startUpSeconds: Double
    /// CPU seconds for a million of these records.
    var cpuPerMillion: CPUSeconds
    /// The most memory the workers held, added up, bytes.
    var peakMemory: Int
    /// Transactions; 0, as are the three figures below, of a program that does not tell.
    var flushes: Int
    var recordsPerFlush: Double
    var factsPerFlush: Double
    /// Updates of the hot tier that were given up.
    var hotTierLost: Int
    /// Keys that were there to be compared with the oracle.
    var keysCompared: Int
    /// Of loads only.
    var load: LoadFigures?

    /// Of paced and bursty loads.
    struct LoadFigures: Codable {
        /// From when a first scan was due until Redis showed it, milliseconds.
        var latency: Quantiles
        /// From when a record was due until a bare consumer of the same topic had it, milliseconds.
        var floor: Quantiles
        /// How late records were sent, milliseconds.
        var lateness: Quantiles
        /// From when the last record was due until everything was done.
        var settledSeconds: Double
        /// Whether the sender was on time. If not, the latencies count the sender's own delay as well.
        var wasOnTime: Bool

        /// A sender that is later than this with one record of a hundred did not keep the schedule. Milliseconds.
        private static let lateMsMax = 10.0

        init(latency: Quantiles, floor: Quantiles, lateness: Quantiles, settledSeconds: Double) {
            self.latency = latency
            self.floor = floor
            self.lateness = lateness
            self.settledSeconds = settledSeconds
            wasOnTime = lateness.p99 <= Self.lateMsMax
        }
    }

    /// Sets what the pages tell.
    mutating func setFlushes(from first: WorkerPage?, to last: WorkerPage) {
        flushes = last.flushes - (first?.flushes ?? 0)
        let count = Double(max(1, flushes))
        recordsPerFlush = Double(last.flushedRecords - (first?.flushedRecords ?? 0)) / count
        factsPerFlush = Double(last.flushedFacts - (first?.flushedFacts ?? 0)) / count
        hotTierLost = last.hotLost
    }

    init(
        _ plan: RunPlan, scans: Int, seconds: Double, startUpSeconds: Double, cpu: CPUSeconds, peakMemory: Int,
        keysCompared: Int
    ) {
        name = plan.name
        mix = plan.mix.name
        revision = plan.contender.name
        if case .scale(_, _, let workers) = plan.kind { self.workers = workers }
        self.scans = scans
        self.seconds = seconds
        scansPerSecond = Double(scans) / seconds
        self.startUpSeconds = startUpSeconds
        cpuPerMillion = cpu / (Double(scans) / 1e6)
        self.peakMemory = peakMemory
        self.keysCompared = keysCompared
        flushes = 0
        recordsPerFlush = 0
        factsPerFlush = 0
        hotTierLost = 0
    }
}
