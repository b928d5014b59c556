"""Writes a model of random weights in the shape of a larger one, to measure what tuning it takes.

    random_model.py qwen2.5-1.5b OUT.gguf       Q8_0; needs gguf and numpy
    random_model.py qwen2.5-7b OUT.gguf         Q4_1

The tokenizer is that of another GGUF file, named by --tokenizer, filled up with tokens nobody uses.
"""
import argparse

import gguf
import numpy as np

# width, layers, heads, kv-heads, feed-forward, vocabulary, tied embeddings
SHAPES = {
    "qwen2.5-1.5b": (1536, 28, 12, 2, 8960, 151936, True, gguf.GGMLQuantizationType.Q8_0),
    "qwen2.5-7b": (3584, 28, 28, 4, 18944, 152064, False, gguf.GGMLQuantizationType.Q4_1),
}


def blocks(random, rows, columns, kind):
    """Random blocks of a quantised matrix whose numbers have a deviation of about 0.02."""
    count = rows * columns // 32
    if kind == gguf.GGMLQuantizationType.Q8_0:
        data = random.integers(0, 256, (count, 34), dtype=np.uint8)
        data[:, :2] = np.frombuffer(np.float16(0.02 / 74).tobytes(), np.uint8)
        width = columns // 32 * 34
    else:
        data = random.integers(0, 256, (count, 20), dtype=np.uint8)
        scale = np.float16(0.02 / 4.6)
        data[:, :2] = np.frombuffer(scale.tobytes(), np.uint8)
        data[:, 2:4] = np.frombuffer(np.float16(-7.5 * scale).tobytes(), np.uint8)
        width = columns // 32 * 20
    return data.reshape(rows, width)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("out")
    parser.add_argument("--tokenizer", required=True)
    options = parser.parse_args()
    width, layers, heads, kv_heads, forward, vocabulary, tied, kind = SHAPES[options.shape]
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(options.out, "qwen2", use_temp_file=False)
    writer.add_context_length(4096)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(forward)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    source = gguf.GGUFReader(options.tokenizer)
    field = lambda name: source.fields[f"tokenizer.ggml.{name}"].contents()
    tokens, types = field("tokens"), field("token_type")
    missing = range(vocabulary - len(tokens))
    writer.add_tokenizer_model(field("model"))
    writer.add_tokenizer_pre(field("pre"))
    writer.add_token_list(tokens + [f"<unused {i}>" for i in missing])
    writer.add_token_types(types + [5 for _ in missing])
    writer.add_token_merges(field("merges"))
    writer.add_bos_token_id(field("bos_token_id"))
    writer.add_eos_token_id(field("eos_token_id"))

    def matrix(name, rows, columns):
        writer.add_tensor(f"{name}.weight", blocks(random, rows, columns, kind), raw_dtype=kind)

    def vector(name, count, value):
        writer.add_tensor(name, np.full(count, value, np.float32))

    head = width // heads
    matrix("token_embd", vocabulary, width)
    vector("output_norm.weight", width, 1)
    if not tied:
        matrix("output", vocabulary, width)
    for layer in range(layers):
        block = f"blk.{layer}"
        vector(f"{block}.attn_norm.weight", width, 1)
        vector(f"{block}.ffn_norm.weight", width, 1)
        for name, rows in (("q", heads * head), ("k", kv_heads * head), ("v", kv_heads * head)):
            matrix(f"{block}.attn_{name}", rows, width)
            vector(f"{block}.attn_{name}.bias", rows, 0)
        matrix(f"{block}.attn_output", width, heads * head)
        matrix(f"{block}.ffn_gate", forward, width)
        matrix(f"{block}.ffn_up", forward, width)
        matrix(f"{block}.ffn_down", width, forward)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
