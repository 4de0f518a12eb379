import Foundation
import Reactor

/// Finds peers in a folder that is only read, and builds them in one of our own.
///
/// The folder has a `Makefile` that makes `HOME_DIR/bin/…`, in `shared` what all peers use, and for each peer a folder
/// with `run.sh`, which starts a program below `$PEERS_HOME`. Peers in Python live in `$PEERS_HOME/venv`, which the
/// folder's own `setup.sh` fills.
struct PeerWorkshop {
    /// The folder of the peers.
    let peers: String
    /// The folder to build them in.
    let home: String

    /// Why a peer is not measured.
    struct Unavailable: Error, Equatable {
        var reason: String
    }

    /// Peers that are another one with other settings.
    private static let variants: [String: (folder: String, further: [String: String])] = [
        "limit-big": ("limit", ["COPY": "1", "MAXBATCH": "100000"])
    ]

    /// What Debian calls the things that a peer is built from, those of its setup.sh.
    private static let needed: [String: [String]] = [
        "limit": ["gcc", "make", "libpq-dev", "libhiredis-dev", "librdkafka-dev"],
        "go": [
            "gcc", "make", "librdkafka-dev", "golang-go", "golang-github-confluentinc-confluent-kafka-go-dev",
            "golang-github-jackc-pgx-v4-dev", "golang-github-gomodule-redigo-dev",
            "golang-github-valyala-fastjson-dev",
        ],
    ]

    /// Builds a peer as far as it has to be built. Blocks.
    func build(_ name: String) throws(Unavailable) -> PeerProgram {
        let variant = Self.variants[name] ?? (folder: name, further: [:])
        let folder = "\(peers)/\(variant.folder)"
        let script = "\(folder)/run.sh"
        guard let text = FileManager.default.contents(atPath: script) else {
            throw Unavailable(reason: "there is no \(script)")
        }
        if !tellsFirstRecord(folder) {
            throw Unavailable(reason: "it does not tell when it takes its first record (FIRST_FILE)")
        }
        for program in Self.programs(ofScript: String(decoding: text, as: UTF8.self)) {
            if program.hasPrefix("bin/") {
                try checkPackages(Self.needed[variant.folder] ?? [])
                try make(program)
            } else if !FileManager.default.isExecutableFile(atPath: "\(home)/\(program)") {
                throw Unavailable(reason: "there is no \(home)/\(program): `\(peers)/setup.sh \(home)` makes it")
            }
        }
        return PeerProgram(
            name: name, script: script, home: home, shared: "\(peers)/shared", further: variant.further)
    }

    /// What a `run.sh` starts, relative to the home.
    static func programs(ofScript text: String) -> [String] {
        let names = text.matches(of: /\$PEERS_HOME\/([A-Za-z0-9_.\/-]+)/).map { String($0.output.1) }
        return Set(names).sorted()
    }

    private func tellsFirstRecord(_ folder: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let mark = Data("FIRST_FILE".utf8)
        return names.contains { FileManager.default.contents(atPath: "\(folder)/\($0)")?.range(of: mark) != nil }
    }

    /// Where Debian's package manager is not, the compiler tells what is missing.
    private func checkPackages(_ packages: [String]) throws(Unavailable) {
        let missing = packages.filter { package in
            let query = Tool.run("dpkg-query", ["-W", "-f", "${db:Status-Status}", package])
            return query.map { $0.output != "installed" } ?? false
        }
        if !missing.isEmpty {
            let list = missing.joined(separator: " ")
            throw Unavailable(reason: "it needs `apt-get install --no-install-recommends \(list)`")
        }
    }

    /// Always anew: another folder's sources may be older than what was built from these.
    private func make(_ program: String) throws(Unavailable) {
        do {
            try FileManager.default.createDirectory(atPath: "\(home)/bin", withIntermediateDirectories: true)
            try linkKafkaLibrary()
        } catch {
            throw Unavailable(reason: "\(home) cannot be written: \(error.localizedDescription)")
        }
        let arguments = ["-B", "-s", "-C", peers, "HOME_DIR=\(home)", "\(home)/\(program)"]
        guard let result = Tool.run("make", arguments) else { throw Unavailable(reason: "there is no make") }
        if result.status != 0 {
            throw Unavailable(reason: "make ended with \(result.status):\n\(BenchStage.lastLines(of: result.output))")
        }
    }

    /// Peers use the very librdkafka that this process has loaded.
    private func linkKafkaLibrary() throws {
        let maps = ProcessTimes.text("/proc/self/maps") ?? ""
        guard let library = Self.kafkaLibrary(inMaps: maps) else { return }
        try FileManager.default.createDirectory(atPath: "\(home)/lib", withIntermediateDirectories: true)
        // A program that is linked against a library asks for it by the name that the library gives itself.
        let dynamic = Tool.run("readelf", ["-d", library])?.output ?? ""
        let names = ["librdkafka.so.1", "librdkafka.so"] + [Self.soname(inDynamicSection: dynamic)].compactMap { $0 }
        for name in Set(names) {
            try? FileManager.default.removeItem(atPath: "\(home)/lib/\(name)")
            try FileManager.default.createSymbolicLink(atPath: "\(home)/lib/\(name)", withDestinationPath: library)
        }
    }

    /// The path of librdkafka in the text of /proc/self/maps (proc(5)).
    static func kafkaLibrary(inMaps text: String) -> String? {
        let lines = text.split(separator: "\n")
        let line = lines.first { $0.contains("/librdkafka") && $0.contains(".so") }
        return line.flatMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } }
    }

    /// The name that a library gives itself, in what `readelf -d` prints.
    static func soname(inDynamicSection text: String) -> String? {
        text.firstMatch(of: /\(SONAME\).*\[([^\]]+)\]/).map { String($0.output.1) }
    }
}
