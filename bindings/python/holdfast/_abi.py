"""The C interface as ctypes sees it: include/holdfast/*.h, structure by structure and function by function."""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any, Dict, List, Tuple

NUL_TERMINATED = c_size_t(-1).value
IGNORED_LABEL = -100

DTYPES = ("float32", "float16", "bfloat16", "float64", "int32", "int64", "uint8", "bool")
SLICE_END = -(2**63)
BOS_POLICIES = ("automatic", "always", "never")
PROBES = ("letter", "cloze")
MODES = ("default", "paper")
NORMALIZATIONS = ("raw", "per-token", "per-character", "pmi")
WORDINGS = ("standard", "short", "unlabelled", "sentence", "request")
SCHEDULES = ("constant", "cosine", "linear")
MOMENT_PRECISIONS = ("float32", "bfloat16")
GATE_RULES = ("absolute", "noise-floor")
INTERVAL_METHODS = ("percentile", "bca")
VERDICTS = ("passes", "fails", "undecided")
BINARY_OPERATIONS = (
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "minimum",
    "equal",
    "not-equal",
    "less",
    "less-equal",
    "greater",
    "greater-equal",
)
UNARY_OPERATIONS = (
    "negate",
    "absolute",
    "exp",
    "log",
    "sqrt",
    "reciprocal",
    "tanh",
    "sigmoid",
    "relu",
    "silu",
    "gelu",
    "gelu-tanh",
)
REDUCTIONS = ("sum", "mean", "max", "min", "logsumexp", "argmax", "argmin")
LOSS_REDUCTIONS = ("none", "mean", "sum")
LOG_LEVELS = ("info", "warning")
GENERATION_ENDS = ("end-of-sequence", "stop", "length")


class Progress(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        ("stage", c_char_p),
        ("done", c_uint64),
        ("total", c_uint64),
        ("unit", c_char_p),
        ("detail", c_char_p),
    ]


ProgressFunction = CFUNCTYPE(c_int32, POINTER(Progress), c_void_p)
Deleter = CFUNCTYPE(None, c_void_p)
LogFunction = CFUNCTYPE(None, c_int32, c_char_p, c_void_p)
SiteFunction = CFUNCTYPE(c_int32, c_char_p, POINTER(c_float), POINTER(c_int64), c_size_t, c_void_p)


class GenerateOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("max_tokens", c_int32),
        ("temperature", c_double),
        ("top_p", c_double),
        ("seed", c_uint64),
        ("stop", POINTER(c_char_p)),
        ("stop_count", c_size_t),
    ]


class ProbeOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("probe", c_int32),
        ("mode", c_int32),
        ("bos", c_int32),
        ("shots", c_int32),
        ("batch_size", c_int32),
        ("normalization", c_int32),
        ("wording", c_int32),
        ("rotation", c_int32),
        ("bfloat16_logits", c_int32),
        ("seed", c_uint64),
        ("limit", c_uint64),
        ("domain", c_char_p),
        ("template_name", c_char_p),
    ]


class RotaryOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("width", c_int32),
        ("base", c_double),
        ("interleaved", c_int32),
        ("inverse", c_int32),
    ]


class AttentionOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("causal", c_int32),
        ("window", c_int64),
        ("scale", c_double),
        ("softcap", c_double),
    ]


class LedgerRow(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("choice_count", c_int32),
        ("prediction", c_int32),
        ("gold", c_int32),
        ("confidence", c_double),
        ("id", c_char_p),
        ("prompt_digest", c_char_p),
        ("log_probabilities", POINTER(c_double)),
        ("scores", POINTER(c_double)),
        ("probabilities", POINTER(c_double)),
    ]


class TuneOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("schedule", c_int32),
        ("batch_size", c_int32),
        ("micro_batch_size", c_int32),
        ("max_steps", c_int64),
        ("epochs", c_double),
        ("learning_rate", c_double),
        ("warmup_ratio", c_double),
        ("weight_decay", c_double),
        ("clip_norm", c_double),
        ("beta1", c_double),
        ("beta2", c_double),
        ("epsilon", c_double),
        ("seed", c_uint64),
        ("shuffle", c_int32),
        ("bos", c_int32),
        ("max_length", c_int64),
        ("micro_batch_tokens", c_int64),
        ("template_name", c_char_p),
        ("checkpoint_path", c_char_p),
        ("checkpoint_every", c_int64),
        ("resume", c_int32),
        ("reserved", c_int32),
        ("lora_rank", c_int32),
        ("use_rslora", c_int32),
        ("lora_alpha", c_double),
        ("lora_dropout", c_double),
        ("lora_target_modules", c_char_p),
        ("kl_weight", c_double),
        ("moment_precision", c_int32),
        ("recompute", c_int32),
    ]


class CompareOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("resamples", c_int32),
        ("confidence_level", c_double),
        ("min_consistency", c_double),
        ("seed", c_uint64),
        ("rule", c_int32),
        ("method", c_int32),
        ("floor_prompts", c_int32),
        ("examples", c_int32),
        ("floor_limit", c_uint64),
    ]


class Interval(ctypes.Structure):
    _fields_ = [("mean", c_double), ("low", c_double), ("high", c_double)]


_handle = c_void_p
_out_handle = POINTER(c_void_p)
_out_string = POINTER(c_void_p)
_tokens = POINTER(c_int32)
_error = POINTER(c_void_p)
_size_out = POINTER(c_size_t)
_extents = POINTER(c_int64)

