"""Makes Tests/Fixtures/storage: a GGUF file with every element type that is read, and gguf-py's values of it.

usage: storage_fixtures.py DIRECTORY
Needs gguf 0.17 or newer, numpy and safetensors. The quantised bytes are gguf-py's; in the blocks of the first row the
scales are then replaced by special ones (zero, subnormal, largest, negative). The expected values are those of
gguf.quants.dequantize.
"""

import os
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file

out = sys.argv[1]
rng = np.random.default_rng(7)
types = [gguf.GGMLQuantizationType[t] for t in ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1")]
special = np.array([0, 1, 0x03FF, 0x0400, 0x7BFF, 0x8001, 0xFBFF, 0x3C00], dtype=np.uint16)

writer = gguf.GGUFWriter(os.path.join(out, "types.gguf"), "llama")
writer.add_uint8("test.uint8", 255)
writer.add_int8("test.int8", -128)
writer.add_uint16("test.uint16", 65535)
writer.add_int16("test.int16", -32768)
writer.add_uint32("test.uint32", 2**32 - 1)
writer.add_int32("test.int32", -(2**31))
writer.add_uint64("test.uint64", 2**64 - 1)
writer.add_int64("test.int64", -(2**63))
writer.add_float32("test.float32", 0.1)
writer.add_float64("test.float64", 0.1)
writer.add_bool("test.bool", True)
writer.add_string("test.string", "naïve 語")
writer.add_array("test.strings", ["a", "", "ü"])
writer.add_array("test.ints", [1, -2, 3])
writer.add_array("test.floats", [0.5, -0.25])
writer.add_array("test.bools", [True, False])

expected = {}
for kind in types:
    values = (rng.standard_normal((3, 256)) * np.exp(rng.standard_normal((3, 256)))).astype(np.float32)
    data = gguf.quants.quantize(values, kind)
    if kind.name.startswith("Q"):
        size = gguf.GGML_QUANT_SIZES[kind][1]
        blocks = data.reshape(3, -1, size)
        for i, scale in enumerate(special):
            blocks[0, i, :2] = np.frombuffer(scale.tobytes(), dtype=np.uint8)
        if kind.name == "Q4_1":
            for i, scale in enumerate(special):
                blocks[1, i, 2:4] = np.frombuffer(scale.tobytes(), dtype=np.uint8)
    name = kind.name.lower()
    writer.add_tensor(name, data, raw_dtype=kind)
    expected[name] = np.ascontiguousarray(gguf.quants.dequantize(data, kind).astype(np.float32)).reshape(3, 256)

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
save_file(expected, os.path.join(out, "types.expected.safetensors"), metadata={"gguf": "gguf.quants.dequantize"})
