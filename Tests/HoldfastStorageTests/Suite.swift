import Testing

@testable import HoldfastStorage