# name: (result, arguments)
FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "holdfast_error_code": (c_int32, [_handle]),
    "holdfast_error_message": (c_char_p, [_handle]),
    "holdfast_error_free": (None, [_handle]),
    "holdfast_status_name": (c_char_p, [c_int32]),
    "holdfast_version": (c_char_p, []),
    "holdfast_abi_version": (c_uint32, []),
    "holdfast_string_free": (None, [c_void_p]),
    "holdfast_array_free": (None, [c_void_p]),
    "holdfast_system_info": (c_int32, [_out_string, _error]),
    "holdfast_num_threads": (c_int32, []),
    "holdfast_set_num_threads": (c_int32, [c_int32, _error]),
    "holdfast_set_log": (c_int32, [LogFunction, c_int32, c_void_p, _error]),
    "holdfast_model_load": (c_int32, [c_char_p, _out_handle, _error]),
    "holdfast_model_free": (None, [_handle]),
    "holdfast_model_save": (c_int32, [_handle, c_char_p, _error]),
    "holdfast_model_export": (c_int32, [_handle, c_char_p, c_int32, c_uint64, _error]),
    "holdfast_model_adapt": (c_int32, [_handle, c_char_p, _out_handle, _error]),
    "holdfast_model_merge": (c_int32, [_handle, _out_handle, _error]),
    "holdfast_model_save_adapter": (c_int32, [_handle, c_char_p, _error]),
    "holdfast_model_info": (c_int32, [_handle, _out_string, _error]),
    "holdfast_model_vocabulary_size": (c_size_t, [_handle]),
    "holdfast_model_context_length": (c_size_t, [_handle]),
    "holdfast_model_parameter_count": (c_size_t, [_handle]),
    "holdfast_model_parameter_name": (c_char_p, [_handle, c_size_t]),
    "holdfast_model_logits": (c_int32, [_handle, _tokens, c_size_t, POINTER(c_float), c_size_t, _error]),
    "holdfast_model_logits_with": (
        c_int32,
        [
            _handle,
            _tokens,
            c_size_t,
            POINTER(c_char_p),
            c_size_t,
            SiteFunction,
            c_void_p,
            POINTER(c_float),
            c_size_t,
            _error,
        ],
    ),
    "holdfast_model_intervene": (c_int32, [_handle, c_char_p, _out_handle, _error]),
    "holdfast_analyze": (
        c_int32,
        [
            _handle,
            _handle,
            _handle,
            _handle,
            _handle,
            c_char_p,
            ProgressFunction,
            c_void_p,
            _out_string,
            _error,
        ],
    ),
    "holdfast_model_tokenizer": (c_int32, [_handle, _out_handle, _error]),
    "holdfast_tokenizer_free": (None, [_handle]),
    "holdfast_tokenizer_vocabulary_size": (c_size_t, [_handle]),
    "holdfast_tokenizer_bos_token": (c_int32, [_handle]),
    "holdfast_tokenizer_eos_token": (c_int32, [_handle]),
    "holdfast_tokenizer_encode": (
        c_int32,
        [_handle, c_char_p, c_size_t, c_int32, c_int32, POINTER(_tokens), _size_out, _error],
    ),
    "holdfast_tokenizer_decode": (c_int32, [_handle, _tokens, c_size_t, c_int32, _out_string, _size_out, _error]),
    "holdfast_model_run_with_cache": (
        c_int32,
        [_handle, _tokens, c_size_t, POINTER(c_char_p), c_size_t, _out_handle, _error],
    ),
    "holdfast_activations_free": (None, [_handle]),
    "holdfast_activations_logits": (POINTER(c_float), [_handle, _size_out, _size_out]),
    "holdfast_activations_count": (c_size_t, [_handle]),
    "holdfast_activations_name": (c_char_p, [_handle, c_size_t]),
    "holdfast_activations_shape": (POINTER(c_int64), [_handle, c_size_t, _size_out]),
    "holdfast_activations_data": (POINTER(c_float), [_handle, c_size_t]),
    "holdfast_activations_tensor": (c_int32, [_handle, c_size_t, _out_handle, _error]),
    "holdfast_capture": (
        c_int32,
        [_handle, _handle, _handle, c_char_p, c_char_p, ProgressFunction, c_void_p, _out_string, _error],
    ),
    "holdfast_model_loss_and_gradients": (
        c_int32,
        [_handle, _tokens, _tokens, c_size_t, POINTER(c_double), _out_handle, _error],
    ),
    "holdfast_gradients_free": (None, [_handle]),
    "holdfast_gradients_count": (c_size_t, [_handle]),
    "holdfast_gradients_name": (c_char_p, [_handle, c_size_t]),
    "holdfast_gradients_shape": (POINTER(c_int64), [_handle, c_size_t, _size_out]),
    "holdfast_gradients_data": (POINTER(c_float), [_handle, c_size_t]),
    "holdfast_generate_options_init": (None, [POINTER(GenerateOptions), c_uint32]),
    "holdfast_model_generate": (
        c_int32,
        [_handle, _tokens, c_size_t, POINTER(GenerateOptions), ProgressFunction, c_void_p, _out_handle, _error],
    ),
    "holdfast_generation_free": (None, [_handle]),
    "holdfast_generation_tokens": (_tokens, [_handle, _size_out]),
    "holdfast_generation_text": (c_void_p, [_handle, _size_out]),
    "holdfast_generation_end_reason": (c_int32, [_handle]),
    "holdfast_questions_load": (c_int32, [c_char_p, _out_handle, _error]),
    "holdfast_questions_parse": (c_int32, [c_char_p, _out_handle, _error]),
    "holdfast_questions_free": (None, [_handle]),
    "holdfast_questions_count": (c_size_t, [_handle]),
    "holdfast_ledger_load": (c_int32, [c_char_p, _out_handle, _error]),
    "holdfast_ledger_save": (c_int32, [_handle, c_char_p, _error]),
    "holdfast_ledger_free": (None, [_handle]),
    "holdfast_ledger_count": (c_size_t, [_handle]),
    "holdfast_ledger_get_row": (c_int32, [_handle, c_size_t, POINTER(LedgerRow), _error]),
    "holdfast_ledger_json": (c_int32, [_handle, _out_string, _error]),
    "holdfast_probe_options_init": (None, [POINTER(ProbeOptions), c_uint32]),
    "holdfast_probe": (
        c_int32,
        [_handle, _handle, _handle, POINTER(ProbeOptions), ProgressFunction, c_void_p, _out_handle, _error],
    ),
    "holdfast_instructions_load": (c_int32, [c_char_p, _out_handle, _error]),
    "holdfast_instructions_parse": (c_int32, [c_char_p, _out_handle, _error]),
    "holdfast_instructions_free": (None, [_handle]),
    "holdfast_instructions_count": (c_size_t, [_handle]),
    "holdfast_tune_options_init": (None, [POINTER(TuneOptions), c_uint32]),
    "holdfast_tune": (
        c_int32,
        [_handle, _handle, POINTER(TuneOptions), ProgressFunction, c_void_p, _out_handle, _out_string, _error],
    ),
    "holdfast_compare_options_init": (None, [POINTER(CompareOptions), c_uint32]),
    "holdfast_compare_models": (
        c_int32,
        [
            _handle,
            _handle,
            _handle,
            _handle,
            POINTER(ProbeOptions),
            POINTER(CompareOptions),
            ProgressFunction,
            c_void_p,
            _out_handle,
            _error,
        ],
    ),
    "holdfast_compare_ledgers": (c_int32, [_handle, _handle, POINTER(CompareOptions), _out_handle, _error]),
    "holdfast_comparison_free": (None, [_handle]),
    "holdfast_comparison_consistency": (Interval, [_handle]),
    "holdfast_comparison_accuracy_before": (Interval, [_handle]),
    "holdfast_comparison_accuracy_after": (Interval, [_handle]),
    "holdfast_comparison_verdict": (c_int32, [_handle]),
    "holdfast_comparison_passes": (c_int32, [_handle]),
    "holdfast_comparison_json": (c_int32, [_handle, _out_string, _error]),
    "holdfast_study_run": (c_int32, [c_char_p, c_char_p, ProgressFunction, c_void_p, _out_string, _error]),
    "holdfast_study_run_file": (c_int32, [c_char_p, ProgressFunction, c_void_p, _out_string, _error]),
    "holdfast_study_status": (c_int32, [c_char_p, _out_string, _error]),
    "holdfast_inspect": (c_int32, [c_char_p, _out_string, _error]),
    "holdfast_verify": (c_int32, [c_char_p, ProgressFunction, c_void_p, _out_string, _error]),
    "holdfast_dtype_size": (c_size_t, [c_int32]),
    "holdfast_dtype_name": (c_char_p, [c_int32]),
    "holdfast_tensor_zeros": (c_int32, [_extents, c_size_t, c_int32, _out_handle, _error]),
    "holdfast_tensor_full": (c_int32, [_extents, c_size_t, c_int32, c_double, _out_handle, _error]),
    "holdfast_tensor_from_data": (c_int32, [c_void_p, _extents, c_size_t, c_int32, _out_handle, _error]),
    "holdfast_tensor_borrow": (
        c_int32,
        [c_void_p, _extents, _extents, c_size_t, c_int32, c_int32, Deleter, c_void_p, _out_handle, _error],
    ),
    "holdfast_tensor_free": (None, [_handle]),
    "holdfast_tensor_dtype": (c_int32, [_handle]),
    "holdfast_tensor_axes": (c_size_t, [_handle]),
    "holdfast_tensor_count": (c_size_t, [_handle]),
    "holdfast_tensor_shape": (_extents, [_handle]),
    "holdfast_tensor_strides": (_extents, [_handle]),
    "holdfast_tensor_is_contiguous": (c_int32, [_handle]),
    "holdfast_tensor_is_read_only": (c_int32, [_handle]),
    "holdfast_tensor_data": (c_void_p, [_handle]),
    "holdfast_tensor_mutable_data": (c_void_p, [_handle]),
    "holdfast_tensor_copy_to": (c_int32, [_handle, c_void_p, c_size_t, _error]),
    "holdfast_tensor_view": (c_int32, [_handle, _extents, _extents, c_size_t, c_int64, _out_handle, _error]),
    "holdfast_tensor_reshape": (c_int32, [_handle, _extents, c_size_t, _out_handle, _error]),
    "holdfast_tensor_transpose": (c_int32, [_handle, _extents, c_size_t, _out_handle, _error]),
    "holdfast_tensor_slice": (c_int32, [_handle, c_int64, c_int64, c_int64, c_int64, _out_handle, _error]),
    "holdfast_tensor_broadcast": (c_int32, [_handle, _extents, c_size_t, _out_handle, _error]),
    "holdfast_tensor_cast": (c_int32, [_handle, c_int32, _out_handle, _error]),
    "holdfast_tensor_contiguous": (c_int32, [_handle, _out_handle, _error]),
    "holdfast_tensor_to_dlpack": (c_int32, [_handle, _out_handle, _error]),
    "holdfast_tensor_to_dlpack_unversioned": (c_int32, [_handle, _out_handle, _error]),
    "holdfast_tensor_from_dlpack": (c_int32, [c_void_p, _out_handle, _error]),
    "holdfast_tensor_from_dlpack_unversioned": (c_int32, [c_void_p, _out_handle, _error]),
    "holdfast_tensor_matmul": (c_int32, [_handle, _handle, c_int32, c_int32, _out_handle, _error]),
    "holdfast_tensor_matmul_backward": (
        c_int32,
        [_handle, _handle, _handle, c_int32, c_int32, _out_handle, _out_handle, _error],
    ),
    "holdfast_tensor_binary": (c_int32, [_handle, _handle, c_int32, _out_handle, _error]),
    "holdfast_tensor_where": (c_int32, [_handle, _handle, _handle, _out_handle, _error]),
    "holdfast_tensor_unary": (c_int32, [_handle, c_int32, _out_handle, _error]),
    "holdfast_tensor_unary_backward": (c_int32, [_handle, _handle, c_int32, _out_handle, _error]),
    "holdfast_tensor_reduce": (c_int32, [_handle, c_int32, _extents, c_size_t, c_int32, _out_handle, _error]),
    "holdfast_tensor_softmax": (c_int32, [_handle, c_int64, c_int32, _out_handle, _error]),
    "holdfast_tensor_softmax_backward": (c_int32, [_handle, _handle, c_int64, c_int32, _out_handle, _error]),
    "holdfast_tensor_cross_entropy": (c_int32, [_handle, _handle, c_int64, c_int32, _out_handle, _out_handle, _error]),
    "holdfast_tensor_rms_norm": (c_int32, [_handle, _handle, c_double, c_double, _out_handle, _error]),
    "holdfast_tensor_rms_norm_backward": (
        c_int32,
        [_handle, _handle, _handle, c_double, c_double, _out_handle, _out_handle, _error],
    ),
    "holdfast_tensor_layer_norm": (c_int32, [_handle, _handle, _handle, c_double, _out_handle, _error]),
    "holdfast_tensor_layer_norm_backward": (
        c_int32,
        [_handle, _handle, _handle, c_double, _out_handle, _out_handle, _out_handle, _error],
    ),
    "holdfast_rotary_options_init": (None, [POINTER(RotaryOptions), c_uint32]),
    "holdfast_tensor_rotary": (c_int32, [_handle, _handle, POINTER(RotaryOptions), _out_handle, _error]),
    "holdfast_attention_options_init": (None, [POINTER(AttentionOptions), c_uint32]),
    "holdfast_tensor_attention": (
        c_int32,
        [_handle, _handle, _handle, POINTER(AttentionOptions), _out_handle, _out_handle, _error],
    ),
    "holdfast_tensor_attention_backward": (
        c_int32,
        [
            _handle,
            _handle,
            _handle,
            _handle,
            POINTER(AttentionOptions),
            _out_handle,
            _out_handle,
            _out_handle,
            _error,
        ],
    ),
    "holdfast_tensor_take": (c_int32, [_handle, _handle, c_int64, _out_handle, _error]),
    "holdfast_tensor_take_backward": (c_int32, [_handle, _handle, c_int64, _out_handle, _error]),
    "holdfast_tensor_gather": (c_int32, [_handle, _handle, c_int64, _out_handle, _error]),
    "holdfast_tensor_top_k": (c_int32, [_handle, c_int64, c_int64, c_int32, _out_handle, _out_handle, _error]),
    "holdfast_tensor_random_uniform": (
        c_int32,
        [_extents, c_size_t, c_double, c_double, c_uint64, _out_handle, _error],
    ),
    "holdfast_tensor_random_normal": (
        c_int32,
        [_extents, c_size_t, c_double, c_double, c_uint64, _out_handle, _error],
    ),
}


def declare(library: ctypes.CDLL) -> None:
    """Gives every function its types; an AttributeError names one that is not there."""
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
