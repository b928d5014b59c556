import Testing

@testable import HoldfastTensor
