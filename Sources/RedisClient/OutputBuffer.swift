/// Bytes on their way out: appended at the end, taken from the front. Owns its memory exactly once.
struct OutputBuffer: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var taken = 0
    private var filled = 0

    /// More memory than this is given back once all is sent.
    private static let keptMax = 1 << 20

    deinit { memory.deallocate() }

    var count: Int { filled - taken }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        append(bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// Lets `fill` write `count` bytes at the end.
    mutating func append(_ count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        if filled + count > memory.count { resize(toHold: filled + count) }
        fill(UnsafeMutableRawBufferPointer(rebasing: memory[filled..<filled + count]))
        filled += count
    }

    private mutating func resize(toHold needed: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(needed, 2 * memory.count, 4_096), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(memory))
        memory.deallocate()
        memory = larger
    }

    /// Hands out what is left; `body` says how many bytes it took.
    mutating func take(_ body: (UnsafeRawBufferPointer) -> Int) {
        taken += body(UnsafeRawBufferPointer(rebasing: memory[taken..<filled]))
        if taken < filled { return }
        taken = 0
        filled = 0
        if memory.count > Self.keptMax {
            memory.deallocate()
            memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
    }
}
