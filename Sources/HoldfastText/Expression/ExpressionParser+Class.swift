import HoldfastTensor

extension ExpressionParser {
  /// The set of one written scalar, in both cases when case is ignored.
  func literal(_ scalar: Unicode.Scalar) throws(HoldfastError) -> ScalarSet {
    try folded(ScalarSet([scalar.value...scalar.value]))
  }

  /// The set of a literal or a range with the other cases of its letters, when case is ignored.
  func folded(_ set: ScalarSet) throws(HoldfastError) -> ScalarSet {
    guard ignoresCase else { return set }
    var extra: [ClosedRange<UInt32>] = []
    for range in set.ranges {
      for value in range {
        guard value < 0x80 else {
          let properties = Unicode.Scalar(value)?.properties
          if properties?.changesWhenCaseFolded ?? false || properties?.isCased ?? false {
            throw unsupported("a letter beyond ASCII without regard to case")
          }
          continue
        }
        switch value {
        case 0x41...0x5A, 0x61...0x7A: extra.append(value ^ 0x20...value ^ 0x20)
        default: break
        }
        // The two that fold into ASCII: long s and the Kelvin sign.
        if value | 0x20 == 0x73 { extra.append(0x17F...0x17F) }
        if value | 0x20 == 0x6B { extra.append(0x212A...0x212A) }
      }
    }
    return set.union(ScalarSet(extra))
  }

  /// The set that an escape stands for, at its backslash.
  mutating func escapedSet(isInBrackets: Bool = false) throws(HoldfastError) -> ScalarSet {
    place += 1
    guard let scalar = next else { throw unsupported("a lone backslash at the end") }
    place += 1
    let sets = UnicodeSets.shared
    switch scalar {
    case "s": return sets.space
    case "S": return sets.space.inverted
    case "d": return try category("Nd")
    case "D": return try category("Nd").inverted
    case "w", "W":
      let set = isInBrackets ? sets.word : sets.wordAlone
      return scalar == "W" ? set.inverted : set
    case "p", "P":
      let set = try property()
      return scalar == "P" ? set.inverted : set
    case "n": return ScalarSet([0x0A...0x0A])
    case "r": return ScalarSet([0x0D...0x0D])
    case "t": return ScalarSet([0x09...0x09])
    case "f": return ScalarSet([0x0C...0x0C])
    case "v": return ScalarSet([0x0B...0x0B])
    case "a": return ScalarSet([0x07...0x07])
    case "e": return ScalarSet([0x1B...0x1B])
    case "u": return try literal(hexadecimal(4...4))
    case "x":
      if skip("{") {
        let value = try hexadecimal(1...8)
        guard skip("}") else { throw unsupported("\\x{ without its '}'") }
        return try literal(value)
      }
      return try literal(hexadecimal(1...2))
    default:
      guard scalar.value < 0x80, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
        throw unsupported("the escape '\\\(scalar)'")
      }
      return ScalarSet([scalar.value...scalar.value])
    }
  }

  private mutating func hexadecimal(_ digits: ClosedRange<Int>) throws(HoldfastError) -> Unicode.Scalar {
    var written = ""
    while written.utf8.count < digits.upperBound, let scalar = next, scalar.properties.isASCIIHexDigit {
      written.unicodeScalars.append(scalar)
      place += 1
    }
    guard written.utf8.count >= digits.lowerBound,
      let value = UInt32(written, radix: 16).flatMap(Unicode.Scalar.init)
    else { throw unsupported("a hexadecimal number that is no character") }
    return value
  }

  private func category(_ name: String) throws(HoldfastError) -> ScalarSet {
    guard let set = UnicodeSets.shared.category(name) else { throw unsupported("the property '\(name)'") }
    return set
  }

  /// `{Lu}`, `{^L}`, `{Han}` behind `\p`.
  private mutating func property() throws(HoldfastError) -> ScalarSet {
    guard skip("{") else { throw unsupported("\\p without a name in braces") }
    let isInverted = skip("^")
    var name = ""
    while let scalar = next, scalar != "}" {
      name.unicodeScalars.append(scalar)
      place += 1
    }
    guard skip("}") else { throw unsupported("\\p{ without its '}'") }
    // The other categories are the same in both cases.
    if ignoresCase, ["lu", "ll", "lt"].contains(name.lowercased()) {
      throw unsupported("the property '\(name)' without regard to case")
    }
    let set = name.lowercased() == "han" ? UnicodeSets.shared.han : try category(name)
    return isInverted ? set.inverted : set
  }

  /// The set of a bracketed class, behind its `[`.
  mutating func bracketClass() throws(HoldfastError) -> ScalarSet {
    let isInverted = skip("^")
    var result = ScalarSet()
    var others: [ScalarSet] = []
    var isFirst = true
    while true {
      guard let scalar = next else { throw unsupported("a class without its ']'") }
      if scalar == "]", !isFirst { break }
      isFirst = false
      if skip("&&") {
        others.append(result)
        result = ScalarSet()
      } else if scalar == "[" {
        if scalars[place...].starts(with: "[:".unicodeScalars) { throw unsupported("a POSIX class '[:'") }
        place += 1
        guard nesting < 20 else { throw unsupported("classes nested too deep") }
        nesting += 1
        result = result.union(try bracketClass())
        nesting -= 1
      } else {
        result = result.union(try classItem())
      }
    }
    place += 1
    for other in others { result = result.intersection(other) }
    return isInverted ? result.inverted : result
  }

  /// One scalar, escape or range of a class.
  private mutating func classItem() throws(HoldfastError) -> ScalarSet {
    let first = try classScalar()
    guard next == "-", place + 1 < scalars.count, scalars[place + 1] != "]", let low = first.onlyScalar else {
      return first.onlyScalar == nil ? first : try folded(first)
    }
    let start = place
    place += 1
    if next == "[" || scalars[place...].starts(with: "&&".unicodeScalars) {
      place = start
      return try folded(first)
    }
    guard let high = try classScalar().onlyScalar, low <= high else {
      throw unsupported("a range out of order")
    }
    return try folded(ScalarSet([low...high]))
  }

  private mutating func classScalar() throws(HoldfastError) -> ScalarSet {
    guard let scalar = next else { throw unsupported("a class without its ']'") }
    if scalar == "\\" {
      if skip("\\b") { return ScalarSet([0x08...0x08]) }
      return try escapedSet(isInBrackets: true)
    }
    place += 1
    return ScalarSet([scalar.value...scalar.value])
  }
}

extension ScalarSet {
  /// The scalar of a set of one.
  fileprivate var onlyScalar: UInt32? {
    ranges.count == 1 && ranges[0].lowerBound == ranges[0].upperBound ? ranges[0].lowerBound : nil
  }
}
