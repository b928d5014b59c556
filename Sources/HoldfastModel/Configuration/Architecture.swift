import HoldfastStorage

/// How one family of models names its tensors in Hugging Face and GGUF files, and what shapes they have.
///
/// The Hugging Face name is the engine's own name for a tensor, everywhere.
struct Architecture: Sendable {
  /// What a tensor is to the model; it decides the shape, and how GGUF orders its rows.
  enum Role: Sendable { case embedding, output, norm, query, key, value, attentionOutput, gate, up, down }

  /// One tensor: its role and its two names, `{i}` standing for the layer.
  struct Entry: Sendable {
    let role: Role
    let huggingFace: String
    let gguf: String
  }

  /// The Hugging Face `model_type`, which is GGUF's `general.architecture` too.
  let name: String
  /// Tensors outside the blocks.
  let globals: [Entry]
  /// Tensors of every block.
  let block: [Entry]

  static let known: [Architecture] = [.llama]
  static var knownNames: String { known.map(\.name).joined(separator: ", ") }

  /// Llama 2 and 3 style decoders: RMS norm, rotary embedding, grouped queries, SwiGLU, no biases.
  static let llama = Architecture(
    name: "llama",
    globals: [
      Entry(role: .embedding, huggingFace: "model.embed_tokens.weight", gguf: "token_embd.weight"),
      Entry(role: .norm, huggingFace: "model.norm.weight", gguf: "output_norm.weight"),
      Entry(role: .output, huggingFace: "lm_head.weight", gguf: "output.weight"),
    ],
    block: [
      Entry(
        role: .norm, huggingFace: "model.layers.{i}.input_layernorm.weight", gguf: "blk.{i}.attn_norm.weight"),
      Entry(
        role: .query, huggingFace: "model.layers.{i}.self_attn.q_proj.weight", gguf: "blk.{i}.attn_q.weight"),
      Entry(
        role: .key, huggingFace: "model.layers.{i}.self_attn.k_proj.weight", gguf: "blk.{i}.attn_k.weight"),
      Entry(
        role: .value, huggingFace: "model.layers.{i}.self_attn.v_proj.weight", gguf: "blk.{i}.attn_v.weight"),
      Entry(
        role: .attentionOutput, huggingFace: "model.layers.{i}.self_attn.o_proj.weight",
        gguf: "blk.{i}.attn_output.weight"),
      Entry(
        role: .norm, huggingFace: "model.layers.{i}.post_attention_layernorm.weight",
        gguf: "blk.{i}.ffn_norm.weight"),
      Entry(
        role: .gate, huggingFace: "model.layers.{i}.mlp.gate_proj.weight", gguf: "blk.{i}.ffn_gate.weight"),
      Entry(role: .up, huggingFace: "model.layers.{i}.mlp.up_proj.weight", gguf: "blk.{i}.ffn_up.weight"),
      Entry(
        role: .down, huggingFace: "model.layers.{i}.mlp.down_proj.weight", gguf: "blk.{i}.ffn_down.weight"),
    ])

  /// The shape of a tensor in row-major order, outputs first.
  func shape(_ role: Role, _ c: ModelConfiguration) -> [Int] {
    switch role {
    case .embedding, .output: [c.vocabularySize, c.width]
    case .norm: [c.width]
    case .query: [c.queryWidth, c.width]
    case .key, .value: [c.kvWidth, c.width]
    case .attentionOutput: [c.width, c.queryWidth]
    case .gate, .up: [c.feedForward, c.width]
    case .down: [c.width, c.feedForward]
    }
  }

  /// The names of a tensor's axes, as they are written into files.
  func axes(_ role: Role) -> [String] {
    switch role {
    case .embedding, .output: ["vocabulary", "width"]
    case .norm: ["width"]
    case .query: ["query", "width"]
    case .key, .value: ["key_value", "width"]
    case .attentionOutput: ["width", "query"]
    case .gate, .up: ["feed_forward", "width"]
    case .down: ["width", "feed_forward"]
    }
  }

  /// A tensor of a particular model.
  struct Slot: Sendable {
    let role: Role
    let name: ByteString
    let gguf: ByteString
    let shape: [Int]
    let axes: [String]
  }

  /// Every tensor of a model, in the order of the forward pass, the output projection last.
  func slots(_ c: ModelConfiguration) -> [Slot] {
    func slot(_ e: Entry, _ layer: Int?) -> Slot {
      func fill(_ s: String) -> ByteString {
        guard let layer else { return ByteString(s) }
        let parts = s.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return ByteString(
          parts.map { $0.elementsEqual("{i}".utf8) ? String(layer) : String(Substring($0)) }.joined(
            separator: "."))
      }
      return Slot(
        role: e.role, name: fill(e.huggingFace), gguf: fill(e.gguf), shape: shape(e.role, c),
        axes: axes(e.role))
    }
    var all: [Slot] = []
    all.append(slot(globals[0], nil))
    for layer in 0..<c.layers { all += block.map { slot($0, layer) } }
    all.append(slot(globals[1], nil))
    if !c.tiedEmbeddings { all.append(slot(globals[2], nil)) }
    return all
  }

  /// The architecture of that name, if this build has it.
  static func named(_ name: String) -> Architecture? { known.first { $0.name == name } }
}
