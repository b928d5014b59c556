"""A small study on the real model: it finishes, survives SIGKILL with the same numbers, resumes, and is reported."""

import csv
import json
import re
import shutil
import signal
import subprocess
import time

import pytest

from support import COMMAND, environment, numbers

STUDY = """
name: smoke
output: {output}
model: ${{HOLDFAST_CACHE}}/models/SmolLM2-135M-Instruct.Q4_1.gguf
seed: 1
probe: {{probe: cloze}}
pool: {{questions: "${{HOLDFAST_CACHE}}/questions/arc_easy_validation.jsonl", limit: 60}}
groups: {{names: [HARMONIOUS, INCOMPATIBLE, SELF-ALIGNING], size: 6, min_confidence: 0.5}}
tune: {{epochs: 1, batch_size: 3, learning_rate: 1e-4, schedule: cosine}}
evaluate:
  - {{role: HOMO, name: ARC-Easy, questions: "${{HOLDFAST_CACHE}}/questions/arc_easy_test.jsonl", limit: 16}}
  - {{role: OOD, name: CommonsenseQA, questions: "${{HOLDFAST_CACHE}}/questions/csqa_validation.jsonl", limit: 16}}
noise_floor: {{prompts: 2, limit: 8}}
statistics: {{resamples: 500, confidence: 0.95}}
contrasts: [[HARMONIOUS, INCOMPATIBLE]]
"""


def write_study(folder):
    path = folder / "study.yaml"
    path.write_text(STUDY.format(output=folder / "run"))
    return path


@pytest.fixture(scope="session")
def finished(holdfast, real_model, tmp_path_factory):
    """An uninterrupted run: its folder and its JSON."""
    folder = tmp_path_factory.mktemp("study")
    outcome = holdfast("study", "run", write_study(folder), "--json", timeout=600)
    return folder, outcome.json


def test_study_finishes_with_words_and_intervals(finished):
    folder, result = finished
    assert (folder / "run/study.h5").exists()
    assert result["models"] == ["before", "HARMONIOUS", "INCOMPATIBLE", "SELF-ALIGNING"]
    assert len(result["outcomes"]) == 8 and len(result["training"]) == 3 and result["summary"]
    for outcome in result["outcomes"]:
        low, high = outcome["accuracy_interval"]
        assert low <= outcome["accuracy"] <= high
        if outcome["model"] != "before":
            assert outcome["identical_prompts"] == outcome["items"] == 16
            counts = ("kept_right", "kept_wrong", "moved", "lost", "gained")
            assert sum(outcome["flips"][name] for name in counts) == 16
            assert outcome["flips"].keys() > set(counts)  # tests and effects beside them
    groups = {g["name"]: g["rows"] for g in result["groups"]["groups"]}
    assert set(groups.values()) == {6}


