import CRdkafka
import Glibc

/// A pipe that librdkafka writes one byte to when a queue is no longer empty.
struct WakeUpPipe: ~Copyable {
    let readEnd: Int32
    fileprivate let writeEnd: Int32

    init() {
        var ends: (Int32, Int32) = (-1, -1)
        let status = withUnsafeMutableBytes(of: &ends) { bytes in
            pipe(bytes.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        precondition(status == 0, "the kernel gave no pipe: errno \(errno)")
        for end in [ends.0, ends.1] {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (readEnd, writeEnd) = ends
    }

    deinit {
        Glibc.close(readEnd)
        Glibc.close(writeEnd)
    }

    /// Forgets what was written. Queues polled afterwards write again.
    func drain() {
        withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { bytes in
            while read(readEnd, bytes.baseAddress, bytes.count) == bytes.count {}
        }
    }
}

/// One librdkafka queue. Owns exactly one `rd_kafka_queue_t`; release it before its client.
struct QueueHandle: ~Copyable {
    private(set) var pointer: OpaquePointer?

    /// - Parameter wakeUp: written to when the queue, found empty by the last poll, has something again.
    init(_ queue: OpaquePointer, wakeUp: borrowing WakeUpPipe) {
        pointer = queue
        var byte: UInt8 = 1
        rd_kafka_queue_io_event_enable(queue, wakeUp.writeEnd, &byte, 1)
    }

    deinit { Self.release(pointer) }

    mutating func release() {
        Self.release(pointer)
        pointer = nil
    }

    private static func release(_ pointer: OpaquePointer?) {
        guard let pointer else { return }
        rd_kafka_queue_io_event_enable(pointer, -1, nil, 0)
        rd_kafka_queue_destroy(pointer)
    }

    /// Hands every waiting event to `body`, which must not keep it.
    func forEachEvent(_ body: (OpaquePointer) -> Void) {
        while let pointer, let event = rd_kafka_queue_poll(pointer, 0) {
            body(event)
            rd_kafka_event_destroy(event)
        }
    }
}
