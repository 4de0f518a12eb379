import Foundation

/// A file's text from byte `offset` on.
func logText(of path: String, from offset: UInt64 = 0) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    try? file.seek(toOffset: offset)
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
}

/// Its size in bytes, 0 when it does not exist.
func logSize(of path: String) -> UInt64 {
    guard let file = FileHandle(forReadingAtPath: path) else { return 0 }
    return (try? file.seekToEnd()) ?? 0
}

/// The line of a log that tells best why a program ended: the last that names an error, else the last with anything
/// in it. For a one-line error.
func lastSentence(_ text: String) -> String {
    let lines = text.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
    let telling = lines.last { line in ["FATAL", "ERROR", "error:"].contains { line.contains($0) } }
    return (telling ?? lines.last).map(String.init) ?? "it said nothing"
}
