"""Models and tokenizers."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import _abi
from ._activations import ActivationCache, run_with_cache
from ._errors import InvalidArgument, call
from ._library import library
from ._memory import (
    Handle,
    PathLike,
    Tokens,
    choice,
    default_options,
    int32_array,
    int32_pointer,
    integer,
    json_result,
    path_bytes,
    take_string,
    text_bytes,
)
from ._progress import ProgressFunction, Reporter

if TYPE_CHECKING:
    from ._intervene import InterventionsLike, SiteFunction


class Tokenizer(Handle):
    """Text to tokens and back; asked of a model, which it may outlive."""

    _noun = "tokenizer"

    @property
    def vocabulary_size(self) -> int:
        """The number of tokens."""
        return int(library().holdfast_tokenizer_vocabulary_size(self._live))

    @property
    def bos_token(self) -> Optional[int]:
        """The beginning-of-sequence token, if there is one."""
        token = library().holdfast_tokenizer_bos_token(self._live)
        return None if token < 0 else int(token)

    @property
    def eos_token(self) -> Optional[int]:
        """The end-of-sequence token, if there is one."""
        token = library().holdfast_tokenizer_eos_token(self._live)
        return None if token < 0 else int(token)

    def encode(self, text: str, *, bos: str = "automatic", parse_special: bool = True) -> List[int]:
        """The tokens of a text, as Hugging Face gives them.

        ``bos`` is ``automatic``, ``always`` or ``never``. With ``parse_special`` the spelling of a special token
        becomes that token.
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be str, not {type(text).__name__}")
        try:
            data = text.encode("utf-8")
        except UnicodeEncodeError as problem:
            raise InvalidArgument(f"text is not Unicode text: {problem}") from problem
        tokens = ctypes.POINTER(ctypes.c_int32)()
        count = ctypes.c_size_t()
        call(
            "holdfast_tokenizer_encode",
            self._live,
            data,
            len(data),
            choice(bos, "bos", _abi.BOS_POLICIES),
            1 if parse_special else 0,
            ctypes.byref(tokens),
            ctypes.byref(count),
        )
        try:
            return list(tokens[: count.value])
        finally:
            library().holdfast_array_free(tokens)

    def decode(self, tokens: Tokens, *, skip_special: bool = False) -> str:
        """The text of tokens; bytes that are not UTF-8 become U+FFFD."""
        ids = int32_array(tokens, "tokens")
        text = ctypes.c_void_p()
        length = ctypes.c_size_t()
        call(
            "holdfast_tokenizer_decode",
            self._live,
            int32_pointer(ids),
            len(ids),
            1 if skip_special else 0,
            ctypes.byref(text),
            ctypes.byref(length),
        )
        return take_string(text, length.value)

    def __len__(self) -> int:
        return self.vocabulary_size

    def __repr__(self) -> str:
        return "<holdfast.Tokenizer closed>" if self.closed else f"<holdfast.Tokenizer of {len(self)} tokens>"


@dataclass(frozen=True)
class Generation:
    """What a model added to a prompt."""

    #: The new tokens, without the end-of-sequence token.
    tokens: List[int]
    #: Their text, cut before a stop text.
    text: str
    #: ``end-of-sequence``, ``stop`` or ``length``.
    end: str

    def __str__(self) -> str:
        return self.text


