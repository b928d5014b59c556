import CHoldfast

@c @implementation
public func holdfast_abi_version() -> UInt32 { 0 }
