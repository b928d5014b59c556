import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  func comparison(
    _ first: JinjaExpression, _ others: [(sign: ByteString, value: JinjaExpression)], _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    var left = try value(first)
    for other in others {
      let right = try value(other.value)
      guard try compare(left, other.sign, right, line) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  /// Whether `left sign right` holds.
  func compare(
    _ left: JinjaValue, _ sign: ByteString, _ right: JinjaValue, _ line: Int
  ) throws(HoldfastError) -> Bool {
    try charge(min(left.weight, right.weight), line)
    switch sign {
    case "==": return JinjaValue.equal(left, right)
    case "!=": return !JinjaValue.equal(left, right)
    case "in": return try contains(right, left, line)
    case "not in": return !(try contains(right, left, line))
    case "<": return try precedes(left, right, line)
    case ">": return try precedes(right, left, line)
    case "<=": return try precedes(left, right, line) || JinjaValue.equal(left, right)
    default: return try precedes(right, left, line) || JinjaValue.equal(left, right)
    }
  }

  /// Whether `a` comes before `b`.
  func precedes(_ a: JinjaValue, _ b: JinjaValue, _ line: Int) throws(HoldfastError) -> Bool {
    guard let result = JinjaValue.precedes(a, b) else {
      if case .undefined(let what) = a { throw error(what, line) }
      if case .undefined(let what) = b { throw error(what, line) }
      throw error("'\(a.typeName)' and '\(b.typeName)' have no order", line)
    }
    return result
  }

  /// `item in container`
  func contains(_ container: JinjaValue, _ item: JinjaValue, _ line: Int) throws(HoldfastError) -> Bool {
    try charge(container.weight, line)
    switch container {
    case .string(let text):
      guard case .string(let part) = item else {
        throw error("'in' looks for texts in a text, not for '\(item.typeName)'", line)
      }
      return PythonText.contains(text, part)
    case .dictionary(let dictionary): return dictionary[try key(item, line)] != nil
    default:
      guard let elements = container.elements else {
        throw error("'in' cannot look into '\(container.typeName)'", line)
      }
      return elements.contains { JinjaValue.equal($0, item) }
    }
  }

  func signed(_ value: JinjaValue, isNegative: Bool, _ line: Int) throws(HoldfastError) -> JinjaValue {
    if let integer = value.integer {
      guard isNegative else { return .int(integer) }
      let (result, overflows) = (0 as Int).subtractingReportingOverflow(integer)
      guard !overflows else { throw overflow(line) }
      return .int(result)
    }
    guard let number = value.number else { throw wrongOperand(isNegative ? "-" : "+", value, value, line) }
    return .float(isNegative ? -number : number)
  }

  private func overflow(_ line: Int) -> HoldfastError { error("an integer does not fit 64 bits", line) }

  private func wrongOperand(_ sign: ByteString, _ a: JinjaValue, _ b: JinjaValue, _ line: Int)
    -> HoldfastError
  {
    if case .undefined(let what) = a { return error(what, line) }
    if case .undefined(let what) = b { return error(what, line) }
    return error("'\(sign)' cannot take '\(a.typeName)' and '\(b.typeName)'", line)
  }

  func arithmetic(
    _ sign: ByteString, _ a: JinjaValue, _ b: JinjaValue, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    switch (sign, a, b) {
    case ("+", .string(let x), .string(let y)):
      try charge(bytes: x.count + y.count, line)
      return .string(x + y)
    case ("+", .list(let x), .list(let y)): return try made(x.elements + y.elements, line)
    case ("+", .tuple(let x), .tuple(let y)): return try checked(.tuple(x.elements + y.elements), line)
    case ("*", .string, _), ("*", .list, _), ("*", .tuple, _):
      if let times = b.integer { return try repeated(a, times, line) }
    case ("*", _, .string), ("*", _, .list), ("*", _, .tuple):
      if let times = a.integer { return try repeated(b, times, line) }
    case ("%", .string(let format), _):
      let values: [JinjaValue] = if case .tuple(let items) = b { items.elements } else { [b] }
      return try percentFormat(format, values, line)
    default: break
    }
    if sign != "/", let x = a.integer, let y = b.integer { return try integerArithmetic(sign, x, y, line) }
    guard let x = a.number, let y = b.number else { throw wrongOperand(sign, a, b, line) }
    return try floatArithmetic(sign, x, y, line)
  }

  private func repeated(_ value: JinjaValue, _ times: Int, _ line: Int) throws(HoldfastError) -> JinjaValue {
    let times = max(times, 0)
    func size(_ count: Int) -> Int {
      let (size, overflows) = count.multipliedReportingOverflow(by: times)
      return overflows ? .max : size
    }
    switch value {
    case .string(let text):
      try charge(bytes: size(text.count), line)
      if text.isEmpty { return value }
      return .string(ByteString(repeatElement(text.bytes, count: times).joined()))
    case .list(let items), .tuple(let items):
      try charge(elements: size(items.elements.count), line)
      if items.elements.isEmpty { return value }
      let elements = Array(repeatElement(items.elements, count: times).joined())
      if case .tuple = value { return try checked(.tuple(elements), line) }
      return try checked(.list(elements), line)
    default: return value
    }
  }

  private func integerArithmetic(_ sign: ByteString, _ x: Int, _ y: Int, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    let result: (partialValue: Int, overflow: Bool)
    switch sign {
    case "+": result = x.addingReportingOverflow(y)
    case "-": result = x.subtractingReportingOverflow(y)
    case "*": result = x.multipliedReportingOverflow(by: y)
    case "//", "%":
      guard y != 0 else { throw error("division by zero", line) }
      // The remainder has the sign of the divisor, and the quotient is rounded down.
      let (quotient, remainder) = (
        x.dividedReportingOverflow(by: y), x.remainderReportingOverflow(dividingBy: y)
      )
      let isOff = remainder.partialValue != 0 && (remainder.partialValue < 0) != (y < 0)
      if sign == "%" {
        return .int(quotient.overflow ? 0 : isOff ? remainder.partialValue + y : remainder.partialValue)
      }
      result = (isOff ? quotient.partialValue - 1 : quotient.partialValue, quotient.overflow)
    default: return try power(x, y, line)
    }
    guard !result.overflow else { throw overflow(line) }
    return .int(result.partialValue)
  }

  private func power(_ base: Int, _ exponent: Int, _ line: Int) throws(HoldfastError) -> JinjaValue {
    if exponent < 0 { return try floatArithmetic("**", Double(base), Double(exponent), line) }
    if base == 0 || base == 1 { return .int(exponent == 0 ? 1 : base) }
    if base == -1 { return .int(exponent % 2 == 0 ? 1 : -1) }
    guard exponent < 64 else { throw overflow(line) }
    var result = 1
    for _ in 0..<exponent {
      let (product, overflows) = result.multipliedReportingOverflow(by: base)
      guard !overflows else { throw overflow(line) }
      result = product
    }
    return .int(result)
  }

  private func floatArithmetic(_ sign: ByteString, _ x: Double, _ y: Double, _ line: Int)
    throws(HoldfastError) -> JinjaValue
  {
    switch sign {
    case "+": return .float(x + y)
    case "-": return .float(x - y)
    case "*": return .float(x * y)
    case "**": throw unsupported("'**' of numbers that are not whole or with an exponent below zero", line)
    default:
      guard y != 0 else { throw error("division by zero", line) }
      if sign == "/" { return .float(x / y) }
      let remainder = x.truncatingRemainder(dividingBy: y)
      let isOff = remainder != 0 && (remainder < 0) != (y < 0)
      if sign == "%" { return .float(isOff ? remainder + y : remainder) }
      return .float(((x - (isOff ? remainder + y : remainder)) / y).rounded())
    }
  }
}
