import Testing

@testable import HoldfastModel
