import HoldfastStorage
import Testing

@testable import HoldfastModel

/// Configurations as they are published, against what transformers 5.23 makes of them.
@Suite struct ConfigurationTests {
  private func read(_ text: String) throws -> ModelConfiguration {
    try ModelConfiguration(
      huggingFace: JSONNode(JSON.parse(Array(text.utf8), name: "config.json"), document: "config.json"))
  }

  /// Gemma 3 4B says only what differs from the defaults of transformers' class.
  @Test func nestedConfigurationsLeaveOutDefaults() throws {
    let c = try read(
      """
      {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": {"hidden_size": 2560,
       "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
       "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024},
       "vision_config": {"hidden_size": 1152, "model_type": "siglip_vision_model"}}
      """)
    #expect(c.architecture == "gemma3_text")
    #expect((c.vocabularySize, c.width, c.feedForward, c.layers) == (262_208, 2560, 10240, 34))
    #expect((c.heads, c.kvHeads, c.headWidth, c.contextLength) == (8, 4, 256, 131_072))
    #expect(c.tiedEmbeddings && c.attentionScale == 1 / 16 && c.normEpsilon == 1e-6)
    #expect((0..<7).map { c.window(ofLayer: $0) } == [1024, 1024, 1024, 1024, 1024, nil, 1024])
    #expect(c.rotary(ofLayer: 5)?.theta == 1_000_000 && c.rotary(ofLayer: 5)?.scaling == .linear(factor: 8))
    #expect(
      c.rotary(ofLayer: 0)?.theta == 10_000
        && c.rotary(ofLayer: 0)?.scaling == RotaryConfiguration.Scaling.none)
    // What checkpoints and exports carry is complete.
    #expect(c.huggingFace["num_key_value_heads"]?.intValue == 4)
  }

  /// Pythia and Qwen 2.5 as of transformers 4: other names, a window that is there and does not count.
  @Test func olderSpellings() throws {
    let pythia = try read(
      """
      {"architectures": ["GPTNeoXForCausalLM"], "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "gelu",
       "hidden_size": 512, "initializer_range": 0.02, "intermediate_size": 2048, "layer_norm_eps": 1e-05,
       "max_position_embeddings": 2048, "model_type": "gpt_neox", "num_attention_heads": 8, "num_hidden_layers": 6,
       "rotary_emb_base": 10000, "rotary_pct": 0.25, "tie_word_embeddings": false, "torch_dtype": "float16",
       "use_parallel_residual": true, "vocab_size": 50304}
      """)
    #expect(pythia.rotary?.width == 16 && pythia.rotary?.theta == 10000)
    #expect(pythia.parallelResidual && pythia.norm == .layer && pythia.normEpsilon == 1e-5)
    #expect(pythia.biases == [.norms, .queryKeyValue, .attentionOutput, .feedForward])
    #expect(pythia.activation == .gelu && !pythia.gated && !pythia.tiedEmbeddings)
    let qwen = try read(
      """
      {"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "hidden_act": "silu", "hidden_size": 896,
       "intermediate_size": 4864, "max_position_embeddings": 32768, "max_window_layers": 21, "model_type": "qwen2",
       "num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
       "rope_theta": 1000000.0, "sliding_window": 32768, "tie_word_embeddings": true, "use_sliding_window": false,
       "vocab_size": 151936}
      """)
    #expect(qwen.window(ofLayer: 23) == nil && qwen.biases == .queryKeyValue && qwen.headWidth == 64)
    #expect(qwen.rotary?.theta == 1_000_000 && qwen.tiedEmbeddings)
  }
}
