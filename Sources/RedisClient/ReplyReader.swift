import CHiredis

/// Cuts the bytes of a connection into replies: hiredis' reader, owned exactly once.
///
/// Not `Sendable`: hiredis keeps a half-read reply inside.
struct ReplyReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>

    init() {
        guard let reader = redisReaderCreate() else { preconditionFailure("no memory for a reply reader") }
        self.reader = reader
    }

    deinit { redisReaderFree(reader) }

    /// Takes over a copy of `bytes`. False when they cannot be kept: memory, or an earlier violation.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        redisReaderFeed(reader, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count) == REDIS_OK
    }

    enum Step {
        case reply(RedisReply)
        case incomplete
        case violation(String)
    }

    mutating func next() -> Step {
        var raw: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &raw) == REDIS_OK else {
            let reason = withUnsafePointer(to: &reader.pointee.errstr) { text in
                text.withMemoryRebound(to: CChar.self, capacity: 128) { String(cString: $0) }
            }
            return .violation(reason)
        }
        guard let raw else { return .incomplete }
        defer { freeReplyObject(raw) }
        guard let reply = RedisReply(copying: raw.assumingMemoryBound(to: redisReply.self)) else {
            return .violation("a reply of unknown type")
        }
        return .reply(reply)
    }
}
