/// What stands behind an opaque pointer of the C interface.
///
/// Subclasses hold engine values that are themselves immutable, and C memory that lives as long as they do.
class Handle: @unchecked Sendable {
  /// The C type, such as `holdfast_model`.
  class var type: String { "handle" }
}
