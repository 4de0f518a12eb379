import Foundation

/// A recording being written to a file, or to stdout.
final class RecordingWriter {
    private(set) var bytes = 0
    var records: Int { encoder.records }
    private var encoder = RecordingEncoder()
    private let descriptor: Int32
    private let name: String

    /// - Parameters:
    ///   - path: `-` is stdout.
    ///   - replaces: whether an existing file may be overwritten.
    /// - Throws: `CommandFailure`: 3 when the file exists, 1 when it cannot be written.
    init(_ path: String, replaces: Bool) throws {
        name = path == "-" ? "stdout" : path
        if path == "-" {
            descriptor = STDOUT_FILENO
        } else {
            let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replaces ? O_TRUNC : O_EXCL)
            descriptor = open(path, flags, 0o644)
            if descriptor < 0, errno == EEXIST {
                throw CommandFailure.refused("\(path) exists: choose another name, or overwrite it with --force")
            }
            if descriptor < 0 { throw Self.failure(path, errno) }
        }
        try write(RecordingEncoder.header)
    }

    deinit {
        if descriptor > STDERR_FILENO { close(descriptor) }
    }

    /// - Throws: `CommandFailure`.
    func append(_ record: RecordedRecord) throws {
        if let block = encoder.append(record) { try write(block) }
    }

    /// Writes what was appended so far, so that a sudden end loses little.
    ///
    /// - Throws: `CommandFailure`.
    func flush() throws {
        if let block = encoder.takeBlock() { try write(block) }
    }

    /// Writes the rest and the mark that makes the recording whole.
    ///
    /// - Throws: `CommandFailure`.
    func finish() throws { try write(encoder.end()) }

    private func write(_ data: [UInt8]) throws {
        var written = 0
        while written < data.count {
            let count = data[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw Self.failure(name, errno) }
            written += count
        }
        bytes += data.count
    }

    private static func failure(_ name: String, _ code: Int32) -> CommandFailure {
        .failed("\(name) cannot be written: \(String(cString: strerror(code)))")
    }
}

/// A recording read from a file.
enum RecordingFile {
    /// What a look at all of a file tells.
    struct Survey: Equatable {
        var records = 0
        /// When the last record is due, nanoseconds since the start.
        var spanNs: Int64 = 0
        /// The timestamp that a replay begins with; nil when no record has one.
        var firstTimestampMs: Int64?
        /// What is wrong with it; `records` then counts those before.
        var fault: RecordingError?
    }

    /// Opens a file at its first record.
    ///
    /// - Throws: `RecordingError`.
    static func open(_ path: String) throws(RecordingError) -> RecordingDecoder {
        guard let file = fopen(path, "rbe") else { throw .unreadable("\(String(cString: strerror(errno)))") }
        let stream = Stream(file)
        return try RecordingDecoder { (count: Int) throws(RecordingError) in try stream.read(count) }
    }

    /// Reads all of it and keeps nothing.
    ///
    /// - Throws: `RecordingError` when not even the file's header can be read.
    static func survey(_ path: String, speed: Int) throws(RecordingError) -> Survey {
        var decoder = try open(path)
        var schedule = ReplaySchedule(speed: speed)
        var survey = Survey()
        do throws(RecordingError) {
            while let record = try decoder.next() {
                survey.spanNs = schedule.dueNs(timestampMs: record.timestampMs)
                survey.firstTimestampMs = survey.firstTimestampMs ?? record.timestampMs
            }
        } catch {
            survey.fault = error
        }
        survey.records = decoder.records
        return survey
    }

    private final class Stream {
        private let file: UnsafeMutablePointer<FILE>

        init(_ file: UnsafeMutablePointer<FILE>) { self.file = file }

        deinit { fclose(file) }

        func read(_ count: Int) throws(RecordingError) -> [UInt8] {
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = fread(buffer.baseAddress, 1, count, file)
            }
            if bytes.count < count, ferror(file) != 0 {
                throw .unreadable("it cannot be read: \(String(cString: strerror(errno)))")
            }
            return bytes
        }
    }
}
