import CHiredis

/// A Lua script and the name Redis keeps it under.
public struct RedisScript: Sendable {
    public let source: String
    /// SHA-1 of the source, 40 lower-case hexadecimal digits, as EVALSHA wants it.
    public let sha1: String

    public init(source: String) {
        self.source = source
        sha1 = Self.hexadecimalDigest(of: Array(source.utf8))
    }

    private static func hexadecimalDigest(of bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 0
        let status = EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha1(), nil)
        precondition(status == 1 && length == 20, "libcrypto offers no SHA-1, which EVALSHA needs")
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
