import Foundation
import Testing

@testable import FuzzChecks

/// The inputs that fuzzing has found worth keeping, once each.
@Suite("Corpus of the fuzzer")
struct CorpusTests {
    @Test("every input is decoded as the contract says", arguments: FuzzTarget.allCases)
    func replay(target: FuzzTarget) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fuzz/Corpus/\(target.rawValue)").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names.count >= 10, "the corpus is not there")
        let checker = FuzzChecker(target)
        for name in names {
            let bytes = try #require(FileManager.default.contents(atPath: "\(folder)/\(name)"))
            #expect(checker.complaint(about: Array(bytes)) == nil, "\(target.rawValue)/\(name)")
        }
    }
}
