internal import CHoldfastKernels

extension Runtime {
  /// y [M, N] = or += x [M, K] wᵀ by the library, on tiles of 192 rows, the last one padded: one thread to a tile.
  func blasLinear(
    _ product: @escaping BLAS.Product, _ x: Tensor, _ w: Tensor, into y: Tensor, accumulate: Bool
  ) {
    let (n, k, tile) = (w.shape[0], w.columns, BLAS.tileRows)
    let m = n == 0 ? 0 : y.count / n
    guard let columns = Int32(exactly: n), let inputs = Int32(exactly: k), m > 0 else { return }
    parallel((m + tile - 1) / tile) { tiles in
      for index in tiles {
        let first = index * tile
        let rows = min(tile, m - first)
        let (source, target) = (x.pointer + first * k, y.pointer + first * n)
        if rows == tile {
          BLAS.call(product, source, w.pointer, target, n: columns, k: inputs, accumulate: accumulate)
          continue
        }
        guard let left = holdfast_scratch(tile * (k + n)) else { continue }
        let result = left + tile * k
        left.update(from: source, count: rows * k)
        (left + rows * k).update(repeating: 0, count: (tile - rows) * k)
        if accumulate {
          result.update(from: target, count: rows * n)
          (result + rows * n).update(repeating: 0, count: (tile - rows) * n)
        }
        BLAS.call(product, left, w.pointer, result, n: columns, k: inputs, accumulate: accumulate)
        target.update(from: result, count: rows * n)
      }
    }
  }
}
