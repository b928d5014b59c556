import Glibc
import HoldfastTensor
import Testing

@testable import HoldfastStorage

@Suite struct FileTests {
  @Test func digestsAreThoseOfTheStandard() throws {
    #expect(SHA256.hex([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hex(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hex(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      SHA256.hex([UInt8](repeating: 0x61, count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    // The same in pieces of any length.
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for step in [1, 3, 55, 56, 63, 64, 65, 127, 128, 999] {
      var hash = SHA256()
      for start in stride(from: 0, to: 1000, by: step) {
        hash.update(Array(bytes[start..<min(start + step, 1000)]))
      }
      #expect(hash.hex == SHA256.hex(bytes))
    }
  }

  /// The processor's own instructions against the reference, from other states than the first one.
  @Test func theKernelOfDigestsIsTheReference() {
    var random = RandomSource(seed: 5)
    for blocks in [0, 1, 2, 3, 17, 300] {
      let bytes = (0..<(64 * blocks)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let state = SIMD8<UInt32>((0..<8).map { _ in UInt32(truncatingIfNeeded: random.next()) })
      bytes.withUnsafeBytes {
        #expect(SHA256.compress(state, $0) == SHA256.compressed(state, $0), "\(blocks) blocks")
      }
    }
  }

  @Test func digestsMatchTheSystem() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/bytes"
      for count in [0, 1, 55, 56, 63, 64, 65, 119, 120, 100_003] {
        try AtomicFile.write((0..<count).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }, to: path)
        guard let sum = try run(["sha256sum", path]) else { return }
        #expect(sum.output.hasPrefix(try SHA256.hex(path: path)))
      }
    }
  }

  @Test func aFailedWriteLeavesTheOldFile() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/file"
      try AtomicFile.write([1], to: path)
      let error = #expect(throws: HoldfastError.self) {
        try AtomicFile.write(to: path) { temporary throws(HoldfastError) in
          try OutputFile(path: temporary).write([2, 3])
          throw HoldfastError(.cancelled, "\(temporary): stopped")
        }
      }
      #expect(error?.code == .cancelled)
      #expect(error?.message == "\(path): stopped")
      #expect(try contents(path) == [1])
      #expect(try FileSystem.list(directory) == ["file"])
      #expect(code { try AtomicFile.write([1], to: "\(directory)/none/file") } == .notFound)
      #expect(code { try AtomicFile.write([1], to: directory) } == .io)
      #expect(code { try AtomicFile.write([1], to: "") } == .invalidArgument)
      #expect(code { try AtomicFile.write([1], to: "a\0b") } == .invalidArgument)
    }
  }

  @Test func leftoversOfKilledWritersGo() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/file"
      try overwrite("\(directory)/.file.1a2b.holdfast-tmp", [1, 2, 3])
      try overwrite("\(directory)/.other.1a2b.holdfast-tmp", [1, 2, 3])
      try AtomicFile.write(to: path) { _ throws(HoldfastError) in
        // A second writer at the same time must not take the first one's file for a leftover.
        try AtomicFile.write([5], to: path)
      }
      #expect(try FileSystem.list(directory) == [".other.1a2b.holdfast-tmp", "file"])
    }
  }

  @Test func symbolicLinksStay() throws {
    try withTemporaryDirectory { directory in
      try AtomicFile.write([1], to: "\(directory)/real")
      #expect(symlink("real", "\(directory)/link") == 0)
      try AtomicFile.write([2], to: "\(directory)/link")
      #expect(try contents("\(directory)/real") == [2])
      var status = stat()
      #expect(lstat("\(directory)/link", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }
  }

  @Test func whatCannotBeMappedIsNamed() throws {
    try withTemporaryDirectory { directory in
      #expect(code { try MappedFile(path: "\(directory)/none") } == .notFound)
      #expect(code { try MappedFile(path: directory) } == .io)
      #expect(mkfifo("\(directory)/pipe", 0o600) == 0)
      try overwrite("\(directory)/empty", [])
      #expect(try MappedFile(path: "\(directory)/empty").count == 0)
      #expect(code { try MappedFile(path: "/dev/null") } == .io)
      #expect(code { try MappedFile(path: "\(directory)/pipe") } == .io)
    }
  }

  @Test func pathsAreTakenApart() {
    #expect(FileSystem.parent(of: "/a/b") == "/a")
    #expect(FileSystem.parent(of: "/a/b/") == "/a")
    #expect(FileSystem.parent(of: "/a") == "/")
    #expect(FileSystem.parent(of: "/") == nil)
    #expect(FileSystem.parent(of: "a") == ".")
    #expect(FileSystem.parent(of: "a/b") == "a")
    #expect(FileSystem.name(of: "/a/b.h5") == "b.h5")
    #expect(FileSystem.name(of: "/a/b/") == "b")
    #expect(FileSystem.name(of: "/") == "/")
    #expect(FileSystem.name(of: "a") == "a")
  }

  @Test func fullDevicesAreReported() throws {
    let file = try OutputFile(path: "/dev/full")
    let error = #expect(throws: HoldfastError.self) { try file.write([1]) }
    #expect(error?.code == .io)
    #expect(error?.message.contains("No space left") == true)
    let store = #expect(throws: HoldfastError.self) {
      let store = try HDF5Store(creating: "/dev/full", shownAs: "disk.h5")
      let root = try HDF5Group(root: store)
      try root.write("a", Sample.floats, axes: [HDF5Axis("x", 6000)])
      try store.finish()
    }
    #expect(store?.code == .io)
    #expect(
      store?.message.hasPrefix("disk.h5: cannot write: No space left") == true, "\(store?.message ?? "")")
  }

  /// Fills a file system of one megabyte in every way HDF5 can run into its end; needs the right to mount.
  @Test func fullDisksDoNoHarm() throws {
    try withTemporaryDirectory { directory in
      guard mount("none", directory, "tmpfs", 0, "size=1m") == 0 else {
        print("SKIPPED: not allowed to mount a small file system")
        return
      }
      defer { umount2(directory, Int32(MNT_DETACH)) }
      let path = "\(directory)/full.h5"
      try HDF5File.write(to: path, format: Sample.format) { root throws(HoldfastError) in
        try root.write("a", [1] as [Int32], axes: [HDF5Axis("x", 1)])
      }
      for layout in [HDF5Layout.contiguous, .compressed] {
        for width in [1, 40, 3000, 400_000] {
          let error = #expect(throws: HoldfastError.self) {
            try HDF5File.write(to: path, format: Sample.format) { root throws(HoldfastError) in
              var random = SplitMix(seed: 5)
              for i in 0..<20_000 {
                let values = (0..<width).map { _ in Int64(bitPattern: random.next()) }
                try root.write(
                  ByteString("d\(i)"), values, axes: [HDF5Axis("x", width)], layout: layout)
              }
            }
          }
          #expect(error?.code == .io)
          #expect(
            error?.message.contains("\(path): cannot write: No space left") == true, "\(error?.message ?? "")"
          )
          #expect(try FileSystem.list(directory) == ["full.h5"])
          #expect(try HDF5File(path: path).root.dataset("a").read(as: Int32.self) == [1])
        }
      }
    }
  }
}
