import Holdfast

extension Workload {
  /// A letter probe, five demonstrations where there are any.
  static let letterProbe = Workload(
    name: "letter-probe", title: "letter probe, 5 demonstrations", unit: .questions,
    yardstick: .products(rows: 2048)
  ) { subject throws(HoldfastError) in
    var options = ProbeOptions()
    options.probe = .letter
    options.shots = subject.demonstrations == nil ? 0 : 5
    return try probe(subject, options)
  }

  /// A probe that scores the text of every choice.
  static let clozeProbe = Workload(
    name: "cloze-probe", title: "cloze probe of the choices' texts", unit: .questions,
    yardstick: .products(rows: 2048)
  ) { subject throws(HoldfastError) in
    var options = ProbeOptions()
    options.probe = .cloze
    return try probe(subject, options)
  }

  private static func probe(_ subject: BenchSubject, _ options: ProbeOptions) throws(HoldfastError) -> Timed {
    let demonstrations = options.shots > 0 ? subject.demonstrations : nil
    let cost = try Probe.cost(
      subject.model, subject.questions, demonstrations: demonstrations, options: options)
    _ = try subject.model.makeSession()
    return { () throws(HoldfastError) in
      try timed(Double(subject.questions.count), needed: cost.total) { () throws(HoldfastError) in
        _ = try Probe.run(
          subject.model, subject.questions, demonstrations: demonstrations, options: options)
      }
    }
  }
}
