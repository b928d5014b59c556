import HoldfastTensor

/// Object headers: the messages that describe a group or a dataset, in one piece or several.
///
/// Source: HDF5 File Format Specification 3.0, IV.A.1.
extension OldLayout {
  /// A message where it lies in the file.
  struct Message {
    let type: Int
    let address: Int
    let size: Int
  }

  /// Reads and checks the object at an address.
  func readObject(at address: Int) throws(HoldfastError) -> OldObject {
    let messages = try readMessages(at: address)
    func only(_ type: Int) throws(HoldfastError) -> Message? {
      let found = messages.filter { $0.type == type }
      guard found.count <= 1 else {
        throw corrupt("an object has two messages of the type \(type)", at: address)
      }
      return found.first
    }
    let attributes = messages.filter { $0.type == 0x0C }
    for message in messages where message.type == 0x12 || message.type == 0x16 {
      guard message.size >= 8 else { throw corrupt("a message is too short", at: message.address) }
    }
    if let table = try only(0x11) {
      for type in [0x01, 0x03, 0x04, 0x05, 0x08, 0x0B] where try only(type) != nil {
        throw corrupt("an object is both a group and a dataset", at: address)
      }
      var cursor = try cursor(at: table.address, table.size, "a group")
      let (tree, heap) = (try cursor.read(UInt64.self, "its tree"), try cursor.read(UInt64.self, "its heap"))
      try readGroup(tree: tree, heap: heap)
      for attribute in attributes { try readAttribute(attribute, rank: nil) }
      return OldObject(group: (tree, heap))
    }
    guard let space = try only(0x01), let type = try only(0x03), let layout = try only(0x08) else {
      throw unsupported("an object that is neither a group of the old kind nor a dataset")
    }
    let shape = try readSpace(try cursor(at: space.address, space.size, "a shape"))
    var typeCursor = try cursor(at: type.address, type.size, "a type")
    let element = try readType(&typeCursor)
    let isFiltered = try only(0x0B).map { message throws(HoldfastError) in try readFilters(message) } ?? false
    for message in [try only(0x04), try only(0x05)] {
      if let message { try readFill(message, element: element.size) }
    }
    try readLayout(layout, shape: shape, element: element.size, isFiltered: isFiltered)
    for attribute in attributes { try readAttribute(attribute, rank: shape.extents.count) }
    return OldObject()
  }

  /// The messages of a header, those of its continuations among them.
  private func readMessages(at address: Int) throws(HoldfastError) -> [Message] {
    var cursor = try cursor(at: address, 16, "an object")
    let version = try cursor.read(UInt8.self, "its version")
    guard version == 1 else {
      if version == UInt8(ascii: "O") {
        throw unsupported("an object of the new layout, as files have that keep the order of creation")
      }
      throw corrupt("there is no object", at: address)
    }
    try cursor.take(1, "padding")
    let count = Int(try cursor.read(UInt16.self, "the number of messages"))
    try cursor.take(4, "the number of links")
    let size = Int(try cursor.read(UInt32.self, "the size of its messages"))
    try claim(address, 16 + size)
    var pieces = [(start: address + 16, size: size)]
    var messages: [Message] = []
    var next = 0
    while next < pieces.count {
      let piece = pieces[next]
      next += 1
      var cursor = try self.cursor(at: piece.start, piece.size, "messages")
      while cursor.remaining > 0 {
        let type = Int(try cursor.read(UInt16.self, "a message's type"))
        let size = Int(try cursor.read(UInt16.self, "a message's size"))
        let flags = try cursor.read(UInt8.self, "a message's flags")
        try cursor.take(3, "padding")
        let start = piece.start + cursor.offset
        try cursor.take(size, "a message")
        guard size % 8 == 0, messages.count < count else {
          throw corrupt("the messages of an object are damaged", at: start)
        }
        messages.append(Message(type: type, address: start, size: size))
        switch type {
        case 0x00: continue
        case 0x01, 0x03, 0x04, 0x05, 0x08, 0x0B, 0x0C, 0x11, 0x12, 0x16:
          guard flags & 2 == 0 else { throw unsupported("a type or another part that objects share") }
        case 0x10:
          var more = try self.cursor(at: start, size, "a continuation")
          let place = try place(more.read(UInt64.self, "its address"), "a continuation")
          let length = try more.readCount("its length")
          try claim(place, length)
          pieces.append((place, length))
        default: throw unsupported("a message of the type \(type)")
        }
      }
    }
    guard messages.count == count else {
      throw corrupt("an object has \(messages.count) messages instead of \(count)", at: address)
    }
    return messages
  }
}
