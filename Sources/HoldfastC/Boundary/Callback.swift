import CHoldfast
import HoldfastTensor

/// The caller's progress callback as the engine wants it.
func progressHandler(_ function: holdfast_progress_function?, _ userData: UnsafeMutableRawPointer?)
  -> ProgressHandler?
{
  guard let function else { return nil }
  return { progress in
    progress.stage.withCString { stage in
      progress.unit.withCString { unit in
        progress.detail.withCString { detail in
          var report = holdfast_progress(
            struct_size: UInt32(MemoryLayout<holdfast_progress>.size), reserved: 0, stage: stage,
            done: UInt64(clamping: progress.done), total: UInt64(clamping: progress.total), unit: unit,
            detail: detail)
          return function(&report, userData) == 0
        }
      }
    }
  }
}
