"""The tiny models that hold the engine to transformers, one entry a variant: what is built, and which trap it sets.

`VARIANTS` maps a name to (model class, configuration, options).  Sizes are odd on purpose: head widths that no vector
width divides, a vocabulary that is no multiple of 16, windows shorter than the texts.  Options:
  v4      the same configuration as transformers 4 wrote it, for config.v4.json (most models on the Hub are like that)
  before  keys to take out of config.json first, to make it what transformers 4 would have written
  lengths of the three sequences, where (5, 23, 41) is not to the point
  decode  also store what a token-by-token run with transformers' cache gives, where it differs from a whole forward pass
  wrong   readings of the configuration that must give other logits: what each variant is there to tell apart

Facts found by reading and running transformers 5.23, which the fixtures pin down:
* Dynamic NTK (`rope_type: dynamic`): a forward pass whose last position p reaches max_position_embeddings or more turns
  ALL its rows with the base for p + 1 positions; shorter passes use the plain base.  The module remembers the longest text
  it saw and keeps its base until a text shorter than max_position_embeddings resets it, so every text here is run on a fresh
  module.  With a cache each key keeps the rotation of the step that wrote it: token by token gives other numbers than a whole
  pass, so both are stored.
* LongRoPE (Phi-3): a pass that reaches beyond original_max_position_embeddings uses long_factor for all its rows, any other
  short_factor.  The attention factor sqrt(1 + ln(max / original) / ln(original)) multiplies cosines and sines in both cases.
* YaRN: attention factor 0.1 ln(factor) + 1 on cosines and sines (so q.k gets its square) unless attention_factor is given;
  the ramp's corners are rounded outwards unless `truncate` is false.
* llama3: wavelengths between original / high_freq_factor and original / low_freq_factor are blended.
* Qwen2/Qwen3: sliding_window counts only with use_sliding_window, and only in layers >= max_window_layers; layer_types, which
  newer files carry, overrides both.
* Mistral and Phi-3: the window holds in every layer.  A window w sees keys at positions > p - w, the row itself included.
* Gemma 2: layers 0, 2, 4 … slide.  Scores are scaled by query_pre_attn_scalar^-1/2, not by the head width; the scores and
  the logits pass through cap * tanh(x / cap).  Norms multiply by 1 + weight; embeddings by sqrt(D).
* Gemma 3: every sixth layer is global unless layer_types says otherwise; local layers turn with their own base and are never
  scaled; rope scaling is for the global ones.  The nested (multimodal) configuration holds the text part in text_config.
* OLMo 2: norms come after attention and feed-forward, on their outputs; q_norm and k_norm run over all heads at once.
* GPT-NeoX: query_key_value is interleaved per head (q, k, v of head 0, then of head 1, …); only the first
  int(rotary_pct * E) elements of a head turn.
* GPT-2: matrices are Conv1D, inputs first; published files (`gpt2`) name their tensors without `transformer.` and carry masks.
"""
LLAMA = dict(vocab_size=67, hidden_size=20, intermediate_size=28, num_hidden_layers=2, num_attention_heads=2,
             num_key_value_heads=1, max_position_embeddings=128, rms_norm_eps=1e-3, bos_token_id=1, eos_token_id=2,
             pad_token_id=0, tie_word_embeddings=False)


def rope(theta=10000.0, kind="default", **more):
    return dict(rope_theta=theta, rope_type=kind, **more)


def llama_scaled(kind, theta=10000.0, positions=128, **more):
    """A llama whose rotary embedding is scaled, and the transformers-4 spelling of it."""
    settings = dict(LLAMA, max_position_embeddings=positions, rope_parameters=rope(theta, kind, **more))
    return settings, dict(rope_theta=theta, rope_scaling=dict({"rope_type": kind}, **more))


def variant(model, settings, v4=None, before=(), wrong=(), **options):
    return model, settings, dict(v4=v4, before=before, wrong=wrong, **options)


PLAIN = [dict(rope_parameters=rope())]  # the scaling forgotten


SEQUENTIAL = dict(vocab_size=67, hidden_size=36, intermediate_size=52, num_hidden_layers=2, num_attention_heads=3,
                  max_position_embeddings=64, layer_norm_eps=1e-3, bos_token_id=1, eos_token_id=2,
                  tie_word_embeddings=False, hidden_act="gelu")
GPT2 = dict(vocab_size=67, n_embd=30, n_inner=44, n_layer=2, n_head=3, n_positions=48, layer_norm_epsilon=1e-3,
            bos_token_id=1, eos_token_id=2)
PHI3 = dict(vocab_size=67, hidden_size=24, intermediate_size=44, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, rms_norm_eps=1e-3, bos_token_id=1, eos_token_id=2, pad_token_id=0,
            tie_word_embeddings=False)
