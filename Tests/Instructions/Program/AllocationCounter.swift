import Counting

enum AllocationCounter {
    /// Traps when memory that Swift asks for is not counted: a count of none would mean nothing then.
    static func prove() {
        var bytes: [UInt8] = []
        let count = withUnsafeMutablePointer(to: &bytes) { bytes in
            cairn_counted(
                { context in
                    context?.assumingMemoryBound(to: [UInt8].self).pointee = Array(repeating: 1, count: 100)
                }, bytes)
        }
        precondition(bytes.count == 100 && count > 0, "allocations are not counted")
    }
}
