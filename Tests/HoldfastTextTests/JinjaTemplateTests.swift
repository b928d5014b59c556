import Glibc
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastText

/// Published templates, rendered by jinja2 (`scripts/chat_templates.py`).
@Suite struct JinjaTemplateTests {
  /// A folder of templates and what Python makes of them.
  struct Folder {
    let path: String
    let tokens: [ByteString: JinjaValue]
    let conversations: [ByteString: JinjaValue]
    let templates: [(key: ByteString, value: JSONNode)]

    init(_ path: String) throws(HoldfastError) {
      self.path = path
      let root = JSONNode(try JSON.read(path + "/expected.json"), document: path + "/expected.json")
      tokens = Folder.members(try root.member("tokens").json)
      conversations = Folder.members(try root.member("conversations").json)
      templates = try root.member("templates").members()
    }

    static func members(_ json: JSON) -> [ByteString: JinjaValue] {
      (json.index ?? [:]).mapValues(value)
    }

    static func value(_ json: JSON) -> JinjaValue {
      switch json {
      case .array(let elements): .list(elements.map(value))
      case .object(let members):
        .dictionary(members.reduce(into: JinjaDictionary()) { $0.set($1.key, value($1.value)) })
      case .string(let text): .string(text)
      case .bool(let value): .bool(value)
      case .integer(let value): .int(Int(value))
      case .number(let value): .float(value)
      case .null: .none
      }
    }
  }

  @Test func storedTemplates() throws {
    let count = try compare(Folder(Files.root + "/Tests/Fixtures/chat"))
    #expect(count >= 25)
  }

  /// More templates than may be stored here: any folder that the script went through.
  @Test func templatesElsewhere() throws {
    guard let path = getenv("HOLDFAST_TEMPLATES") else { return }
    let count = try compare(Folder(String(cString: path)))
    print("\(count) templates of \(String(cString: path)) compared")
  }

  /// One small template for each thing the evaluator knows (`scripts/jinja_cases.py`).
  @Test func everyConstruct() throws {
    let path = Files.root + "/Tests/Fixtures/chat/cases.json"
    let root = JSONNode(try JSON.read(path), document: path)
    let variables = Folder.members(try root.member("variables").json)
    let cases = try root.member("cases").elements()
    #expect(cases.count > 100)
    for example in cases {
      let source = try #require(example.json[0]?.textValue)
      let result = Result { () throws(HoldfastError) in
        try JinjaTemplate(source, name: "case").render(variables).text
      }
      switch (result, example.json[1]?.stringValue) {
      case (.success(let text), let wanted?): #expect(text == wanted, "\(source)")
      case (.success(let text), nil): Issue.record("\(source) must be refused, and gives \(text)")
      case (.failure(let error), .some): Issue.record("\(source): \(error)")
      case (.failure, nil): break
      }
    }
  }

  private func compare(_ folder: Folder) throws -> Int {
    for (name, expected) in folder.templates {
      let source = try String(contentsOfTemplate: folder.path + "/" + name.text)
      let template: JinjaTemplate
      do {
        template = try JinjaTemplate(source, name: name.text)
      } catch {
        Issue.record("\(error)")
        continue
      }
      for (key, pair) in try expected.members() {
        for (place, wanted) in try pair.elements().enumerated() {
          var variables = folder.tokens
          variables["tools"] = JinjaValue.none
          variables["documents"] = JinjaValue.none
          variables["messages"] = folder.conversations[key]
          variables["add_generation_prompt"] = .bool(place == 1)
          let result = Result { () throws(HoldfastError) in try template.render(variables).text }
          switch (result, wanted.json.stringValue) {
          case (.success(let text), let wanted?):
            #expect(text == wanted, "\(name), \(key), \(place)")
          case (.success(let text), nil):
            Issue.record("\(name), \(key), \(place) must be refused, and gives \(text)")
          case (.failure(let error), .some): Issue.record("\(name), \(key), \(place): \(error)")
          case (.failure, nil): break
          }
        }
      }
    }
    return folder.templates.count
  }
}

extension String {
  fileprivate init(contentsOfTemplate path: String) throws(HoldfastError) {
    self = try MappedFile(path: path).withBytes { String(decoding: $0, as: UTF8.self) }
  }
}
