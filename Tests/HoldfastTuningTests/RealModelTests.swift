import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastText
import Testing

@testable import HoldfastTuning

/// The trainer against `train.py` (transformers and torch) on the real model, where it and the data are at hand.
@Suite struct RealModelTests {
  @Test(.timeLimit(.minutes(10))) func fourLossesAreThoseOfTorch() throws {
    guard let path = Fixture.realModel else {
      print(
        "SKIPPED: the four losses on SmolLM2-135M need its GGUF file; set HOLDFAST_TEST_MODEL to its path")
      return
    }
    let expected = try #require(try Fixture.json("model/smollm2-135m-instruct.expected.json")["training"])
    let file = try #require(expected["file"]?.textValue)
    guard let rows = Fixture.shared(file) else {
      print("SKIPPED: the four losses on SmolLM2-135M need ../shared/\(file)")
      return
    }
    var options = TuningOptions()
    options.batchSize = try #require(expected["batch_size"]?.intValue)
    options.learningRate = try #require(expected["learning_rate"]?.doubleValue)
    options.schedule = .constant
    options.warmupRatio = 0
    options.maxSteps = 4
    options.shuffle = false

    let model = try Model.load(path)
    let examples = try InstructionData(path: rows).examples(
      tokenizer: model.tokenizer, template: ChatTemplate.named(options.template))
    let trainer = try Trainer(model: model, examples: Array(examples.prefix(32)), options: options)
    let result = try trainer.run()
    for (record, loss) in zip(result.records, try #require(Fixture.numbers(expected["losses"]))) {
      #expect(abs(record.loss - loss) < 1e-4, "step \(record.step): \(record.loss), PyTorch \(loss)")
    }
    #expect(result.records.count == 4 && result.tokens == 9232)
  }
}
