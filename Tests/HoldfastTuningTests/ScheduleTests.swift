import Testing

@testable import HoldfastTuning

@Suite struct ScheduleTests {
  @Test func sharesAreThoseOfTransformers() throws {
    let cases = try #require(try Fixture.json("tuning/schedules.json").arrayValue)
    #expect(cases.count == 15)
    for json in cases {
      let schedule = try #require(json["schedule"]?.textValue.flatMap(LearningRateSchedule.init(rawValue:)))
      let total = try #require(json["total"]?.intValue)
      let warmup = try #require(json["warmup"]?.intValue)
      for (step, expected) in try #require(Fixture.numbers(json["shares"])).enumerated() where step < total {
        let share = schedule.share(step: step, total: total, warmup: warmup)
        #expect(abs(share - expected) < 1e-15, "\(schedule) step \(step) of \(total), warm-up \(warmup)")
      }
    }
  }

  @Test func warmupIsRoundedUpToWholeSteps() {
    var options = TuningOptions()
    options.maxSteps = 6
    #expect(BatchPlan(exampleCount: 100, options: options).warmupSteps == 1)
    options.warmupRatio = 0
    #expect(BatchPlan(exampleCount: 100, options: options).warmupSteps == 0)
    options.warmupRatio = 0.5
    #expect(BatchPlan(exampleCount: 100, options: options).warmupSteps == 3)
  }
}
