"""examples/studies/paper.yaml from end to end, with a tiny model and made-up data in the published layout."""

import json
import random
import shutil

import pytest

from support import ROOT, numbers

# The folders of the published questions, and the subjects of MMLU that are asked within each domain.
FOLDERS = {"medicine": "medmcqa", "history": "history", "engineering": "engineering", "jurisprudence": "jurisprudence"}
SUBJECTS = {
    "medicine": "anatomy clinical_knowledge college_medicine human_aging medical_genetics nutrition professional_medicine virology",
    "history": "high_school_european_history high_school_us_history high_school_world_history prehistory",
    "engineering": "electrical_engineering",
    "jurisprudence": "international_law jurisprudence professional_law high_school_government_and_politics public_relations "
    "security_studies us_foreign_policy human_sexuality sociology econometrics high_school_macroeconomics "
    "high_school_microeconomics high_school_geography high_school_psychology professional_psychology",
    "none": "abstract_algebra",
}
WORDS = "the answer is in question then other where nine quin".split()


def rows(name, count, draw):
    phrase = lambda: " ".join(draw.choices(WORDS, k=draw.randint(1, 3)))
    return [{"id": f"{name}-{i}", "question": f"{name} {phrase()} {i}?", "choices": [f"{phrase()} {c}" for c in range(4)],
             "answer": draw.randrange(4), "explanation": f"The answer is {phrase()}."} for i in range(count)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder, draw = tmp_path_factory.mktemp("paper"), random.Random(1)
    model = folder / "model"
    shutil.copytree(ROOT / "Tests/Fixtures/model/tiny-tied", model)
    configuration = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**configuration, "max_position_embeddings": 4096}))
    for domain, name in FOLDERS.items():
        directory = folder / "source" / name
        directory.mkdir(parents=True)
        for split, count in ("train", 60), ("dev", 10), ("test", 8):
            lines = (json.dumps(row) + "\n" for row in rows(f"{domain} {split}", count, draw))
            (directory / f"{split}.jsonl").write_text("".join(lines))
    for split, count in ("dev", 5), ("test", 2):
        directory = folder / "mmlu" / split
        directory.mkdir(parents=True)
        for subject in " ".join(SUBJECTS.values()).split():
            lines = (",".join([row["question"], *row["choices"], "ABCD"[row["answer"]]]) + "\n"
                     for row in rows(f"{subject} {split}", count, draw))
            (directory / f"{subject}_{split}.csv").write_text("".join(lines))
    (folder / "general.json").write_text(json.dumps(
        [{"instruction": f"say {i}", "input": "", "output": f"the answer {i}"} for i in range(100)]))
    return {"MODEL": model, "SOURCE": folder / "source", "MMLU": folder / "mmlu", "INSTRUCTIONS": folder / "general.json"}


def test_the_papers_experiment_runs_to_the_end(holdfast, inputs, tmp_path):
    # The model's answers are near a quarter each, so that none is confident; groups are then to take what there is.
    text = (ROOT / "examples/studies/paper.yaml").read_text()
    assert "min_confidence: 0.5" in text and "max_tokens: 256" in text
    text = text.replace("min_confidence: 0.5", "min_confidence: 0.0\n  size: 6").replace("max_tokens: 256", "max_tokens: 12")
    path = tmp_path / "paper.yaml"
    path.write_text(text)
    run = lambda: holdfast("study", "run", path, "--output", tmp_path / "run", "--json", "--quiet", timeout=600, **inputs).json
    result = run()
    assert [domain["name"] for domain in result["domains"]] == list(FOLDERS)
    for domain in FOLDERS:
        one = json.loads((tmp_path / "run" / domain / "summary.json").read_text())
        counts = {e["role"]: e["count"] for e in one["evaluations"]}
        within = 2 * len(SUBJECTS[domain].split())
        assert counts == {"HOMO": 8, "ID": within, "OOD": 58 - within}
        assert len(one["models"]) == 10 and one["probe"]["mode"] == "paper" and one["probe_after"]["shots"] == 0
        assert any("prompt changes together with the model" in sentence for sentence in one["summary"])
        own = (tmp_path / "run" / domain / "groups/self-aligning.jsonl").read_text().splitlines()
        kinds = [json.loads(line)["reason"] for line in own]
        assert len(own) == 12 and kinds.count("general instructions") == 6
        assert sum("explained by the model" in kind for kind in kinds) == 6
    # Domain x mixture, HARMONIOUS left out: 4 x 8 points, as in the paper.
    points = {(c["role"], c["points"]): c["correlations"][0]["points"] for c in result["correlations"]}
    assert points[("HOMO", "mixtures")] == points[("ID", "mixtures")] == points[("OOD", "mixtures")] == 32
    assert numbers(run()) == numbers(result)
