import Testing

@testable import HoldfastTuning
