"""Compares `holdfast probe --mode paper` with a letter probe in transformers that works as the published code does: whole
prompt, one question at a time, logits at every position.

Usage: compare_paper_probe.py HFDIR SOURCE DOMAINS HOLDFAST PROBE [--limit N] [--keep DIR]
  HFDIR     the Hugging Face directory that both read
  SOURCE    a directory with DOMAIN/test.jsonl and DOMAIN/dev.jsonl for each domain
  DOMAINS   their names, separated by commas; a prompt says that its questions are about DOMAIN
  HOLDFAST  the command
  PROBE     the reference, run as `PROBE HFDIR SOURCE/DOMAIN DOMAIN N full OUT.json` by this Python, which needs torch and transformers;
            OUT.json is a list of the choices' probabilities, one list for each question
  --limit   the first so many questions of each domain; all
  --keep    where the probabilities of both lie as DOMAIN.json and DOMAIN.jsonl; those of the reference are taken from there when they
            are there, since they take long
Prints one line for each domain and ends with status 1 when a probability differs by 1e-4 or more, or when the most probable choices
differ and are no tie: both within 1e-5 in the reference.  Run with torch 2.13, transformers 5.24."""
import argparse, json, os, shlex, subprocess, sys, tempfile

BOUND, TIE = 1e-4, 1e-5


def rows(path):
    return [json.loads(line) for line in open(path)]


def largest(p):
    return max(range(len(p)), key=lambda i: (p[i], -i))


def reference(a, folder, domain, count, path):
    if not os.path.exists(path):
        subprocess.run([sys.executable, a.probe, a.model, folder, domain, str(count), "full", path + ".part"], check=True,
                       stdout=subprocess.DEVNULL)
        os.replace(path + ".part", path)
    return json.load(open(path))[:count]


def ours(a, folder, domain, count, path):
    command = [*shlex.split(a.holdfast), "probe", a.model, "--mode", "paper", "--questions", f"{folder}/test.jsonl", "--dev",
               f"{folder}/dev.jsonl", "--shots", "5", "--domain", domain, "--limit", str(count), "--out", path, "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return rows(path)


def compare(a, domain, keep):
    folder = f"{a.source}/{domain}"
    questions = rows(f"{folder}/test.jsonl")[:a.limit]
    count = len(questions)
    theirs = reference(a, folder, domain, count, f"{keep}/{domain}.json")
    answers = ours(a, folder, domain, count, f"{keep}/{domain}.jsonl")
    assert len(theirs) == len(answers) == count > 0, (len(theirs), len(answers), count)
    worst, ties, wrong, right = (0.0, None), [], [], [0, 0]
    for question, p, row in zip(questions, theirs, answers):
        q = row["probability"]
        assert row["id"] == str(question["id"]) and len(p) == len(q) == len(question["choices"]), row["id"]
        assert all(x == x for x in p + q), row["id"]
        difference = max(abs(x - y) for x, y in zip(p, q))
        if difference >= worst[0]:
            worst = (difference, row["id"])
        first, second = largest(p), row["predicted"]
        if first != second:
            (ties if abs(p[first] - p[second]) < TIE else wrong).append((row["id"], abs(p[first] - p[second])))
        right[0] += first == question["answer"]
        right[1] += second == question["answer"]
    sound = worst[0] < BOUND and not wrong
    print(f"{domain}: {count} questions, probabilities within {worst[0]:.2g} (question {worst[1]}), other choices {len(ties) + len(wrong)}, "
          f"of which ties {len(ties)}; accuracy {right[0]}/{count} = {right[0] / count:.4f} there, {right[1]}/{count} = "
          f"{right[1] / count:.4f} here{'' if sound else '  BROKEN'}", flush=True)
    for what, found in (("tie", ties), ("no tie", wrong)):
        for identifier, gap in found:
            print(f"  question {identifier}: the two choices are {gap:.2g} apart in the reference, {what}", flush=True)
    return sound


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "source", "domains", "holdfast", "probe"):
        parser.add_argument(name)
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--keep")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        keep = a.keep or temporary
        os.makedirs(keep, exist_ok=True)
        results = [compare(a, domain, keep) for domain in a.domains.split(",")]
    sys.exit(0 if all(results) else 1)
