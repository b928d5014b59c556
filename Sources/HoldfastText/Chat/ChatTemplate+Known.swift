/// The templates that need no file, written here in the form their models were trained with.
///
/// The BOS at the beginning is left to the BOS policy, and what the assistant says is marked by `{% generation %}`.
extension ChatTemplate {
  /// The names of all templates that need no file.
  public static let knownNames = known.map(\.name)

  static let known = [
    vicuna, chatML, smolLM2, alpaca, llama2, llama3, mistral, zephyr, gemma, phi3, ChatTemplate.none,
  ]

  /// Vicuna v1.1, with its system message unless the conversation has one.
  public static let vicuna = ChatTemplate(
    known: "vicuna",
    #"""
    {%- for message in messages %}
    {%- if loop.first %}{{ (message.content if message.role == 'system' else 'A chat between a curious user and an '
      'artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the '
      'user\'s questions.') ~ ' ' }}{% endif %}
    {%- if message.role == 'user' %}{{ 'USER: ' ~ message.content ~ ' ASSISTANT: ' }}
    {%- elif message.role == 'assistant' %}{% generation %}{{ message.content ~ eos_token }}{% endgeneration %}
    {%- endif %}
    {%- endfor %}
    """#)

  /// ChatML without a default system message.
  public static let chatML = ChatTemplate(
    known: "chatml", markers: ["<|im_start|>", "<|im_end|>"], chatMLTurns)

  /// ChatML with SmolLM2's default system message.
  public static let smolLM2 = ChatTemplate(
    known: "smollm2", markers: ["<|im_start|>", "<|im_end|>"],
    #"""
    {%- if messages[0].role != 'system' %}
    {{- '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}
    {%- endif %}
    """# + chatMLTurns)

  private static let chatMLTurns = #"""
    {%- for message in messages %}
    {{- '<|im_start|>' ~ message.role ~ '\n' }}
    {%- if message.role == 'assistant' %}{% generation %}{{ message.content ~ '<|im_end|>' }}{% endgeneration %}
    {%- else %}{{ message.content ~ '<|im_end|>' }}
    {%- endif %}
    {{- '\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
    """#

  /// Stanford Alpaca.
  public static let alpaca = ChatTemplate(
    known: "alpaca",
    #"""
    {%- set system = messages[0].content if messages[0].role == 'system' else none %}
    {%- for message in messages if message.role != 'system' %}
    {%- if message.role == 'assistant' %}{% generation %}{{ message.content ~ eos_token }}{% endgeneration %}
    {%- else %}
    {%- if not loop.first %}{{ '\n\n' }}
    {%- elif system is not none %}{{ system ~ '\n\n' }}
    {%- elif message.input %}{{ 'Below is an instruction that describes a task, paired with an input that provides '
      'further context. Write a response that appropriately completes the request.\n\n' }}
    {%- else %}{{ 'Below is an instruction that describes a task. Write a response that appropriately completes the '
      'request.\n\n' }}
    {%- endif %}
    {{- '### Instruction:\n' ~ message.instruction ~ '\n\n' }}
    {%- if message.input %}{{ '### Input:\n' ~ message.input ~ '\n\n' }}{% endif %}
    {{- '### Response:\n' }}
    {%- endif %}
    {%- endfor %}
    """#)

  /// Llama-2 chat.
  public static let llama2 = ChatTemplate(
    known: "llama-2",
    #"""
    {%- set system = messages[0].content if messages[0].role == 'system' else none %}
    {%- for message in messages if message.role != 'system' %}
    {%- if message.role == 'assistant' %}{% generation %}{{ ' ' ~ message.content ~ ' ' ~ eos_token }}{% endgeneration %}
    {%- else %}
    {%- if not loop.first %}{{ bos_token }}{% endif %}
    {{- '[INST] ' }}
    {%- if loop.first and system is not none %}{{ '<<SYS>>\n' ~ system ~ '\n<</SYS>>\n\n' }}{% endif %}
    {{- message.content ~ ' [/INST]' }}
    {%- endif %}
    {%- endfor %}
    """#)

  /// Llama-3 Instruct.
  public static let llama3 = ChatTemplate(
    known: "llama-3", markers: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
    #"""
    {%- for message in messages %}
    {{- '<|start_header_id|>' ~ message.role ~ '<|end_header_id|>\n\n' }}
    {%- if message.role == 'assistant' %}{% generation %}{{ message.content | trim ~ '<|eot_id|>' }}{% endgeneration %}
    {%- else %}{{ message.content | trim ~ '<|eot_id|>' }}
    {%- endif %}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}
    """#)

  /// Mistral Instruct; a system message stands before the first user's message.
  public static let mistral = ChatTemplate(
    known: "mistral",
    #"""
    {%- set system = messages[0].content ~ '\n\n' if messages[0].role == 'system' else '' %}
    {%- for message in messages if message.role != 'system' %}
    {%- if message.role == 'assistant' %}{% generation %}{{ ' ' ~ message.content ~ eos_token }}{% endgeneration %}
    {%- else %}{{ '[INST] ' ~ (system if loop.first else '') ~ message.content ~ ' [/INST]' }}
    {%- endif %}
    {%- endfor %}
    """#)

  /// Zephyr.
  public static let zephyr = ChatTemplate(
    known: "zephyr",
    #"""
    {%- for message in messages %}
    {{- '<|' ~ message.role ~ '|>\n' }}
    {%- if message.role == 'assistant' %}{% generation %}{{ message.content ~ eos_token }}{% endgeneration %}
    {%- else %}{{ message.content ~ eos_token }}
    {%- endif %}
    {{- '\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}
    """#)

  /// Gemma; a system message stands before the first user's message.
  public static let gemma = ChatTemplate(
    known: "gemma", markers: ["<start_of_turn>", "<end_of_turn>"],
    #"""
    {%- set system = messages[0].content ~ '\n\n' if messages[0].role == 'system' else '' %}
    {%- for message in messages if message.role != 'system' %}
    {%- if message.role == 'assistant' %}{{ '<start_of_turn>model\n' }}
    {%- generation %}{{ message.content | trim ~ '<end_of_turn>' }}{% endgeneration %}
    {%- else %}{{ '<start_of_turn>user\n' ~ (system if loop.first else '') ~ message.content | trim ~ '<end_of_turn>' }}
    {%- endif %}
    {{- '\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}
    """#)

  /// Phi-3.
  public static let phi3 = ChatTemplate(
    known: "phi-3", markers: ["<|user|>", "<|assistant|>", "<|end|>"],
    #"""
    {%- for message in messages %}
    {{- '<|' ~ message.role ~ '|>\n' }}
    {%- if message.role == 'assistant' %}{% generation %}{{ message.content ~ '<|end|>' }}{% endgeneration %}
    {%- else %}{{ message.content ~ '<|end|>' }}
    {%- endif %}
    {{- '\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}
    """#)

  /// Nothing is added to what is said.
  public static let none = ChatTemplate(
    known: "none",
    #"""
    {%- for message in messages %}
    {%- if message.role == 'assistant' %}{% generation %}{{ message.content ~ eos_token }}{% endgeneration %}
    {%- else %}{{ message.content }}
    {%- endif %}
    {%- endfor %}
    """#)
}
