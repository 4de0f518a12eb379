/// How much happened within the last while. Time is cut into slices; a slice is forgotten as a whole when it begins
/// before the window, so the window is never longer than told and shorter by less than one slice.
///
/// O(1) on average; memory is one number for each slice.
struct SlidingCount: Sendable {
    /// The sum of the window as of the latest time told.
    private(set) var latestTotal = 0
    private let sliceMs: Int64
    private var slices: [Int]
    /// The number of the slice that is being filled: time since 0 in slices.
    private var newest: Int64 = 0

    /// - Parameters:
    ///   - windowMs: milliseconds, a multiple of `slices`.
    ///   - slices: 1 or more.
    init(windowMs: Int64, slices: Int) {
        precondition(slices >= 1 && windowMs >= 1 && windowMs % Int64(slices) == 0, "a window is a number of slices")
        sliceMs = windowMs / Int64(slices)
        self.slices = Array(repeating: 0, count: slices)
    }

    mutating func add(_ amount: Int = 1, nowMs: Int64) {
        advance(nowMs: nowMs)
        slices[place(of: newest)] += amount
        latestTotal += amount
    }

    /// What was added within the window that ends now.
    mutating func total(nowMs: Int64) -> Int {
        advance(nowMs: nowMs)
        return latestTotal
    }

    mutating func removeAll() {
        for place in slices.indices { slices[place] = 0 }
        latestTotal = 0
    }

    private mutating func advance(nowMs: Int64) {
        let slice = nowMs / sliceMs
        if slice <= newest { return }
        if slice - newest >= Int64(slices.count) {
            removeAll()
            newest = slice
            return
        }
        while newest < slice {
            newest += 1
            latestTotal -= slices[place(of: newest)]
            slices[place(of: newest)] = 0
        }
    }

    private func place(of slice: Int64) -> Int { Int(slice % Int64(slices.count)) }
}
