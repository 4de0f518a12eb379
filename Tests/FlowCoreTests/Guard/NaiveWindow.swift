/// Every event with its time; the window is looked through each time.
struct NaiveWindow {
    let windowMs: Int64
    let sliceMs: Int64
    private(set) var events: [(atMs: Int64, amount: Int)] = []

    init(windowMs: Int64, slices: Int) {
        self.windowMs = windowMs
        sliceMs = windowMs / Int64(slices)
    }

    mutating func add(_ amount: Int = 1, nowMs: Int64) { events.append((nowMs, amount)) }

    /// Of the slices that begin within the window that ends with the slice of now.
    func total(nowMs: Int64) -> Int {
        let oldest = nowMs / sliceMs * sliceMs - windowMs + sliceMs
        return sum(since: oldest)
    }

    func sum(since oldestMs: Int64) -> Int { events.reduce(0) { $0 + ($1.atMs >= oldestMs ? $1.amount : 0) } }

    mutating func removeAll() { events.removeAll() }
}
