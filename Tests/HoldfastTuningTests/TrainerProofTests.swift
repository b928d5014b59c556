import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastTuning

/// The trainer against PyTorch's AdamW on tiny models (Tests/Fixtures/scripts/tiny_llama.py).
@Suite struct TrainerProofTests {
  @Test(arguments: ["tiny-tied", "tiny-untied"], ["plain", "decayed"])
  func fourStepsAreThoseOfTorch(name: String, run: String) throws {
    let expected = try Fixture.json("model/\(name).expected.json")
    let torch = try #require(expected["adamw"]?[ByteString(run)])
    var options = Fixture.torchOptions
    options.weightDecay = run == "decayed" ? 0.1 : 0
    #expect(torch["options"]?["weight_decay"]?.doubleValue == options.weightDecay)
    #expect(torch["options"]?["lr"]?.doubleValue == options.learningRate)

    let trainer = try Trainer(
      model: Fixture.model(name), examples: Fixture.examples(expected), options: options)
    let result = try trainer.run()

    let losses = try #require(Fixture.numbers(torch["losses"]))
    let norms = try #require(Fixture.numbers(torch["gradient_norms"]))
    #expect(result.records.count == 4 && losses.count == 4 && norms.count == 4)
    for (record, (loss, norm)) in zip(result.records, zip(losses, norms)) {
      #expect(abs(record.loss - loss) < 1e-5, "step \(record.step): \(record.loss), PyTorch \(loss)")
      #expect(
        abs(record.gradientNorm - norm) < 1e-5 * norm,
        "step \(record.step): \(record.gradientNorm), PyTorch \(norm)")
      #expect(record.learningRate == 1e-3)
    }
    let weights = try #require(torch["weights"]?.objectValue)
    let parameters = try #require(result.model.parameters)
    #expect(weights.count == parameters.names.count)
    for (key, stats) in weights {
      let tensor = try #require(parameters[key])
      let values = tensor.array.map(Double.init)
      let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let torchNorm = try #require(stats["norm"]?.doubleValue)
      #expect(abs(norm - torchNorm) < 1e-6 * torchNorm, "\(key.text)")
      let torchSum = try #require(stats["sum"]?.doubleValue)
      #expect(abs(values.reduce(0, +) - torchSum) < 1e-5 * Double(values.count).squareRoot(), "\(key.text)")
      for entry in try #require(stats["entries"]?.arrayValue) {
        let pair = try #require(Fixture.numbers(entry))
        #expect(abs(values[Int(pair[0])] - pair[1]) < 1e-5, "\(key.text)[\(Int(pair[0]))]")
      }
    }
  }

  @Test func everyFinalWeightIsThatOfTorch() throws {
    let expected = try Fixture.json("model/tiny-tied.expected.json")
    var options = Fixture.torchOptions
    options.weightDecay = 0.1
    let result = try Trainer(
      model: Fixture.model("tiny-tied"), examples: Fixture.examples(expected), options: options
    ).run()
    let parameters = try #require(result.model.parameters)
    let final = try SafetensorsFile(path: "\(Fixture.fixtures)/model/tiny-tied.final.safetensors")
    #expect(final.tensors.count == parameters.names.count)
    for stored in final.tensors {
      let ours = try #require(parameters[stored.name]).array
      let worst = zip(ours, try stored.values()).map { abs($0 - $1) }.max() ?? .infinity
      // a step moves a weight by up to 1e-3; early AdamW steps amplify the rounding of tiny gradients
      #expect(worst < 2e-5, "\(stored.name.text): \(worst)")
    }
  }

  @Test func clippingIsThatOfTorch() {
    #expect(clipCoefficient(norm: 4, limit: 1) == Float(1 / (4 + 1e-6)))
    #expect(clipCoefficient(norm: 0.5, limit: 1) == 1)
    #expect(clipCoefficient(norm: 1e9, limit: 0) == 1)
  }
}
