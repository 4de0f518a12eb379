import Glibc

/// Why a settings file cannot be read.
struct UnreadableFile: Error {
    /// True when there is no such file.
    let isMissing: Bool
    /// Where reading ended; nil when that is no line's fault.
    let line: Int?
    let problem: String
}

/// The text of a settings file.
enum SettingsFile {
    /// Bytes of a file; enough for a thousand times the settings there are.
    static let bytesMax = 256 << 10

    static func text(at path: String) throws(UnreadableFile) -> String {
        let bytes = try bytes(at: path)
        if let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(where: isForbidden) { return text }
        let line = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).firstIndex { line in
            line.contains(where: isForbidden) || String(validating: line, as: UTF8.self) == nil
        }
        throw UnreadableFile(
            isMissing: false, line: line.map { $0 + 1 }, problem: "is not text in UTF-8; is this the right file?")
    }

    /// Control characters, of which YAML knows only tab and line ends.
    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D || byte == 0x7F
    }

    /// Reads a pipe as well as a file, so it asks for no size first.
    private static func bytes(at path: String) throws(UnreadableFile) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
            }
            if count == 0 { return Array(bytes[..<filled]) }
            if count > 0 {
                filled += count
            } else if errno != EINTR {
                throw failure(errno)
            }
        }
        throw UnreadableFile(
            isMissing: false, line: nil, problem: "is larger than 256 KiB and so no settings file of cairn")
    }

    private static func failure(_ code: Int32) -> UnreadableFile {
        let problem =
            switch code {
            case ENOENT: "there is no such file"
            case EISDIR: "is a directory: name the file in it"
            default: "cannot be read: \(String(cString: strerror(code)))"
            }
        return UnreadableFile(isMissing: code == ENOENT, line: nil, problem: problem)
    }
}
