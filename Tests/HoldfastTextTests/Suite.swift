import Testing

@testable import HoldfastText
