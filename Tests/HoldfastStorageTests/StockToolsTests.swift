import Glibc
import HoldfastTensor
import Testing

@testable import HoldfastStorage

/// What HDF5 files look like to tools that have never heard of Holdfast.
@Suite struct StockToolsTests {
  @Test func h5dumpReadsAFile() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/sample.h5"
      try Sample.write(to: path)
      guard let dump = try run(["h5dump", "-A", path]) else {
        print("SKIPPED: h5dump is not installed (hdf5-tools)")
        return
      }
      #expect(dump.status == 0)
      for text in ["\"holdfast-test\"", "DIMENSION_LIST", "H5T_STD_I64LE", "H5T_IEEE_F32LE", "\"item\""] {
        #expect(dump.output.contains(text), "h5dump shows \(text)")
      }
      let values = try run(["h5dump", "-d", "/tensors/bfloat16", "-s", "0,0", "-c", "1,2", path])
      #expect(values?.status == 0)
      #expect(values?.output.contains("(0,0): -1000, -1000") == true)
    }
  }

  @Test func h5pyAndXarrayReadAFile() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/sample.h5"
      try Sample.write(to: path)
      let python = getenv("HOLDFAST_PYTHON").map { String(cString: $0) } ?? "python3"
      guard try run([python, "-c", "import h5py, h5netcdf, xarray"])?.status == 0 else {
        print("SKIPPED: \(python) has no h5py, h5netcdf and xarray; set HOLDFAST_PYTHON")
        return
      }
      let check = try run([python, Fixture.path("../scripts/check_hdf5.py"), path])
      #expect(check?.status == 0)
      #expect(check?.output.hasSuffix("ok\n") == true, "\(check?.output ?? "")")
    }
  }
}
