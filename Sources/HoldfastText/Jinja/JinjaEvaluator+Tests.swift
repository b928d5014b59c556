import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// Whether `value is name(arguments)` holds.
  func test(
    _ value: JinjaValue, _ name: ByteString, _ arguments: [JinjaValue], _ line: Int
  ) throws(HoldfastError) -> Bool {
    switch name {
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "none": return value.isNone
    case "string": return value.isString
    case "boolean": if case .bool = value { return true }
    case "true": if case .bool(true) = value { return true }
    case "false": if case .bool(false) = value { return true }
    case "integer": if case .int = value { return true }
    case "float": if case .float = value { return true }
    case "number": return value.number != nil
    case "mapping": if case .dictionary = value { return true }
    case "iterable": return value.elements != nil
    case "sequence": if case .loop = value { return false } else { return value.length != nil }
    case "callable": if case .function = value { return true }
    case "odd", "even":
      guard let number = value.integer else {
        throw error("'\(name)' needs an integer, not '\(value.typeName)'", line)
      }
      return (number % 2 != 0) == (name == "odd")
    case "divisibleby":
      guard let number = value.integer, let divisor = try argument(arguments, name, line).integer,
        divisor != 0
      else {
        throw error("'divisibleby' needs two integers, the second not 0", line)
      }
      return number.remainderReportingOverflow(dividingBy: divisor).partialValue == 0
    case "lower": return PythonText.isCased(try text(of: value, line), as: PythonText.lower)
    case "upper": return PythonText.isCased(try text(of: value, line), as: PythonText.upper)
    case "sameas":
      let other = try argument(arguments, name, line)
      return value.typeName == other.typeName && JinjaValue.equal(value, other)
    case "filter": return Self.filterNames.contains(value.text)
    case "test": return Self.testNames.contains(value.text)
    default:
      guard let sign = Self.comparisons[name] else { throw unsupported("the test '\(name)'", line) }
      return try compare(value, sign, try argument(arguments, name, line), line)
    }
    return false
  }

  private func argument(_ arguments: [JinjaValue], _ name: ByteString, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    guard let only = arguments.first, arguments.count == 1 else {
      throw error("the test '\(name)' needs one argument", line)
    }
    return only
  }

  /// Tests that are operators.
  private static let comparisons: [ByteString: ByteString] = [
    "eq": "==", "equalto": "==", "==": "==", "ne": "!=", "!=": "!=", "lt": "<", "lessthan": "<", "<": "<",
    "le": "<=", "<=": "<=", "gt": ">", "greaterthan": ">", ">": ">", "ge": ">=", ">=": ">=", "in": "in",
  ]

  private static let testNames: Set<ByteString> = [
    "defined", "undefined", "none", "string", "boolean", "true", "false", "integer", "float", "number",
    "mapping",
    "iterable", "sequence", "callable", "odd", "even", "divisibleby", "lower", "upper", "sameas", "filter",
    "test",
    "eq", "equalto", "ne", "lt", "lessthan", "le", "gt", "greaterthan", "ge", "in",
  ]

  private static let filterNames: Set<ByteString> = [
    "default", "d", "upper", "lower", "capitalize", "title", "trim", "string", "safe", "escape", "e",
    "replace",
    "tojson", "indent", "center", "wordcount", "format", "int", "float", "abs", "round", "attr", "length",
    "count",
    "first", "last", "list", "reverse", "items", "join", "map", "select", "reject", "selectattr",
    "rejectattr", "sort",
    "unique", "dictsort", "min", "max", "sum", "batch", "groupby",
  ]
}