QWEN = dict(vocab_size=131, hidden_size=24, intermediate_size=44, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=128, rms_norm_eps=1e-3, bos_token_id=1, eos_token_id=2)
GEMMA = dict(vocab_size=67, hidden_size=30, intermediate_size=44, num_attention_heads=3, num_key_value_heads=1,
             rms_norm_eps=1e-3, bos_token_id=2, eos_token_id=1, pad_token_id=0, max_position_embeddings=128,
             tie_word_embeddings=True, hidden_activation="gelu_pytorch_tanh")
GEMMA3_TYPES = ["sliding_attention", "full_attention", "sliding_attention"]

_linear, _linear4 = llama_scaled("linear", factor=3.0)
_dynamic, _dynamic4 = llama_scaled("dynamic", positions=24, factor=2.0)
_llama3, _llama34 = llama_scaled("llama3", theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                 original_max_position_embeddings=32)
_yarn, _yarn4 = llama_scaled("yarn", theta=100.0, factor=4.0, original_max_position_embeddings=32)
_yarn_set, _yarn_set4 = llama_scaled("yarn", theta=100.0, factor=4.0, original_max_position_embeddings=64, beta_fast=2.0,
                                     beta_slow=0.5, attention_factor=0.9, truncate=False)
_local = dict(full_attention=rope(1e6, "linear", factor=8.0), sliding_attention=rope(1e4))

