"""Makes Tests/Fixtures/storage/quantizations.gguf: blocks of random bytes of every quantised type that is read, and
gguf-py's values of them.

usage: storage_quantizations.py DIRECTORY
Made with gguf 0.19.0 and numpy 2.4.6; needs safetensors. Random bytes reach every code of every type; the float16
scales and minima are ordinary numbers, but in the first blocks special ones: zeros, subnormal, smallest normal, largest
and infinite ones of both signs. The expected values are those of gguf.quants.dequantize (float64: numpy's float32).
"""

import os
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file

SPECIAL = np.array(
    [0, 0x8000, 1, 0x8001, 0x03FF, 0x0400, 0x8400, 0x7BFF, 0xFBFF, 0x3C00, 0x7C00, 0xFC00], dtype=np.uint16
)
# Where in a block the float16 numbers are.
HALVES = {
    "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0],
}
ROWS = {32: (3, 6), 256: (3, 5)}  # rows, blocks a row

out = sys.argv[1]
rng = np.random.default_rng(40)
writer = gguf.GGUFWriter(os.path.join(out, "quantizations.gguf"), "llama")
expected = {}
for name, places in HALVES.items():
    kind = gguf.GGMLQuantizationType[name]
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    rows, blocks = ROWS[elements]
    data = rng.integers(0, 256, (rows * blocks, size), dtype=np.uint8)
    for i, place in enumerate(places):
        halves = (rng.standard_normal(rows * blocks) * 0.02).astype(np.float16).view(np.uint16)
        count = min(len(SPECIAL), rows * blocks)
        halves[:count] = np.roll(SPECIAL, 5 * i)[:count]
        data[:, place : place + 2] = halves.view(np.uint8).reshape(-1, 2)
    data = data.reshape(rows, blocks * size)
    writer.add_tensor(name.lower(), data, raw_dtype=kind)
    with np.errstate(invalid="ignore"):
        expected[name.lower()] = np.ascontiguousarray(gguf.quants.dequantize(data, kind))

doubles = np.array(
    [[0.0, -0.0, 0.1, -1e300, 1e-300, 1 + 2.0**-24, 1 + 3 * 2.0**-24, 2.0**-149, np.inf, -np.inf, 1e-40, np.pi]]
)
writer.add_tensor("f64", doubles, raw_dtype=gguf.GGMLQuantizationType.F64)
with np.errstate(over="ignore"):
    expected["f64"] = doubles.astype(np.float32)

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
save_file(expected, os.path.join(out, "quantizations.expected.safetensors"), metadata={"gguf": "0.19.0"})
