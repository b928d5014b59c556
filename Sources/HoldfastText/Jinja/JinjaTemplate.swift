import HoldfastStorage
import HoldfastTensor

/// A chat template in Jinja, read and ready to be rendered: our own evaluator of what published templates use.
///
/// It behaves as jinja2 3.1 in the environment of transformers' `apply_chat_template`: `trim_blocks` and `lstrip_blocks`
/// on, loop controls, `{% generation %}`, immutable values. What it does not know is an error that names it and its line.
struct JinjaTemplate: Sendable {
  /// What a template wrote, and which parts of it `{% generation %}` marked.
  struct Rendering {
    var text: ByteString
    var generated: [Range<Int>]
  }

  let name: String
  private let statements: [JinjaStatement]

  /// Reads a template; `name` stands for it in messages.
  ///
  /// Throws `corruptData` naming the line where it is not Jinja, `unsupported` naming the statement that is not known.
  init(_ source: String, name: String) throws(HoldfastError) {
    self.name = name
    statements = try JinjaParser.parse(source, name: name)
  }

  /// Renders the template with these variables.
  ///
  /// Throws `invalidArgument` with the line where the template refuses or does what Python would not,
  /// `unsupported` naming a filter, test or argument that is not known.
  func render(_ variables: [ByteString: JinjaValue]) throws(HoldfastError) -> Rendering {
    let evaluator = JinjaEvaluator(name: name, variables: variables)
    defer { evaluator.finish() }
    try evaluator.execute(statements)
    return Rendering(text: ByteString(evaluator.output), generated: evaluator.generated)
  }
}
