"""The tiny models and data of Tests/Fixtures, for every test."""

from __future__ import annotations

import json
import shutil
import signal
import struct
import sys
from pathlib import Path
from typing import Any, Dict

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "bindings" / "python"))

import holdfast  # noqa: E402
from report_support import plain, series, series_written, whole, written  # noqa: E402, F401

# A runner that was started in the background ignores SIGINT, and so would Python; the tests send it to themselves.
signal.signal(signal.SIGINT, signal.default_int_handler)

FIXTURES = ROOT / "Tests" / "Fixtures"
MODELS = FIXTURES / "model"


def read_safetensors(path: Path) -> Dict[str, np.ndarray]:
    """The float32 tensors of a safetensors file, read without Holdfast."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32"
        start, end = entry["data_offsets"]
        flat = np.frombuffer(data[8 + size + start : 8 + size + end], dtype="<f4")
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


@pytest.fixture(scope="session")
def model() -> holdfast.Model:
    return holdfast.Model.load(MODELS / "tiny-tied")


@pytest.fixture(scope="session")
def expected() -> Dict[str, Any]:
    result: Dict[str, Any] = json.loads((MODELS / "tiny-tied.expected.json").read_text())
    return result


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the small questions, instructions and study, beside a copy of the model."""
    shutil.copytree(FIXTURES / "face", tmp_path / "face")
    shutil.copytree(MODELS / "tiny-tied", tmp_path / "model" / "tiny-tied")
    return tmp_path / "face"


@pytest.fixture
def questions() -> Path:
    return FIXTURES / "face" / "questions.jsonl"


@pytest.fixture
def instructions() -> Path:
    return FIXTURES / "face" / "instructions.jsonl"


@pytest.fixture
def quick() -> Dict[str, Any]:
    """Options of a tuning of a few steps."""
    return dict(template="none", batch_size=4, epochs=1, learning_rate=1e-3)
