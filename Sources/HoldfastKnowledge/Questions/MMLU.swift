public import HoldfastTensor

/// MMLU (arXiv 2009.03300) in its published form, a directory of headerless files `{subject}_test.csv`, and the paper's
/// choice of subjects for each domain.
public enum MMLU {
  /// The subjects of the published categories that the paper's domains are made of; the others serve no domain.
  static let categories: [(name: String, subjects: [String])] = [
    (
      "health",
      [
        "anatomy", "clinical_knowledge", "college_medicine", "human_aging", "medical_genetics", "nutrition",
        "professional_medicine", "virology",
      ]
    ),
    (
      "history",
      [
        "high_school_european_history", "high_school_us_history", "high_school_world_history", "prehistory",
      ]
    ),
    ("engineering", ["electrical_engineering"]),
    ("law", ["international_law", "jurisprudence", "professional_law"]),
    (
      "politics",
      ["high_school_government_and_politics", "public_relations", "security_studies", "us_foreign_policy"]
    ),
    ("culture", ["human_sexuality", "sociology"]),
    ("economics", ["econometrics", "high_school_macroeconomics", "high_school_microeconomics"]),
    ("geography", ["high_school_geography"]),
    ("psychology", ["high_school_psychology", "professional_psychology"]),
  ]

  /// The paper's domains and the categories in each.
  static let domains: [(name: String, categories: [String])] = [
    ("medicine", ["health"]), ("history", ["history"]), ("engineering", ["engineering"]),
    ("jurisprudence", ["law", "politics", "culture", "economics", "geography", "psychology"]),
  ]

  /// The names of the domains; `medmcqa` stands for `medicine`, whose data it is.
  public static var domainNames: [String] { domains.map(\.name) }

  /// The subjects that a domain is evaluated on within the domain (ID); all others are out of it (OOD).
  public static func subjects(of domain: String) throws(HoldfastError) -> [String] {
    let name = domain == "medmcqa" ? "medicine" : domain
    guard let entry = domains.first(where: { $0.name == name }) else {
      throw HoldfastError(
        .invalidArgument,
        "there is no list of MMLU subjects for the domain '\(domain)'; known are \(domainNames.joined(separator: ", ")); "
          + "name the subjects instead")
    }
    return entry.categories.flatMap { category in
      categories.first { $0.name == category }?.subjects ?? []
    }
  }
}
