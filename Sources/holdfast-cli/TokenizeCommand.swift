import ArgumentParser
import Glibc
import Holdfast

/// `holdfast tokenize`
struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Turn texts into token ids, or ids into texts.",
    usage: "holdfast tokenize <tokenizer> [options] < texts.jsonl",
    discussion: """
      Reads JSON lines: a text is a string, ids are a list of numbers. For each
      line one line comes out: the ids of a text with the text they stand for,
      or the text of ids.

      EXAMPLE
        echo '"Gravity is"' | holdfast tokenize model.gguf
        echo '[504, 216]' | holdfast tokenize model.gguf
      """)

  @Argument(
    help:
      "A GGUF file, a Hugging Face directory, a tokenizer.json, a SentencePiece model or a Holdfast checkpoint."
  )
  var tokenizer: String

  @Option(
    name: .long, help: "Beginning-of-sequence token: automatic does what the tokenizer's configuration says.")
  var bos: BOSPolicy = .never

  @Flag(name: .long, help: "Read the names of special tokens as text.")
  var plain = false

  func run() throws {
    Interruption.endAtOnce()
    let tokenizer = try Self.load(tokenizer)
    var number = 0
    var lines = StandardInput.Lines()
    while let line = try lines.next() {
      number += 1
      let json = try line.withUnsafeBytes { bytes throws(HoldfastError) in
        try JSON.parse(bytes, name: "standard input, line \(number)")
      }
      if let text = json.textValue {
        let ids = try tokenizer.encode(text, bos: bos, parseSpecial: !plain)
        let list = JSON.array(ids.map { .integer(Int64($0)) })
        Console.print(JSON.array([list, .text(try tokenizer.decode(ids))]).text())
      } else {
        var ids: [Int32] = []
        for id in try JSONNode(json, document: "standard input, line \(number)").elements() {
          ids.append(try id.int32())
        }
        Console.print(JSON.text(try tokenizer.decode(ids)).text())
      }
    }
  }

  /// The tokenizer of any file that has one.
  private static func load(_ path: String) throws(HoldfastError) -> Tokenizer {
    guard !FileSystem.isDirectory(path) else { return try Tokenizer(path: path) }
    let isCheckpoint = try MappedFile(path: path).withBytes {
      $0.prefix(4).elementsEqual([0x89, 0x48, 0x44, 0x46])
    }
    return isCheckpoint ? try Model.load(path).tokenizer : try Tokenizer(path: path)
  }
}
