public import HoldfastTensor

/// Columns of equal length over one named axis, such as the rows of a ledger.
public struct Table: Sendable, Equatable {
  /// The values of a column.
  public enum Column: Sendable, Equatable {
    /// Integers of 32 bits.
    case int32([Int32])
    /// Integers of 64 bits.
    case int64([Int64])
    /// Numbers of single precision.
    case float([Float])
    /// Numbers of double precision.
    case double([Double])
    /// Truth values.
    case bool([Bool])
    /// Strings.
    case text([ByteString])
    /// A list of numbers in each row, of any length, along a second named axis.
    case floats([[Float]], axis: ByteString)
    /// A list of numbers of double precision in each row, of any length, along a second named axis.
    case doubles([[Double]], axis: ByteString)
    /// A list of integers in each row, of any length, along a second named axis.
    case ints([[Int32]], axis: ByteString)

    /// The number of rows.
    public var count: Int {
      switch self {
      case .int32(let values): values.count
      case .int64(let values): values.count
      case .float(let values): values.count
      case .double(let values): values.count
      case .bool(let values): values.count
      case .text(let values): values.count
      case .floats(let values, _): values.count
      case .doubles(let values, _): values.count
      case .ints(let values, _): values.count
      }
    }

    /// What the column holds, for messages.
    var kind: String {
      switch self {
      case .int32: "int32"
      case .int64: "int64"
      case .float: "float"
      case .double: "double"
      case .bool: "bool"
      case .text: "text"
      case .floats: "lists of floats"
      case .doubles: "lists of doubles"
      case .ints: "lists of ints"
      }
    }
  }

  /// The name of the axis of the rows.
  public let axis: ByteString
  /// The names of the columns, in order.
  public private(set) var names: [ByteString] = []
  private var columns: [ByteString: Column] = [:]

  /// Makes a table without columns.
  public init(axis: ByteString) { self.axis = axis }

  /// The number of rows.
  public var count: Int { names.first.flatMap { columns[$0] }?.count ?? 0 }

  /// The column with this name, if there is one.
  public subscript(name: ByteString) -> Column? { columns[name] }

  /// Adds a column; throws `invalidArgument` when its name is taken or it has another length than the others.
  public mutating func add(_ name: ByteString, _ column: Column) throws(HoldfastError) {
    guard columns[name] == nil, names.isEmpty || column.count == count else {
      throw HoldfastError(
        .invalidArgument,
        "column '\(name)' with \(column.count) rows cannot join a table of \(count) rows, or is there already"
      )
    }
    names.append(name)
    columns[name] = column
  }

  /// Adds the rows of a table with the same columns.
  public mutating func append(_ other: Table) throws(HoldfastError) {
    if names.isEmpty, axis == other.axis {
      self = other
      return
    }
    guard names == other.names, axis == other.axis else {
      throw HoldfastError(
        .invalidArgument, "tables with the columns \(names) and \(other.names) cannot be joined")
    }
    var joined = columns
    for name in names {
      guard let mine = columns[name], let more = other.columns[name], let both = mine.joined(more) else {
        throw HoldfastError(.invalidArgument, "the columns '\(name)' of two tables are of different types")
      }
      joined[name] = both
    }
    columns = joined
  }
}

extension Table.Column {
  fileprivate func joined(_ other: Table.Column) -> Table.Column? {
    switch (self, other) {
    case (.int32(let a), .int32(let b)): .int32(a + b)
    case (.int64(let a), .int64(let b)): .int64(a + b)
    case (.float(let a), .float(let b)): .float(a + b)
    case (.double(let a), .double(let b)): .double(a + b)
    case (.bool(let a), .bool(let b)): .bool(a + b)
    case (.text(let a), .text(let b)): .text(a + b)
    case (.floats(let a, let axis), .floats(let b, let other)):
      axis == other ? .floats(a + b, axis: axis) : nil
    case (.ints(let a, let axis), .ints(let b, let other)): axis == other ? .ints(a + b, axis: axis) : nil
    default: nil
    }
  }
}

/// Columns by type; each throws `corruptData` when there is none of that name and type.
extension Table {
  /// A column of 32-bit integers.
  public func int32(_ name: ByteString) throws(HoldfastError) -> [Int32] {
    guard case .int32(let values) = columns[name] else { throw lacks(name, "int32") }
    return values
  }

  /// A column of 64-bit integers.
  public func int64(_ name: ByteString) throws(HoldfastError) -> [Int64] {
    guard case .int64(let values) = columns[name] else { throw lacks(name, "int64") }
    return values
  }

  /// A column of single-precision numbers.
  public func float(_ name: ByteString) throws(HoldfastError) -> [Float] {
    guard case .float(let values) = columns[name] else { throw lacks(name, "float") }
    return values
  }

  /// A column of double-precision numbers.
  public func double(_ name: ByteString) throws(HoldfastError) -> [Double] {
    guard case .double(let values) = columns[name] else { throw lacks(name, "double") }
    return values
  }

  /// A column of truth values.
  public func bool(_ name: ByteString) throws(HoldfastError) -> [Bool] {
    guard case .bool(let values) = columns[name] else { throw lacks(name, "bool") }
    return values
  }

  /// A column of strings.
  public func text(_ name: ByteString) throws(HoldfastError) -> [ByteString] {
    guard case .text(let values) = columns[name] else { throw lacks(name, "text") }
    return values
  }

  /// A column of lists of numbers.
  public func floats(_ name: ByteString) throws(HoldfastError) -> [[Float]] {
    guard case .floats(let values, _) = columns[name] else { throw lacks(name, "lists of floats") }
    return values
  }

  /// A column of lists of numbers of double precision.
  public func doubles(_ name: ByteString) throws(HoldfastError) -> [[Double]] {
    guard case .doubles(let values, _) = columns[name] else { throw lacks(name, "lists of doubles") }
    return values
  }

  /// A column of lists of integers.
  public func ints(_ name: ByteString) throws(HoldfastError) -> [[Int32]] {
    guard case .ints(let values, _) = columns[name] else { throw lacks(name, "lists of ints") }
    return values
  }

  private func lacks(_ name: ByteString, _ kind: String) -> HoldfastError {
    let found = columns[name].map { "holds \($0.kind)" } ?? "is missing"
    return HoldfastError(.corruptData, "column '\(name)' of \(kind) over the axis '\(axis)' \(found)")
  }
}
