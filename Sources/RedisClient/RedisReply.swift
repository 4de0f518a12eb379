import CHiredis

/// One answer of Redis (RESP2). An error at the top level is thrown as `RedisError.refused` instead.
public enum RedisReply: Equatable, Sendable {
    case integer(Int64)
    /// A string of any bytes.
    case bulk([UInt8])
    /// A short status such as `OK`.
    case simple(String)
    case null
    case array([RedisReply])
    /// An error inside an array.
    case error(String)

    /// The text of a bulk or simple string; nil for anything else. Invalid UTF-8 is replaced.
    public var text: String? {
        switch self {
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .simple(let text): text
        default: nil
        }
    }
}

extension RedisReply {
    /// Copies a reply of hiredis. nil for a type RESP2 does not know. The reader bounds the depth (7).
    init?(copying reply: UnsafePointer<redisReply>) {
        let bytes = UnsafeRawBufferPointer(start: reply.pointee.str, count: Int(reply.pointee.len))
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: self = .integer(reply.pointee.integer)
        case REDIS_REPLY_STRING: self = .bulk([UInt8](bytes))
        case REDIS_REPLY_STATUS: self = .simple(String(decoding: bytes, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: bytes, as: UTF8.self))
        case REDIS_REPLY_NIL: self = .null
        case REDIS_REPLY_ARRAY:
            var elements: [RedisReply] = []
            elements.reserveCapacity(Int(reply.pointee.elements))
            for position in 0..<Int(reply.pointee.elements) {
                guard let element = reply.pointee.element[position], let copy = RedisReply(copying: element) else {
                    return nil
                }
                elements.append(copy)
            }
            self = .array(elements)
        default: return nil
        }
    }
}
