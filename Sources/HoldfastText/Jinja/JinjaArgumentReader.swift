import HoldfastStorage
import HoldfastTensor

/// Matches the arguments of a call with the parameters of what is called.
struct JinjaArgumentReader {
  private let values: [JinjaValue?]
  private let names: [ByteString]
  private let subject: String
  private let evaluator: JinjaEvaluator
  private let line: Int

  /// Matches `call` with parameters; throws for an argument that no parameter takes.
  init(
    _ call: JinjaCall, _ names: [ByteString], of subject: String, _ evaluator: JinjaEvaluator, _ line: Int
  ) throws(HoldfastError) {
    guard call.positional.count <= names.count else {
      throw evaluator.error(
        "'\(subject)' takes \(names.count) arguments at most, and is given \(call.positional.count)", line)
    }
    var values: [JinjaValue?] = call.positional
    values += Array(repeating: nil, count: names.count - values.count)
    for argument in call.named {
      guard let place = names.firstIndex(of: argument.name) else {
        throw evaluator.unsupported("the argument '\(argument.name)' of '\(subject)'", line)
      }
      values[place] = argument.value
    }
    (self.values, self.names, self.subject, self.evaluator, self.line) = (
      values, names, subject, evaluator, line
    )
  }

  /// The argument of a parameter; undefined when it was not given.
  subscript(place: Int) -> JinjaValue {
    values[place] ?? .undefined("the argument '\(names[place])' of '\(subject)' is missing")
  }

  func isGiven(_ place: Int) -> Bool { values[place] != nil }

  private func wrong(_ place: Int, _ wanted: String) -> HoldfastError {
    if values[place] == nil {
      return evaluator.error("'\(subject)' needs the argument '\(names[place])'", line)
    }
    return evaluator.error(
      "the argument '\(names[place])' of '\(subject)' must be \(wanted), not '\(self[place].typeName)'", line)
  }

  /// A text, which must be given unless there is a default.
  func string(_ place: Int, default fallback: ByteString? = nil) throws(HoldfastError) -> ByteString {
    if values[place] == nil, let fallback { return fallback }
    guard case .string(let text)? = values[place] else { throw wrong(place, "a text") }
    return text
  }

  /// A text, or `nil` when it is not given or None.
  func optionalString(_ place: Int) throws(HoldfastError) -> ByteString? {
    switch values[place] {
    case nil, .some(.none): return nil
    case .string(let text)?: return text
    default: throw wrong(place, "a text")
    }
  }

  /// An integer, which must be given unless there is a default; None is the default.
  func integer(_ place: Int, default fallback: Int? = nil) throws(HoldfastError) -> Int {
    switch values[place] {
    case nil, .some(.none): if let fallback { return fallback }
    case let value?: if let integer = value.integer { return integer }
    }
    throw wrong(place, "an integer")
  }

  /// Whether an argument counts as true.
  func isTrue(_ place: Int) -> Bool { values[place]?.isTrue ?? false }
}
