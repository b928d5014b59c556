import Testing

@testable import HoldfastKnowledge
