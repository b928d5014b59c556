"""The installed wheel beside h5py, each with an HDF5 of its own: both write, both read.

python wheel.py "h5py, holdfast" FIXTURES
"""

import importlib
import sys
from pathlib import Path

for name in sys.argv[1].split(", "):
    importlib.import_module(name)
    if name == "holdfast":
        importlib.import_module(name).version()  # loads the library

import h5py  # noqa: E402
import holdfast  # noqa: E402
import numpy as np  # noqa: E402

fixtures = Path(sys.argv[2])
assert fixtures not in Path(holdfast.__file__).parents and "site" in holdfast.__file__, holdfast.__file__

with h5py.File("before.h5", "w") as file:
    file["x"] = np.arange(5.0)
model = holdfast.Model.load(fixtures / "model/tiny-tied")
ledger = holdfast.probe(model, fixtures / "face/questions.jsonl")
ledger.save("ledger.h5")
with h5py.File("ledger.h5") as file:
    assert file.attrs["format"] == "holdfast-ledger"
    predicted, gold = file["predicted"][()], file["gold"][()]
assert np.isclose(np.mean(predicted == gold), ledger.accuracy), (predicted, gold, ledger.accuracy)
with h5py.File("before.h5") as file:
    assert np.array_equal(file["x"][()], np.arange(5.0))

with open("/proc/self/maps") as maps:
    libraries = {line.split()[-1] for line in maps if ".so" in line}
assert any("libholdfast" in name and "site" in name for name in libraries), libraries
assert not any("hdf5_serial" in name for name in libraries), "the wheel loads the system's HDF5"
