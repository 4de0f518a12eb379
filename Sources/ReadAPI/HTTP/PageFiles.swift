import HTTPTypes
import NIOCore
import Synchronization

/// The files of the live board's page, each with its tag, made when it is first asked for.
final class PageFiles: Sendable {
    /// Scripts, styles and pictures of this server alone, nothing written into the page itself, and no frame around it.
    static let contentSecurityPolicy =
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

    private struct File: Sendable {
        let bytes: ByteBuffer
        let contentType: String
        let tag: String
    }

    private let assets: PageAssets
    /// Only of paths that have a file, so it is bounded by them.
    private let files = Mutex<[String: File]>([:])

    init(_ assets: @escaping PageAssets) { self.assets = assets }

    func answer(_ path: String, _ conditions: Conditions) throws(Problem) -> Answer {
        guard let file = file(path) else {
            throw Problem(.unknownAddress, "\(Problem.quoted(path)): the live board has no such file")
        }
        let isKnown = EntityTag.isMatch(file.tag, conditions.ifNoneMatch)
        var answer = Answer(isKnown ? .notModified : .ok, isKnown ? ByteBuffer() : file.bytes, file.contentType, .ask)
        answer.headers.append(HTTPField(name: .eTag, value: file.tag))
        answer.headers.append(HTTPField(name: .contentSecurityPolicy, value: Self.contentSecurityPolicy))
        answer.headers.append(HTTPField(name: .referrerPolicy, value: "no-referrer"))
        return answer
    }

    private func file(_ path: String) -> File? {
        if let file = files.withLock({ $0[path] }) { return file }
        guard let asset = assets(path) else { return nil }
        let file = File(
            bytes: ByteBuffer(bytes: asset.bytes), contentType: asset.contentType, tag: EntityTag.of(asset.bytes))
        files.withLock { $0[path] = file }
        return file
    }
}

extension HTTPField.Name {
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