class Model(Handle):
    """A language model. It is immutable: any number of threads may use one."""

    _noun = "model"

    def __init__(self, pointer: ctypes.c_void_p) -> None:
        super().__init__(pointer)
        self._tokenizer: Optional[Tokenizer] = None

    @classmethod
    def load(cls, path: PathLike) -> "Model":
        """Loads a GGUF file, a Hugging Face directory or a Holdfast checkpoint; its content says which it is."""
        out = ctypes.c_void_p()
        call("holdfast_model_load", path_bytes(path), ctypes.byref(out))
        return cls(out)

    def save(self, path: PathLike) -> None:
        """Writes model and tokenizer to an HDF5 checkpoint, atomically."""
        call("holdfast_model_save", self._live, path_bytes(path))

    def save_pretrained(self, directory: PathLike, *, dtype: str = "float32", max_shard_size: int = 5_000_000_000) -> None:
        """Writes a directory that transformers' ``from_pretrained`` opens and that gives the same logits.

        The directory must be new or empty. ``dtype`` is ``float32`` (which loses nothing), ``float16`` or ``bfloat16``.
        """
        number = choice(dtype, "dtype", _abi.DTYPES[:3])
        size = integer(max_shard_size, "max_shard_size", 64, signed=False)
        call("holdfast_model_export", self._live, path_bytes(directory), number, size)

    def adapted(self, directory: PathLike) -> "Model":
        """The model under the LoRA adapter of a PEFT directory; both share the weights."""
        out = ctypes.c_void_p()
        call("holdfast_model_adapt", self._live, path_bytes(directory, "directory"), ctypes.byref(out))
        return Model(out)

    def merged(self) -> "Model":
        """The model with its adapter added into its weights."""
        out = ctypes.c_void_p()
        call("holdfast_model_merge", self._live, ctypes.byref(out))
        return Model(out)

    def save_adapter(self, directory: PathLike) -> None:
        """Writes the model's LoRA adapter as a PEFT directory."""
        call("holdfast_model_save_adapter", self._live, path_bytes(directory, "directory"))

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        if self._tokenizer is None or self._tokenizer.closed:
            out = ctypes.c_void_p()
            call("holdfast_model_tokenizer", self._live, ctypes.byref(out))
            self._tokenizer = Tokenizer(out)
        return self._tokenizer

    @property
    def info(self) -> Dict[str, Any]:
        """Configuration, provenance, parameters and tokenizer."""
        result: Dict[str, Any] = json_result("holdfast_model_info", self._live)
        return result

    @property
    def vocabulary_size(self) -> int:
        """V, the number of tokens a row of logits scores."""
        return int(library().holdfast_model_vocabulary_size(self._live))

    @property
    def context_length(self) -> int:
        """The most tokens a sequence may have."""
        return int(library().holdfast_model_context_length(self._live))

    @property
    def parameter_names(self) -> List[str]:
        """The Hugging Face names of the parameter tensors."""
        lib, live = library(), self._live
        count = lib.holdfast_model_parameter_count(live)
        return [lib.holdfast_model_parameter_name(live, index).decode() for index in range(count)]

    def logits(self, tokens: Tokens) -> "npt.NDArray[np.float32]":
        """The logits of every position of one sequence, float32 [T, V]; row t scores the token behind position t."""
        ids = int32_array(tokens, "tokens")
        live = self._live
        if 0 < len(ids) <= self.context_length:
            result = np.empty((len(ids), self.vocabulary_size), dtype=np.float32)
        else:
            result = np.empty((1, 1), dtype=np.float32)  # the library says what is wrong
        pointer = result.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        call("holdfast_model_logits", live, int32_pointer(ids), len(ids), pointer, result.size)
        return result

    def with_interventions(self, interventions: "InterventionsLike") -> "Model":
        """The model under interventions (docs/interventions.md): whatever uses it, computes under them.

        Both share the weights. Those it had are replaced; an empty list takes them off.
        """
        from ._intervene import intervene

        return intervene(self, interventions)

    def logits_with(
        self, tokens: Tokens, function: "SiteFunction", sites: Union[str, Sequence[str]]
    ) -> "npt.NDArray[np.float32]":
        """The logits [T, V] of one sequence, with ``function(site, activation)`` called at some sites on the way.

        The activation is a float32 array [T, ...] over the engine's memory: what is changed in place is what the rest of
        the model computes with. It is valid during the call alone; copy what is to be kept.
        """
        from ._intervene import logits_with

        return logits_with(self, tokens, function, sites)

    def run_with_cache(
        self, tokens: Union[str, Tokens], sites: Union[str, Sequence[str]] = "*"
    ) -> "Tuple[npt.NDArray[np.float32], ActivationCache]":
        """The logits of every position, float32 [T, V], and the activations at some sites, by name.

        ``sites`` are patterns of TransformerLens names (``blocks.*.hook_resid_post``) or paths of Hugging Face modules.
        The arrays show the library's memory, which lives as long as any of them; nothing is copied.
        """
        return run_with_cache(self, tokens, sites)

    def loss_and_gradients(
        self, tokens: Tokens, labels: Tokens
    ) -> Tuple[float, "Dict[str, npt.NDArray[np.float32]]"]:
        """The mean cross-entropy over the labelled tokens and its gradient for every parameter.

        Labels stand where Hugging Face has them, beside the tokens; -100 is ignored.
        """
        ids = int32_array(tokens, "tokens")
        marks = int32_array(labels, "labels")
        if len(ids) != len(marks):
            raise InvalidArgument(f"{len(ids)} tokens but {len(marks)} labels; there must be one label for each token")
        loss = ctypes.c_double()
        out = ctypes.c_void_p()
        call(
            "holdfast_model_loss_and_gradients",
            self._live,
            int32_pointer(ids),
            int32_pointer(marks),
            len(ids),
            ctypes.byref(loss),
            ctypes.byref(out),
        )
        with _Gradients(out) as gradients:
            return loss.value, gradients.arrays()

    def generate(
        self,
        prompt: Union[str, Tokens],
        *,
        max_tokens: int = 64,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        stop: Union[str, Sequence[str]] = (),
        progress: Optional[ProgressFunction] = None,
    ) -> Generation:
        """Continues a prompt, greedily at temperature 0. ``progress`` sees each new piece of text in ``detail``."""
        ids = int32_array(self.tokenizer.encode(prompt) if isinstance(prompt, str) else prompt, "prompt")
        options = default_options(_abi.GenerateOptions, "generate")
        options.max_tokens = integer(max_tokens, "max_tokens")
        options.temperature = temperature
        options.top_p = top_p
        options.seed = integer(seed, "seed", 64, signed=False)
        stops = [text_bytes(text, "stop") for text in ([stop] if isinstance(stop, str) else stop)]
        options.stop = (ctypes.c_char_p * len(stops))(*stops) if stops else None
        options.stop_count = len(stops)
        out = ctypes.c_void_p()
        with Reporter(progress) as reporter:
            call(
                "holdfast_model_generate",
                self._live,
                int32_pointer(ids),
                len(ids),
                ctypes.byref(options),
                reporter.callback,
                None,
                ctypes.byref(out),
            )
            with _Generation(out) as generation:
                return generation.value()

    def __repr__(self) -> str:
        if self.closed:
            return "<holdfast.Model closed>"
        info = self.info
        configuration, provenance = info["configuration"], info["provenance"]
        tuned = ", tuned" if info["parameters"]["tuned"] else ""
        return (
            f"<holdfast.Model {configuration['model_type']}, {info['parameters']['elements']:,} parameters{tuned}, "
            f"from {provenance['path']}>"
        )


class _Gradients(Handle):
    _noun = "gradients"

    def arrays(self) -> "Dict[str, npt.NDArray[np.float32]]":
        lib, live = library(), self._live
        result: "Dict[str, npt.NDArray[np.float32]]" = {}
        for index in range(lib.holdfast_gradients_count(live)):
            rank = ctypes.c_size_t()
            extents = lib.holdfast_gradients_shape(live, index, ctypes.byref(rank))
            shape = tuple(extents[: rank.value])
            data = lib.holdfast_gradients_data(live, index)
            result[lib.holdfast_gradients_name(live, index).decode()] = np.ctypeslib.as_array(data, shape).copy()
        return result


class _Generation(Handle):
    _noun = "generation"

    def value(self) -> Generation:
        lib, live = library(), self._live
        count = ctypes.c_size_t()
        tokens = lib.holdfast_generation_tokens(live, ctypes.byref(count))
        length = ctypes.c_size_t()
        text = lib.holdfast_generation_text(live, ctypes.byref(length))
        return Generation(
            tokens=list(tokens[: count.value]),
            text=ctypes.string_at(text, length.value).decode("utf-8", "replace"),
            end=_abi.GENERATION_ENDS[lib.holdfast_generation_end_reason(live)],
        )
