import Testing

@testable import HoldfastTuning

@Suite struct BatchPlanTests {
  private func plan(_ count: Int, _ change: (inout TuningOptions) -> Void = { _ in }) -> BatchPlan {
    var options = TuningOptions()
    options.batchSize = 4
    change(&options)
    return BatchPlan(exampleCount: count, options: options)
  }

  @Test func everyEpochSeesEveryExampleOnceInAnOrderOfItsOwn() {
    var plan = plan(11)
    #expect(plan.totalSteps == 9)
    var orders: [[Int]] = []
    for epoch in 0..<3 {
      let batches = (0..<3).map { plan.batch(step: 3 * epoch + $0) }
      #expect(batches.map(\.count) == [4, 4, 3])
      orders.append(batches.flatMap { $0 })
      #expect(orders[epoch].sorted() == Array(0..<11))
    }
    #expect(orders[0] != orders[1] && orders[1] != orders[2])
    #expect(orders[0] != Array(0..<11))
  }

  @Test func aBatchDependsOnItsStepAlone() {
    var inOrder = plan(11)
    let all = (0..<9).map { inOrder.batch(step: $0) }
    for step in [8, 0, 4, 3] {
      var fresh = plan(11)
      #expect(fresh.batch(step: step) == all[step])
      #expect(inOrder.batch(step: step) == all[step])
    }
  }

  @Test func seedsGiveOtherOrdersAndNoShuffleGivesNone() {
    var one = plan(50) { $0.seed = 1 }
    var two = plan(50) { $0.seed = 2 }
    #expect(one.batch(step: 0) != two.batch(step: 0))
    var plain = plan(6) { $0.shuffle = false }
    #expect((0..<4).map { plain.batch(step: $0) } == [[0, 1, 2, 3], [4, 5], [0, 1, 2, 3], [4, 5]])
  }

  @Test func stepsFollowFromEpochsOrAreGiven() {
    #expect(plan(9) { $0.epochs = 0.5 }.totalSteps == 2)
    #expect(plan(9) { $0.epochs = 0.01 }.totalSteps == 1)
    #expect(plan(9) { $0.epochs = 2.5 }.totalSteps == 8)
    #expect(plan(9) { $0.maxSteps = 100 }.totalSteps == 100)
    #expect(plan(9).cursor(step: 4) == (epoch: 1, position: 4))
  }
}
