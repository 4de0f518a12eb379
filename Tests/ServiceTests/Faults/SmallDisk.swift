import Foundation
import Reactor

/// A file system in memory of a few megabytes, which can be filled and freed.
struct SmallDisk {
    let folder: String
    private var ballast: String { "\(folder)/../ballast" }

    /// - Returns: nil where this user may not mount one.
    static func mount(below parent: String, megabytes: Int) async throws -> SmallDisk? {
        let mountPoint = "\(parent)/small-disk"
        try FileManager.default.createDirectory(atPath: mountPoint, withIntermediateDirectories: true)
        let arguments = ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0755", "none", mountPoint]
        guard await succeeds("mount", arguments) else { return nil }
        let disk = SmallDisk(folder: "\(mountPoint)/tablespace")
        try FileManager.default.createDirectory(atPath: disk.folder, withIntermediateDirectories: false)
        // Postgres does not run as root.
        if let entry = getpwnam("postgres") { chown(disk.folder, entry.pointee.pw_uid, entry.pointee.pw_gid) }
        chmod(disk.folder, 0o700)
        return disk
    }

    /// Writes until nothing more fits.
    func fill() throws {
        let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(file) }
        for size in [65_536, 4_096, 1] {
            let zeros = [UInt8](repeating: 0, count: size)
            while write(file, zeros, size) > 0 {}
        }
        guard errno == ENOSPC else { throw ServiceFailure("the small disk cannot be filled: \(errno)") }
    }

    func free() throws { try FileManager.default.removeItem(atPath: ballast) }

    func unmount() async { _ = await Self.succeeds("umount", ["-l", "\(folder)/.."]) }

    private static func succeeds(_ program: String, _ arguments: [String]) async -> Bool {
        await Reactor.blocking {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [program] + arguments
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }
}
