extension Comparison {
  /// The comparison as Markdown, for the summary of a continuous-integration run.
  public var markdown: String {
    var lines = ["## Knowledge consistency: \(gate.verdict.rawValue)", "", "The gate \(gate.sentence).", ""]
    if let first = before.accuracy, let second = after.accuracy {
      lines += ["| accuracy | % | interval |", "|---|---:|---|"]
      for (name, accuracy) in [("before", first), ("after", second)] {
        lines.append(
          "| \(name) | \((100 * accuracy.value).fixed(1)) | \((100 * accuracy.interval.lower).fixed(1)) … "
            + "\((100 * accuracy.interval.upper).fixed(1)) |")
      }
      let counts = Flip.allCases.map { "\($0.rawValue) \(consistency.flips[$0])" }.joined(separator: ", ")
      lines += ["", "Answers: \(counts); McNemar p \(consistency.flips.mcNemar.fixed(4)).", ""]
    }
    lines += ["| measure | mean | interval | median |", "|---|---:|---|---:|"]
    for entry in consistency.entries {
      lines.append(
        "| \(entry.measure.rawValue) | \(entry.mean.value.fixed(4)) | \(entry.mean.interval.lower.fixed(4)) … "
          + "\(entry.mean.interval.upper.fixed(4)) | \(entry.median.fixed(4)) |")
    }
    if let floor {
      lines += ["", "| noise floor | prompts | mean | 2.5 % quantile |", "|---|---:|---:|---:|"]
      for level in floor.levels {
        lines.append(
          "| \(level.source) | \(level.prompts) | \(level.mean.fixed(3)) | \(level.lowQuantile.fixed(3)) |")
      }
    }
    if !examples.isEmpty {
      lines += ["", "| flip | question | before | after |", "|---|---|---|---|"]
      for example in examples {
        let choices = example.question.choices
        let cells = [
          example.flip.rawValue, example.question.question, choices[example.before], choices[example.after],
        ]
        lines.append("| " + cells.map(Self.cell).joined(separator: " | ") + " |")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The comparison as a JUnit report: the gate is a test case that fails with the gate, and every lost answer shown a
  /// case that is skipped, with its question.
  public var junit: String {
    let lost = examples.filter { $0.flip == .lost }
    let fails = gate.verdict != .passes
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      #"<testsuites name="holdfast compare" tests="\#(1 + lost.count)" failures="\#(fails ? 1 : 0)">"#,
      #"  <testsuite name="knowledge consistency" tests="\#(1 + lost.count)" failures="\#(fails ? 1 : 0)" skipped="\#(lost.count)">"#,
      #"    <properties>"#,
    ]
    for entry in consistency.entries {
      lines.append(
        #"      <property name="\#(entry.measure.rawValue)" value="\#(entry.mean.value.fixed(6))"/>"#)
    }
    lines.append("    </properties>")
    let sentence = Self.escaped("The gate \(gate.sentence).")
    lines.append(
      fails
        ? #"    <testcase classname="holdfast" name="gate"><failure message="\#(sentence)">\#(Self.escaped(text))</failure></testcase>"#
        : #"    <testcase classname="holdfast" name="gate"><system-out>\#(sentence)</system-out></testcase>"#)
    for example in lost {
      let choices = example.question.choices
      let name = Self.escaped("lost \(example.question.id): \(example.question.question)")
      let message = Self.escaped("before: \(choices[example.before]); after: \(choices[example.after])")
      lines.append(
        #"    <testcase classname="holdfast" name="\#(name)"><skipped message="\#(message)"/></testcase>"#)
    }
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A cell of a Markdown table: one line, bars escaped.
  private static func cell(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "|": result += "\\|"
      case "\n", "\r": result += " "
      case "<": result += "&lt;"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  /// Text as XML 1.0 takes it: markup escaped, characters it forbids left out.
  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n", "\t", "\r": result += "&#\(scalar.value);"
      default:
        if scalar.value >= 0x20, scalar.value & 0xFFFE != 0xFFFE { result.unicodeScalars.append(scalar) }
      }
    }
  }
}
