"""Measures Holdfast beside other systems, alternating, and prints ratios of medians.

    compare_peers.py --holdfast BIN --peers DIR --python PYTHON --gguf FILE --hf DIR --source DIR --group FILE
        [--rounds 3] [--only letter-probe,…] [--json OUT]

DIR holds the peers' scripts (probe.py, train.py, capture.py, llama.py), PYTHON has their libraries, --hf is the GGUF
file as a float32 Hugging Face directory, --source a folder with test.jsonl and dev.jsonl, --group a published group.
Nothing else should run meanwhile.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def run(command):
    """The last line a command prints, as JSON, and its peak memory in MB."""
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen([str(part) for part in command], stdout=output, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        output.seek(0)
        lines = output.read().strip().splitlines()
    if status != 0 or not lines:
        raise SystemExit(f"{' '.join(map(str, command))}: status {status}")
    text = lines[-1] if lines[-1].startswith("{") and lines[-1].endswith("}") else "\n".join(lines)
    return json.loads(text), usage.ru_maxrss / 1024


class Comparison:
    def __init__(self, options):
        self.o = options

    def bench(self, name, model, limit=None):
        command = [self.o.holdfast, "bench", model, "--questions", f"{self.o.source}/test.jsonl"]
        command += ["--dev", f"{self.o.source}/dev.jsonl", "--only", name, "--repetitions", 1, "--json", "--quiet"]
        result, memory = run(command + (["--limit", limit] if limit else []))
        workload = result["workloads"][0]
        return workload["value"], memory, workload.get("share")

    def peer(self, script, arguments, field):
        result, memory = run([self.o.python, f"{self.o.peers}/{script}", *arguments])
        return result[field], memory, None

    def reference(self, arguments, field):
        result, memory = run([self.o.python, HERE / "references.py", *arguments])
        return result[field], memory, None

    def tune(self, *options):
        with tempfile.TemporaryDirectory() as folder:
            command = [self.o.holdfast, "tune", self.o.hf, "--data", self.o.group, "--template", "vicuna"]
            command += ["--batch-size", 8, "--max-steps", 4, "--learning-rate", 2e-5, "--schedule", "constant"]
            command += ["--warmup-ratio", 0, "--clip-norm", 1, "--no-shuffle", "--json", "--quiet"]
            result, memory = run(command + [*options, "--out", f"{folder}/tuned.h5"])
        steps = result["steps"][1:]
        rate = sum(step["tokens"] for step in steps) / sum(step["seconds"] for step in steps)
        return rate, memory, None

    def capture(self):
        with tempfile.TemporaryDirectory() as folder:
            texts = [json.loads(line) for line in open(f"{self.o.source}/test.jsonl")][:200]
            with open(f"{folder}/texts.jsonl", "w") as file:
                for row in texts:
                    file.write(json.dumps({"text": row["question"] + " " + " ".join(row["choices"])}) + "\n")
            command = [self.o.holdfast, "capture", self.o.hf, "--texts", f"{folder}/texts.jsonl", "--positions", "all"]
            result, memory = run([*command, "--out", f"{folder}/acts.h5", "--json", "--quiet"])
        return result["tokens"] / result["seconds"], memory, None

    def peer_capture(self):
        with tempfile.TemporaryDirectory() as folder:
            return self.peer("capture.py", [self.o.hf, self.o.source, 200, f"{folder}/acts.h5"], "tokens_per_s")

    def save(self, field):
        with tempfile.TemporaryDirectory() as folder:
            return self.reference(["save", self.o.hf, folder], field)

    def workloads(self):
        o = self.o
        probe = [o.hf, o.source, Path(o.source).name]
        test = f"{o.source}/test.jsonl"
        rows = {
            "letter-probe": (
                lambda: self.bench("letter-probe", o.hf, 250),
                lambda: self.peer("probe.py", [*probe, 30, "full"], "questions_per_s")),
            "letter-probe-prefix": (
                lambda: self.bench("letter-probe", o.hf, 250),
                lambda: self.peer("probe.py", [*probe, 60, "prefix"], "questions_per_s")),
            "cloze-probe": (
                lambda: self.bench("cloze-probe", o.hf, 128),
                lambda: self.reference(["cloze", o.hf, test, 40], "questions_per_s")),
            "tune": (
                lambda: self.tune(), lambda: self.peer("train.py", [o.hf, o.group, "full", 8, 4], "tokens_per_s")),
            "lora": (
                lambda: self.tune("--lora-rank", 16),
                lambda: self.peer("train.py", [o.hf, o.group, "lora", 8, 4], "tokens_per_s")),
            "capture": (self.capture, self.peer_capture),
            "sampling": (
                lambda: self.bench("sampling", o.hf), lambda: self.reference(["sample", o.hf, 32, 64], "tokens_per_s")),
            "checkpoint-write": (
                lambda: self.bench("checkpoint-write", o.hf), lambda: self.save("torch_write_mb_per_s")),
            "checkpoint-read": (
                lambda: self.bench("checkpoint-read", o.hf), lambda: self.save("torch_read_mb_per_s")),
            "tokenize": (
                lambda: self.bench("tokenize", o.hf, 10_000),
                lambda: self.reference(["tokenize", o.hf, test], "tokens_per_s")),
        }
        for file in o.gguf:
            rows[f"prefill {Path(file).name}"] = (
                lambda file=file: self.bench("prefill", file),
                lambda file=file: self.peer("llama.py", [file], "prefill_tokens_per_s"))
            rows[f"decode {Path(file).name}"] = (
                lambda file=file: self.bench("decode", file),
                lambda file=file: self.peer("llama.py", [file], "decode_tokens_per_s"))
            rows[f"start {Path(file).name}"] = (
                lambda file=file: self.bench("start", file), lambda file=file: self.peer("llama.py", [file], "load_s"))
        return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("holdfast", "peers", "python", "hf", "source", "group"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--gguf", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only")
    parser.add_argument("--json")
    options = parser.parse_args()
    rows = Comparison(options).workloads()
    chosen = options.only.split(",") if options.only else list(rows)
    results = {}
    for name in chosen:
        ours, theirs = [], []
        for _ in range(options.rounds):
            ours.append(rows[name][0]())
            theirs.append(rows[name][1]())
        median = lambda samples, place: statistics.median(sample[place] for sample in samples)
        result = {
            "holdfast": median(ours, 0), "peer": median(theirs, 0), "holdfast_mb": median(ours, 1),
            "peer_mb": median(theirs, 1), "samples": [[o[0], t[0]] for o, t in zip(ours, theirs)],
            "shares": [o[2] for o in ours if o[2] is not None],
        }
        result["ratio"] = result["holdfast"] / result["peer"]
        results[name] = result
        print(
            f"{name:40} {result['holdfast']:12.2f} {result['peer']:12.2f} {result['ratio']:8.2f}x   "
            f"{result['holdfast_mb']:7.0f} MB {result['peer_mb']:7.0f} MB", flush=True)
        if options.json:
            Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
