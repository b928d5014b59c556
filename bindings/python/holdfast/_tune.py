"""Instruction fine-tuning."""

from __future__ import annotations

import ctypes
import json
from typing import Any, Dict, NamedTuple, Optional, Sequence, Union

from . import _abi
from ._data import Instructions, InstructionsLike, borrowed
from ._errors import call
from ._memory import PathLike, choice, default_options, integer, path_bytes, take_string, text_bytes
from ._model import Model
from ._progress import ProgressFunction, Reporter


class Tuning(NamedTuple):
    """A tuned model and how it came about; unpacks as ``model, report``."""

    #: The tuned model.
    model: Model
    #: Options, totals, and loss, learning rate and gradient norm of every step.
    report: Dict[str, Any]


def tune(
    model: Model,
    data: InstructionsLike,
    *,
    template: str = "vicuna",
    batch_size: int = 16,
    max_steps: int = 0,
    epochs: float = 3.0,
    learning_rate: float = 2e-5,
    schedule: str = "cosine",
    warmup_ratio: float = 0.03,
    weight_decay: float = 0.0,
    clip_norm: float = 1.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    seed: int = 42,
    shuffle: bool = True,
    bos: str = "never",
    max_length: int = 2048,
    micro_batch_size: int = 0,
    micro_batch_tokens: int = 1024,
    checkpoint: Optional[PathLike] = None,
    checkpoint_every: int = 0,
    resume: bool = False,
    lora_rank: int = 0,
    lora_alpha: float = 32.0,
    lora_dropout: float = 0.0,
    lora_target_modules: Union[str, Sequence[str]] = "all-linear",
    use_rslora: bool = False,
    kl_weight: float = 0.0,
    moment_precision: str = "float32",
    recompute: bool = False,
    progress: Optional[ProgressFunction] = None,
) -> Tuning:
    """Fine-tunes a copy of the model on instruction data, with the loss on the responses alone.

    All parameters are tuned, or with ``lora_rank`` a LoRA adapter beside them, which shares the weights with ``model``.

    ``data`` is a JSON or JSONL file, Instructions, or dictionaries: ``{"messages"}``, ``{"conversations"}``,
    ``{"instruction", "input", "output"}`` or ``{"prompt", "response"}``. With ``checkpoint`` a cancelled run is written
    there and goes on with ``resume=True``, to the same bits. ``kl_weight`` is what a nat of KL(base || tuned) costs, the
    mean over the learnt tokens: it keeps the model close to the one given, and ``report`` then has ``kl`` for every step.
    ``moment_precision="bfloat16"`` halves the optimiser's moments, with other results; ``recompute`` trades time for the
    memory of activations, with the same.
    """
    options = default_options(_abi.TuneOptions, "tune")
    options.template_name = text_bytes(template, "template")
    options.batch_size = integer(batch_size, "batch_size")
    options.max_steps = integer(max_steps, "max_steps", 64)
    options.epochs = epochs
    options.learning_rate = learning_rate
    options.schedule = choice(schedule, "schedule", _abi.SCHEDULES)
    options.warmup_ratio = warmup_ratio
    options.weight_decay = weight_decay
    options.clip_norm = clip_norm
    options.beta1 = beta1
    options.beta2 = beta2
    options.epsilon = epsilon
    options.seed = integer(seed, "seed", 64, signed=False)
    options.shuffle = 1 if shuffle else 0
    options.bos = choice(bos, "bos", _abi.BOS_POLICIES)
    options.max_length = integer(max_length, "max_length", 64)
    options.micro_batch_size = integer(micro_batch_size, "micro_batch_size")
    options.micro_batch_tokens = integer(micro_batch_tokens, "micro_batch_tokens", 64)
    options.checkpoint_path = None if checkpoint is None else path_bytes(checkpoint, "checkpoint")
    options.checkpoint_every = integer(checkpoint_every, "checkpoint_every", 64)
    options.resume = 1 if resume else 0
    options.lora_rank = integer(lora_rank, "lora_rank")
    options.lora_alpha = lora_alpha
    options.lora_dropout = lora_dropout
    modules = lora_target_modules if isinstance(lora_target_modules, str) else ",".join(lora_target_modules)
    options.lora_target_modules = text_bytes(modules, "lora_target_modules")
    options.use_rslora = 1 if use_rslora else 0
    options.kl_weight = kl_weight
    options.moment_precision = choice(moment_precision, "moment_precision", _abi.MOMENT_PRECISIONS)
    options.recompute = 1 if recompute else 0
    tuned = ctypes.c_void_p()
    report = ctypes.c_void_p()
    with borrowed(Instructions, data) as instructions, Reporter(progress) as reporter:
        call(
            "holdfast_tune",
            model._live,
            instructions._live,
            ctypes.byref(options),
            reporter.callback,
            None,
            ctypes.byref(tuned),
            ctypes.byref(report),
        )
        return Tuning(Model(tuned), json.loads(take_string(report)))