VARIANTS = {
    # biases in attention and feed-forward; grouped queries; head width 6
    "llama": variant("Llama", dict(LLAMA, hidden_size=24, intermediate_size=44, num_hidden_layers=3, num_attention_heads=4,
                                   num_key_value_heads=2, attention_bias=True, mlp_bias=True)),
    # one tensor for embedding and output; head width given, not D / H; no grouping
    "llama-tied": variant("Llama", dict(LLAMA, hidden_size=30, num_attention_heads=5, num_key_value_heads=5, head_dim=10,
                                        vocab_size=131, tie_word_embeddings=True)),
    "llama-linear": variant("Llama", _linear, _linear4, wrong=PLAIN),
    "llama-dynamic": variant("Llama", _dynamic, _dynamic4, wrong=PLAIN, lengths=(5, 24, 41), decode=True),
    "llama3": variant("Llama", _llama3, _llama34, wrong=[
        dict(rope_parameters=rope(500.0)), dict(rope_parameters=rope(500.0, "linear", factor=8.0))]),
    "llama-yarn": variant("Llama", _yarn, _yarn4, wrong=[
        dict(rope_parameters=rope(100.0)), dict(rope_parameters=_yarn_set["rope_parameters"]),
        dict(rope_parameters=dict(_yarn["rope_parameters"], attention_factor=1.0))]),
    "llama-yarn-set": variant("Llama", _yarn_set, _yarn_set4, wrong=[
        dict(rope_parameters=dict(_yarn_set["rope_parameters"], **w))
        for w in (dict(truncate=True), dict(attention_factor=None), dict(beta_fast=32.0), dict(beta_slow=1.0))]),
    "mistral": variant("Mistral", dict(LLAMA, hidden_size=24, intermediate_size=44, num_attention_heads=4,
                                       num_key_value_heads=2, sliding_window=7, rope_parameters=rope()),
                       dict(rope_theta=10000.0), wrong=[dict(sliding_window=w) for w in (None, 6, 8)]),
    "qwen2": variant("Qwen2", dict(QWEN, num_hidden_layers=2, rope_parameters=rope(1e6), use_sliding_window=False,
                                   sliding_window=7, max_window_layers=1, tie_word_embeddings=True),
                     dict(rope_theta=1e6, sliding_window=7), ["layer_types"],
                     wrong=[dict(use_sliding_window=True), dict(rope_parameters=rope())]),
    "qwen2-window": variant("Qwen2", dict(QWEN, vocab_size=67, num_hidden_layers=3, use_sliding_window=True,
                                          sliding_window=7, max_window_layers=1, tie_word_embeddings=False),
                            dict(rope_theta=10000.0), ["layer_types"],
                            wrong=[dict(max_window_layers=w) for w in (0, 2, 3)]),
    "qwen3": variant("Qwen3", dict(QWEN, vocab_size=67, num_hidden_layers=2, head_dim=10, tie_word_embeddings=False,
                                   rope_parameters=rope(1e6)), dict(rope_theta=1e6), ["layer_types"]),
    "gemma2": variant("Gemma2", dict(GEMMA, num_hidden_layers=3, head_dim=6, query_pre_attn_scalar=17, sliding_window=9,
                                     attn_logit_softcapping=1.5, final_logit_softcapping=2.5),
                      dict(rope_theta=10000.0), ["layer_types"], wrong=[
                          dict(attn_logit_softcapping=None), dict(final_logit_softcapping=None),
                          dict(query_pre_attn_scalar=6), dict(sliding_window=128), dict(hidden_activation="silu"),
                          dict(layer_types=["full_attention", "sliding_attention", "full_attention"])]),
    # seven layers by the default pattern: the sixth is global
    "gemma3": variant("Gemma3Text", dict(GEMMA, hidden_size=18, intermediate_size=20, num_hidden_layers=7, head_dim=10,
                                         query_pre_attn_scalar=14, sliding_window=7, rope_parameters=_local),
                      dict(rope_theta=1e6, rope_local_base_freq=1e4, rope_scaling=dict(rope_type="linear", factor=8.0),
                           sliding_window_pattern=6), ["layer_types"], wrong=[
                               dict(sliding_window=128), dict(query_pre_attn_scalar=10),
                               dict(layer_types=["sliding_attention"] * 7),
                               dict(rope_parameters=dict(_local, full_attention=rope(1e6))),
                               dict(rope_parameters=dict(_local, sliding_attention=rope(1e6)))]),
    "gemma3-types": variant("Gemma3Text", dict(GEMMA, num_hidden_layers=3, head_dim=6, query_pre_attn_scalar=6,
                                               sliding_window=5, layer_types=GEMMA3_TYPES, rope_parameters=dict(
                                                   full_attention=rope(5e4), sliding_attention=rope(50.0))),
                            wrong=[dict(layer_types=["sliding_attention"] * 3), dict(sliding_window=6)]),
    # the text part of a model that also sees: its configuration nested, its tensors under a prefix, others beside them
    "gemma3-nested": variant("Gemma3", dict(
        text_config=dict(GEMMA, hidden_size=18, intermediate_size=20, num_hidden_layers=2, head_dim=6,
                         query_pre_attn_scalar=6, sliding_window=7, layer_types=GEMMA3_TYPES[:2], rope_parameters=_local),
        vision_config=dict(model_type="siglip_vision_model", hidden_size=4, intermediate_size=4, num_hidden_layers=1,
                           num_attention_heads=1, image_size=8, patch_size=4, vision_use_head=False),
        mm_tokens_per_image=4, image_token_index=66, boi_token_index=65, eoi_token_index=64), vocabulary=64),
    "olmo2": variant("Olmo2", dict(LLAMA, hidden_size=24, intermediate_size=44, num_attention_heads=4,
                                   num_key_value_heads=2, rope_parameters=rope(5e5)), dict(rope_theta=5e5)),
    "phi3": variant("Phi3", dict(PHI3, max_position_embeddings=64, original_max_position_embeddings=64,
                                 sliding_window=9), dict(rope_theta=10000.0, rope_scaling=None),
                    wrong=[dict(sliding_window=w) for w in (None, 8, 10)]),
    # texts on both sides of the switch between the factors
    "phi3-longrope": variant(
        "Phi3", dict(PHI3, hidden_size=20, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=96, original_max_position_embeddings=24,
                     rope_parameters=rope(1e4, "longrope", short_factor=[1.0, 1.1, 1.3], long_factor=[1.2, 2.0, 3.7],
                                          partial_rotary_factor=0.6)),
        dict(rope_theta=1e4, partial_rotary_factor=0.6,
             rope_scaling=dict(type="longrope", short_factor=[1.0, 1.1, 1.3], long_factor=[1.2, 2.0, 3.7])), decode=True,
        wrong=[dict(rope_parameters=rope(1e4, "longrope", short_factor=[1.0, 1.1, 1.3], long_factor=f,
                                         partial_rotary_factor=p, **more))
               for f, p, more in (([1.0, 1.1, 1.3], 0.6, {}), ([1.2, 2.0, 3.7], 0.6, dict(attention_factor=1.0)))]),
    "gpt2": variant("GPT2", GPT2),
    # as the files of the Hub are: no prefix, causal masks among the tensors
    "gpt2-bare": variant("GPT2", dict(GPT2, n_layer=1, n_inner=None, n_embd=18), bare=True),
    "gpt-neox": variant("GPTNeoX", dict(SEQUENTIAL, use_parallel_residual=True, attention_bias=True,
                                        rope_parameters=rope(partial_rotary_factor=0.5)),
                        dict(rotary_emb_base=10000, rotary_pct=0.5),
                        wrong=[dict(use_parallel_residual=False), dict(rope_parameters=rope(partial_rotary_factor=1.0))]),
    # blocks one after the other; attention without biases; 4 of 10 elements turn
    "gpt-neox-sequential": variant(
        "GPTNeoX", dict(SEQUENTIAL, hidden_size=30, use_parallel_residual=False, attention_bias=False,
                        rope_parameters=rope(2e4, partial_rotary_factor=0.4)),
        dict(rotary_emb_base=20000, rotary_pct=0.4)),
}
