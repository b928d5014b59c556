"""Makes Tests/Fixtures/storage/split-0000N-of-00003.gguf: a model of five tensors in three parts.

usage: storage_splits.py DIRECTORY
Made with gguf 0.19.0, whose GGUFWriter does the splitting. Tensor i is filled with i.
"""

import os
import sys

import gguf
import numpy as np

out = sys.argv[1]
writer = gguf.GGUFWriter(os.path.join(out, "split.gguf"), "llama", split_max_tensors=2)
writer.add_string("general.name", "split")
for i in range(5):
    writer.add_tensor(f"tensor.{i}", np.full((2, 4 + 4 * i), i, dtype=np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
