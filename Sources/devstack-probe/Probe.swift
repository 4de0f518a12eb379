import DevStack
import Foundation

/// Boots a stack with a child of its own, prints its folder and waits to be killed: the victim of the guard's tests.
@main
enum Probe {
    static func main() async {
        do {
            var options = DevStackOptions()
            options.durable = false
            let stack = try await DevStack.start(options)
            let child = try await stack.spawn("child", "/bin/sh", ["-c", "sleep 1000 & sleep 1000"])
            print("ready \(stack.folder)")
            fflush(nil)
            await child.wait()
        } catch {
            print("failed: \(error)")
            exit(1)
        }
    }
}
