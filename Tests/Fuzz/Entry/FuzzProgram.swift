import Foundation

@testable import FuzzChecks

/// libFuzzer's loop and options. Its own `main` is not used: SwiftPM gives every program one of another name.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ testOneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// libFuzzer calls from one thread.
nonisolated(unsafe) private var checker: FuzzChecker?

/// The name that libFuzzer's library asks for.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let complaint = checker?.complaint(about: bytes) { fatalError(complaint) }
    return 0
}

/// `make fuzz`: the target is chosen by the variable FUZZ_TARGET, the arguments are libFuzzer's.
@main
enum FuzzProgram {
    static func main() {
        let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            fatalError("FUZZ_TARGET is one of \(FuzzTarget.allCases.map(\.rawValue)), not \(name)")
        }
        checker = FuzzChecker(target)
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments) { start, count in testOneInput(start, count) })
    }
}
