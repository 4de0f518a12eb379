import CLinux

/// How the C library's allocator treats large buffers.
enum LargeBuffers {
    /// Buffers of this size and more go back to the system when they are freed. By itself glibc would raise the bound to
    /// 32 MiB as such buffers come and go, and keep their memory from then on (mallopt(3)): a quarter more at the peak
    /// of a backlog.
    private static let returnedFrom: Int32 = 512 << 10

    /// Call once, before the first large buffer.
    static func returnWhenFreed() {
        mallopt(M_MMAP_THRESHOLD, returnedFrom)
    }
}
