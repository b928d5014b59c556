"""Opens a file that HoldfastStorageTests (StockToolsTests) wrote with h5py and xarray, and checks every value.

usage: check_hdf5.py FILE
Needs h5py, h5netcdf, xarray and numpy. Prints "ok" when all is as it should be.
"""

import sys

import h5py
import numpy as np
import xarray as xr

path = sys.argv[1]
n = 3000
floats = (np.arange(2 * n, dtype=np.float32) * np.float32(0.37) - np.float32(1000)).reshape(n, 2)

with h5py.File(path) as f:
    assert f.attrs["format"] == "holdfast-test" and f.attrs["format_version"] == "1.2.0"
    assert f.attrs["creator"].startswith("Holdfast ") and f.attrs["created"].endswith("Z")
    assert f.attrs["note"] == "bonjour à tous" and f.attrs["count"] == -7 and f.attrs["rate"] == 0.1
    assert list(f.attrs["list"]) == [1, 2, 3] and list(f.attrs["words"]) == ["a", "", "ü"]
    assert f["item"].asstr()[8] == "naïve 8 語" and f["item"].asstr()[7] == ""
    assert np.array_equal(f["logprob"][:], floats)
    assert f["logprob"].compression == "gzip" and f["logprob"].shuffle
    assert f["plain"].chunks is None and f["plain"].id.get_offset() % 64 == 0
    for name in ("logprob", "plain"):
        assert [axis[0].name for axis in f[name].dims] == ["/item", "/choice"]
    halves = f["tensors/float16"][:]
    assert halves.dtype == np.float16 and np.array_equal(halves.ravel(), floats.ravel().astype(np.float16))
    brains = f["tensors/bfloat16"][:]
    bits = floats.ravel().view(np.uint32)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    assert np.array_equal(brains.ravel().astype(np.float32), rounded), brains.dtype

with xr.open_dataset(path, engine="h5netcdf", phony_dims=None) as d:
    assert dict(d.sizes) == {"item": n, "choice": 2, "nothing": 0}, d.sizes
    assert d["logprob"].dims == ("item", "choice")
    assert d["item"].values[8] == "naïve 8 語"
    assert np.array_equal(d["logprob"].values, floats)
    assert float(d["logprob"].sel(item="naïve 8 語")[1]) == floats[8, 1]

with xr.open_dataset(path, engine="h5netcdf", group="ledger") as d:
    assert set(d.dims) == {"item", "choice"}
    assert d["correct"].dtype == bool and bool(d["correct"].values[3])
    assert d["gold"].dtype == np.int32 and d["hash"].values[5] == 5 << 40
    assert d["margin"].dtype == np.float64 and d["item"].values[2] == "q2"
    logprob = d["logprob"].values
    assert np.isnan(logprob[0]).all() and list(logprob[2, :2]) == [-0.5, 0.5]
    assert list(d["logprob_count"].values[:6]) == [0, 1, 2, 3, 4, 0]

with xr.open_dataset(path, engine="h5netcdf", group="tensors") as d:
    assert d["bfloat16"].dims == ("row", "column")

print("ok")
