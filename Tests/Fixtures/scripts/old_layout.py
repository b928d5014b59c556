"""Writes Tests/Fixtures/hdf5/old-layout.h5 with h5py alone, in the layout that h5py writes by default.

usage: old_layout.py FILE
Needs h5py and numpy. HDF5RobustnessTests and OldLayoutTests read the file and damaged copies of it.
"""

import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "w") as f:
    f.attrs["format"] = "holdfast-test"
    f.attrs["format_version"] = "1.2.0"
    f.attrs["note"] = "bonjour"
    f.attrs["fixed"] = np.bytes_(b"abc")
    f.attrs["flag"] = True
    f.attrs["numbers"] = np.arange(5)
    f.attrs["words"] = ["a", "bb"]
    f.create_dataset("plain", data=np.arange(64, dtype="f4").reshape(8, 8))
    f.create_dataset(
        "packed", data=np.arange(2000, dtype="f4"), chunks=(300,), compression="gzip", shuffle=True, fletcher32=True
    )
    f.create_dataset("chunked", data=np.arange(600, dtype="f8").reshape(20, 30), chunks=(7, 9))
    f.create_dataset("growing", data=np.arange(40, dtype="i4"), maxshape=(None,), chunks=(16,))
    f.create_dataset("sparse", shape=(30,), dtype="i2", chunks=(10,), compression="gzip", fillvalue=-7)[12] = 5
    f.create_dataset("half", data=np.arange(10, dtype="f2"), chunks=(4,), compression="gzip")
    f.create_dataset("text", data='{"a": 1}')
    f.create_dataset("words", data=["x", "yy", "zzz"], dtype=h5py.string_dtype())
    f.create_dataset("packed_words", data=["x", "yy", ""] * 9, dtype=h5py.string_dtype(), chunks=(5,), compression="gzip")
    f.create_dataset("fixed_words", data=np.array([b"ab", b"cde", b""], dtype="S3"))
    f.create_dataset("packed_fixed", data=np.array([b"ab", b"cde", b""] * 9, dtype="S3"), chunks=(4,), compression="gzip")
    f.create_dataset("flags", data=np.array([True, False]))
    f.create_dataset("empty", shape=(0,), dtype="f4")
    f.create_dataset("null", data=h5py.Empty("f4"))
    group = f.create_group("group")
    for i in range(20):
        group.create_dataset(f"m{i}", data=np.arange(3))
    group["x"] = np.arange(4.0)
    group["y"] = np.arange(12.0).reshape(3, 4)
    group["x"].make_scale("x")
    group["y"].dims[1].attach_scale(group["x"])
    group["y"].dims[0].label = "row"
    group["link"] = h5py.SoftLink("/plain")
    f["again"] = f["plain"]