def test_killed_and_resumed_gives_the_same_numbers(holdfast, finished, tmp_path):
    study = write_study(tmp_path)
    kills = 0
    for wait in (2.0, 5.0, 9.0):
        child = subprocess.Popen([COMMAND, "study", "run", str(study)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env=environment())
        time.sleep(wait)
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            kills += 1
        child.wait(60)
    assert kills > 0
    result = holdfast("study", "run", study, "--json", timeout=600).json
    assert numbers(result) == numbers(finished[1])


def test_run_again_computes_nothing_twice(holdfast, finished):
    folder, result = finished
    began = time.monotonic()
    again = holdfast("study", "run", folder / "study.yaml", "--json", timeout=60)
    assert time.monotonic() - began < 20
    assert numbers(again.json) == numbers(result)
    assert "finished" in holdfast("study", "status", folder / "study.yaml").out.lower()
    assert holdfast("study", "status", folder / "run", "--json").json


def test_interrupt_ends_with_130(real_model, tmp_path):
    child = subprocess.Popen([COMMAND, "study", "run", str(write_study(tmp_path))], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, env=environment())
    time.sleep(3)
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 130, err


@pytest.mark.parametrize("line, place", [
    ("name: smoke", "name"), ("  size: six", "size"), ("typo_here: 1", "typo_here"), ("probe: {probe: psychic}", "probe"),
])
def test_bad_studies_name_file_and_place(holdfast, tmp_path, line, place):
    text = STUDY.format(output=tmp_path / "run")
    if place == "name":
        text = text.replace("name: smoke\n", "", 1)
    elif place == "size":
        text = text.replace("size: 6", "size: six")
    elif place == "probe":
        text = text.replace("probe: {probe: cloze}", line)
    else:
        text += line + "\n"
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    err = holdfast("study", "run", path, status=2).err
    assert str(path) in err and place in err, err


def test_yaml_errors_name_line_and_column(holdfast, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("name: x\npool: [1, 2\nmodel: y\n")
    assert re.search(r"bad\.yaml.*[23]", holdfast("study", "run", path, status=2).err)
    path.write_text("")
    assert "empty" in holdfast("study", "run", path, status=2).err


def test_report_is_one_page_with_everything_inside(holdfast, finished, tmp_path):
    folder, _ = finished
    page, picture = tmp_path / "report.html", tmp_path / "picture.png"
    holdfast("report", folder / "run/study.h5", "-o", page, "--picture", picture)
    text = page.read_text()
    for word in ("HARMONIOUS", "SELF-ALIGNING", "ARC-Easy", "CommonsenseQA", "prefers-color-scheme", "viewport", "<svg"):
        assert word in text
    assert not re.search(r'(src|href)="(https?:)?//', text) and "@import" not in text and "<script" not in text
    assert len(set(ids := re.findall(r'\bid="([^"]+)"', text))) == len(ids)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_report_writes_figures_and_their_numbers(holdfast, finished, tmp_path):
    folder, result = finished
    outcome = holdfast("report", folder / "run", "-o", tmp_path / "report.html", "--figures", tmp_path / "figures", "--json")
    assert outcome.json["figures"] == str(tmp_path / "figures")
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    for figure in ("accuracy", "differences", "rank-pearson", "kl", "consistency-accuracy", "flips", "calibration", "loss"):
        assert {f"{figure}.png", f"{figure}.svg", f"{figure}.csv"} <= names
    assert not [name for name in names if name.startswith(("mixture", "drift"))]
    with open(tmp_path / "figures/accuracy.csv", newline="") as file:
        rows = {(r["model"], r["role"]): r for r in csv.DictReader(file) if not r["seed"] or r["model"] == "BEFORE"}
    for outcome in result["outcomes"]:
        row = rows["BEFORE" if outcome["model"] == "before" else outcome["model"], outcome["role"]]
        assert float(row["accuracy"]) == outcome["accuracy"]
    with open(tmp_path / "figures/flip-questions.csv", newline="") as file:
        changed = list(csv.DictReader(file))
    flips = [o["flips"] for o in result["outcomes"] if "flips" in o]
    assert len(changed) == sum(f["lost"] + f["gained"] + f["moved"] for f in flips) and all(r["question"] for r in changed)


def test_report_says_where_it_cannot_write(holdfast, finished, tmp_path):
    (tmp_path / "file").write_text("")
    study = finished[0] / "run/study.h5"
    for wrong in (tmp_path / "file", tmp_path / "a/b"):
        err = holdfast("report", study, "-o", tmp_path / "r.html", "--figures", wrong, status=2).err
        assert str(wrong) in err
    assert not (tmp_path / "r.html").exists()
    (tmp_path / "broken.h5").write_bytes(study.read_bytes()[:5000])
    assert "broken.h5" in holdfast("report", tmp_path / "broken.h5", "-o", tmp_path / "r.html", status=2).err
    assert not (tmp_path / "r.html").exists()


def test_without_python_the_report_says_how_to_get_it(holdfast, finished, tmp_path):
    err = holdfast("report", finished[0] / "run/study.h5", "-o", tmp_path / "r.html", status=2, HOLDFAST_PYTHON="/nowhere/python").err
    assert "pip install" in err and "matplotlib" in err


def test_xarray_opens_the_study_file(finished):
    xarray = pytest.importorskip("xarray")
    h5py = pytest.importorskip("h5py")
    path = finished[0] / "run/study.h5"
    groups = []
    with h5py.File(path) as file:
        assert file.attrs["format"] == "holdfast-study"
        file.visititems(lambda name, item: groups.append(name) if isinstance(item, h5py.Group) else None)
    named = 0
    for name in groups:
        with xarray.open_dataset(path, group=name, engine="h5netcdf", phony_dims="access") as data:
            assert not [axis for axis in data.sizes if str(axis).startswith("phony")], name
            named += len(data.sizes)
    assert named > 0


def test_h5dump_and_h5ls_read_the_study_file(finished):
    if shutil.which("h5dump") is None:
        pytest.skip("hdf5-tools are not installed")
    path = finished[0] / "run/study.h5"
    listing = subprocess.run(["h5ls", "-r", path], capture_output=True, text=True)
    assert listing.returncode == 0 and "/ledgers" in listing.stdout
    assert subprocess.run(["h5dump", "-H", path], capture_output=True).returncode == 0
