"""The commands at work on a tiny model: results, JSON, resuming, the gate."""

import json
import os
import signal
import subprocess
import time

import h5py
import numpy

from support import COMMAND, environment


def test_probe_writes_a_ledger(holdfast, tiny, questions, tmp_path):
    ledger = tmp_path / "before.h5"
    result = holdfast("probe", tiny, "--questions", questions, "--out", ledger, "--json").json
    assert result["items"] == 12 and result["ledger"] == str(ledger)
    assert 0 <= result["accuracy"] <= 1
    low, high = result["accuracy_interval"]
    assert low <= result["accuracy"] <= high
    with h5py.File(ledger) as file:
        assert file.attrs["format"] == "holdfast-ledger"
    words = holdfast("probe", tiny, "--questions", questions, "--out", ledger).out
    assert "accuracy" in words and "%" in words and str(ledger) in words


def test_progress_goes_to_standard_error_only(holdfast, tiny, questions, tmp_path):
    outcome = holdfast("probe", tiny, "--questions", questions, "--out", tmp_path / "l.h5", "--json")
    assert outcome.json and "questions" in outcome.err
    assert "\r" not in outcome.err and "\x1b" not in outcome.err
    assert holdfast("probe", tiny, "--questions", questions, "--out", tmp_path / "l.h5", "--quiet").err == ""


def rows(holdfast, tiny, questions, tmp_path, *options, **variables):
    path = tmp_path / "ledger.h5"
    holdfast("probe", tiny, "--questions", questions, "--out", path, *options, **variables)
    values = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: values.__setitem__(name, item[()]) if isinstance(item, h5py.Dataset)
                        and item.dtype.kind == "f" else None)
    assert values
    return values


def test_same_bits_for_any_threads_and_batches(holdfast, tiny, questions, tmp_path):
    expected = rows(holdfast, tiny, questions, tmp_path)
    for options in (["--batch-size", 1], ["--batch-size", 5], ["--threads", 1], ["--threads", 2]):
        again = rows(holdfast, tiny, questions, tmp_path, *options)
        assert expected.keys() == again.keys()
        for name, values in expected.items():
            assert values.tobytes() == again[name].tobytes(), (options, name)


def test_limit(holdfast, tiny, questions, tmp_path):
    assert holdfast("probe", tiny, "--questions", questions, "--limit", 5, "--out", tmp_path / "l.h5", "--json").json["items"] == 5


# Enough that a signal a third of a second behind the start comes in the middle.
STEPS = 20_000


def losses(result):
    return [step["loss"] for step in result["steps"]]


def test_tune_lowers_the_loss_and_the_checkpoint_loads(holdfast, tiny, instructions, questions, tmp_path):
    out = tmp_path / "tuned.h5"
    result = holdfast("tune", tiny, "--data", instructions, "--template", "none", "--epochs", 4, "--batch-size", 4,
                      "--learning-rate", "1e-2", "--out", out, "--json").json
    assert len(losses(result)) == 12 and losses(result)[-1] < losses(result)[0]
    assert holdfast("inspect", out, "--json").json["format"] == "holdfast-model"
    holdfast("probe", out, "--questions", questions, "--out", tmp_path / "after.h5")
    words = holdfast("tune", tiny, "--data", instructions, "--template", "none", "--max-steps", 2, "--out", out).out
    assert "loss" in words and str(out) in words


def test_micro_batches_do_not_change_a_bit(holdfast, tiny, instructions, tmp_path):
    results = []
    for micro in (2, 8):
        out = tmp_path / f"{micro}.h5"
        results.append(losses(holdfast("tune", tiny, "--data", instructions, "--template", "none", "--batch-size", 8, "--out", out,
                                       "--micro-batch-size", micro, "--learning-rate", "1e-3", "--json").json))
    assert results[0] == results[1]


def test_interrupted_tuning_resumes_to_the_same_numbers(holdfast, tiny, instructions, tmp_path):
    def arguments(out, *more):
        return ["tune", tiny, "--data", instructions, "--template", "none", "--max-steps", STEPS, "--batch-size", 4,
                "--learning-rate", "1e-4", "--json", "--out", out, *more]

    out = tmp_path / "tuned.h5"
    child = subprocess.Popen([COMMAND, *map(str, arguments(out))], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env=environment())
    assert "tune" in child.stderr.readline()
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert "stopping" in err and out.exists()
    resumed = holdfast(*arguments(out, "--resume")).json
    assert 0 < resumed["resumed_at_step"] < STEPS
    straight = holdfast(*arguments(tmp_path / "straight.h5")).json
    assert losses(resumed) == losses(straight)
    assert weights(out) == weights(tmp_path / "straight.h5")


def test_signals_end_what_reads_and_spare_what_is_told_not_to_mind_them(tiny, instructions, tmp_path):
    # A filter waiting for its input ends at once.
    child = subprocess.Popen([COMMAND, "tokenize", tiny], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    child.stdin.write(b'"a"\n')
    child.stdin.flush()
    assert child.stdout.readline().startswith(b"[[")
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=10) == -signal.SIGINT
    # A shell starts its background jobs with SIGINT ignored; work goes on then.
    arguments = [COMMAND, "tune", tiny, "--data", instructions, "--template", "none", "--max-steps", STEPS, "--batch-size", 4,
                 "--out", tmp_path / "tuned.h5"]
    child = subprocess.Popen(list(map(str, arguments)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                             env=environment(), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert "tune" in child.stderr.readline()
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 0 and "stopping" not in err, err


def weights(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.__setitem__(name, item[()].tobytes()) if isinstance(item, h5py.Dataset)
                        and item.dtype == numpy.float32 and item.ndim == 2 else None)
    assert found
    return found


def test_data_without_targets_is_named(holdfast, tiny, tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text('{"prompt": "a", "response": "b"}\n{"messages": [{"role": "user", "content": "a"}]}\n')
    assert f"{path}:2" in holdfast("tune", tiny, "--data", path, "--template", "none", "--out", tmp_path / "t.h5", status=2).err


def test_compare_with_itself_passes_and_with_noise_fails(holdfast, tiny, instructions, questions, tmp_path):
    same = holdfast("compare", tiny, tiny, "--questions", questions, "--json").json
    assert same["passes"] is True
    tuned = tmp_path / "tuned.h5"
    holdfast("tune", tiny, "--data", instructions, "--template", "none", "--max-steps", 30, "--learning-rate", "0.3", "--clip-norm", 0,
             "--out", tuned)
    failed = holdfast("compare", tiny, tuned, "--questions", questions, "--min-consistency", 0.99, "--json", status=3).json
    assert failed["passes"] is False
    words = holdfast("compare", tiny, tuned, "--questions", questions, "--min-consistency", 0.99, status=3).out
    assert "consistency" in words and "fails" in words
    assert holdfast("compare", tiny, tuned, "--questions", questions, "--min-consistency", -1).status == 0


def test_generate_is_deterministic(holdfast, tiny):
    arguments = ["generate", tiny, "--prompt", "ab", "--max-tokens", 8, "--json", "--temperature", 0.8]
    first = holdfast(*arguments, "--seed", 3).json
    assert first == holdfast(*arguments, "--seed", 3, "--threads", 1).json
    assert len(first["tokens"]) <= 8
    assert holdfast("generate", tiny, "--prompt", "-", "--max-tokens", 4, "--json", input="ab").json["prompt_tokens"] > 0


def test_export_writes_what_opens_again(holdfast, tiny, tmp_path):
    def generated(model):
        return holdfast("generate", model, "--prompt", "ab", "--max-tokens", 8, "--json").json["tokens"]

    expected = generated(tiny)
    directory = tmp_path / "a/b/exported"
    result = holdfast("export", tiny, "--out", directory, "--json").json
    assert result["dtype"] == "float32" and result["out"] == str(directory)
    config = json.loads((directory / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"] and config["torch_dtype"] == "float32"
    assert {path.name for path in directory.iterdir()} >= {"config.json", "model.safetensors", "tokenizer.json",
                                                           "tokenizer_config.json"}
    assert generated(directory) == expected
    assert "not empty" in holdfast("export", tiny, "--out", directory, status=2).err

    file = tmp_path / "model.h5"
    words = holdfast("export", directory, "--to", "holdfast", "-o", file).out
    assert str(file) in words and "float32" in words
    assert generated(file) == expected
    holdfast("export", file, "-o", tmp_path / "again")
    assert (tmp_path / "again/model.safetensors").read_bytes() == (directory / "model.safetensors").read_bytes()


def test_export_in_sixteen_bits(holdfast, tiny, tmp_path):
    for dtype, name in (("float16", "F16"), ("bfloat16", "BF16")):
        holdfast("export", tiny, "-o", tmp_path / dtype, "--dtype", dtype)
        tensors = holdfast("inspect", tmp_path / dtype, "--json", "--all").json["tensors"]["list"]
        assert {tensor["type"] for tensor in tensors} == {name}
        file = tmp_path / f"{dtype}.h5"
        holdfast("export", tmp_path / dtype, "--to", "holdfast", "-o", file, "--dtype", dtype)
        with h5py.File(file) as stored:
            weights = stored["weights"]
            assert all(numpy.isfinite(weights[tensor][()]).all() for tensor in weights)
            sizes = {weights[tensor].id.get_type().get_size() for tensor in weights if weights[tensor].ndim == 2}
            assert sizes == {2}
        holdfast("export", file, "-o", tmp_path / f"{dtype}-again", "--dtype", dtype)
        again = tmp_path / f"{dtype}-again/model.safetensors"
        assert again.read_bytes() == (tmp_path / dtype / "model.safetensors").read_bytes()


def test_inspect_knows_every_kind(holdfast, tiny, questions, tmp_path):
    gguf = holdfast("inspect", tiny, "--json").json
    assert gguf["format"] == "gguf" and gguf["tensors"]["count"] == len(gguf["tensors"]["list"])
    folder = tiny.parent / "tiny-untied"
    assert holdfast("inspect", folder, "--json").json["format"] == "hugging-face"
    assert holdfast("inspect", folder / "model-00001-of-00002.safetensors", "--json").json["format"] == "safetensors"
    holdfast("probe", tiny, "--questions", questions, "--out", tmp_path / "l.h5")
    assert holdfast("inspect", tmp_path / "l.h5", "--json").json["format"] == "holdfast-ledger"
    other = tmp_path / "other.bin"
    other.write_bytes(b"hello")
    assert str(other) in holdfast("inspect", other, status=2).err


def test_inspect_writes_control_characters_out(holdfast, tmp_path):
    header = json.dumps({"__metadata__": {"note": "\x1b]0;owned\x07"}}).encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    out = holdfast("inspect", path).out
    assert "owned" in out and "\x1b" not in out and "\x07" not in out


def test_system_info_names_kernel_and_blas(holdfast):
    info = holdfast("system-info", "--json").json
    assert info["kernel"] in ("avx512", "avx2", "neon", "scalar")
    assert "Prescott" not in json.dumps(info["blas"].get("core", ""))
    assert holdfast("system-info", "--json", HOLDFAST_CPU="scalar").json["kernel"] == "scalar"
    assert info["kernel"] in holdfast("system-info").out


def test_a_closed_pipe_is_no_failure(tiny):
    script = f"'{COMMAND}' inspect '{tiny}' --all | head -1; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", script], env=environment(), capture_output=True).returncode == 0


def test_terminal_progress_rewrites_one_line(tiny, questions, tmp_path):
    import pty

    parent, child = pty.openpty()
    done = subprocess.Popen([COMMAND, "probe", str(tiny), "--questions", str(questions), "--out", str(tmp_path / "l.h5"), "--json"],
                            stdout=subprocess.DEVNULL, stderr=child, env=environment(TERM="xterm"))
    os.close(child)
    text = b""
    while True:
        try:
            block = os.read(parent, 4096)
        except OSError:
            break
        if not block:
            break
        text += block
    assert done.wait(60) == 0
    os.close(parent)
    assert b"\r\x1b[K" in text and text.endswith(b"\n")


def test_a_kl_penalty_is_reported(holdfast, tiny, instructions, tmp_path):
    tune = ["tune", tiny, "--data", instructions, "--template", "none", "--max-steps", 4, "--batch-size", 4, "--learning-rate", "0.01",
            "--warmup-ratio", 0, "--kl-weight", "0.5"]
    whole, part = tmp_path / "whole.h5", tmp_path / "again.h5"
    result = holdfast(*tune, "--out", whole, "--json").json
    kl = [step["kl"] for step in result["steps"]]
    assert result["options"]["kl_weight"] == 0.5 and len(result["base_sha256"]) == 64
    assert kl[0] == 0 and all(value > 0 for value in kl[1:])
    with h5py.File(whole) as h5:
        assert list(h5["training/kl"]) == kl and h5["training/kl"].dims[0][0].name == "/training/step"
        assert h5["training"].attrs["base_sha256"] == result["base_sha256"]
    words = holdfast(*tune, "--out", part).out
    assert "KL to base  0.0000 in the first step" in words
    off = holdfast(*tune[:-2], "--out", part, "--json").json
    assert "kl" not in off["steps"][0] and "base_sha256" not in off
    assert off["steps"][0]["loss"] == result["steps"][0]["loss"] and off["steps"][3]["loss"] != result["steps"][3]["loss"]
    for wrong in ("-0.5", "nan", "inf", "-inf"):
        assert "kl_weight" in holdfast(*tune[:-2], f"--kl-weight={wrong}", "--out", part, status=2).err


def test_lora_writes_a_peft_directory_or_one_model_file(holdfast, tiny, instructions, questions, tmp_path):
    tune = ["tune", tiny, "--data", instructions, "--template", "none", "--max-steps", 3, "--batch-size", 4, "--lora-rank", 2,
            "--lora-alpha", 4, "--lora-target-modules", "q_proj,down_proj", "--learning-rate", "0.01"]
    folder, file = tmp_path / "adapter", tmp_path / "tuned.h5"
    first = holdfast(*tune, "--out", folder, "--json").json
    again = holdfast(*tune, "--out", file, "--json").json
    assert [s["loss"] for s in first["steps"]] == [s["loss"] for s in again["steps"]]
    assert sorted(os.listdir(folder)) == ["adapter_config.json", "adapter_model.safetensors"]
    assert not [name for name in os.listdir(tmp_path) if "checkpoint" in name]
    configuration = json.loads((folder / "adapter_config.json").read_text())
    assert configuration["peft_type"] == "LORA" and configuration["r"] == 2 and configuration["lora_alpha"] == 4
    assert configuration["target_modules"] == ["q_proj", "down_proj"]
    with h5py.File(file) as h5:
        names = list(h5["adapter"])
        assert any(name.endswith("q_proj.lora_A.weight") for name in names)
        tensor = h5["adapter"][[name for name in names if name.endswith("lora_B.weight")][0]]
        assert tensor.dims[1][0].name == "/adapter/rank" and tensor.shape[1] == 2
    # The directory names its base model by path, so it is a model like any other; both are the same one.
    ledgers = []
    for model in (folder, file):
        ledgers.append(rows(holdfast, model, questions, tmp_path))
    assert all(numpy.array_equal(ledgers[0][name], ledgers[1][name]) for name in ledgers[0] if "probabilit" in name)
    unknown = holdfast(*tune[:-4], "--lora-target-modules", "query", "--out", folder, status=2).err
    assert "query" in unknown and "q_proj" in unknown


def test_verify_says_what_is_wrong(holdfast, tiny, questions, tmp_path):
    ledger = tmp_path / "ledger.h5"
    holdfast("probe", tiny, "--questions", questions, "--out", ledger)
    done = holdfast("verify", ledger, tiny)
    first, second = done.out.strip().splitlines()
    assert first.startswith(f"{ledger}: ok (holdfast-ledger 1.3.0, ") and second.startswith(f"{tiny}: ok (")
    data = bytearray(ledger.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    damaged = tmp_path / "damaged.h5"
    damaged.write_bytes(data)
    found = holdfast("verify", damaged, "--json", status=1)
    assert not found.json["ok"] and found.json["files"][0]["findings"]
    lines = holdfast("verify", damaged, ledger, status=1).out.splitlines()
    assert lines[0].startswith(f"{damaged}:") and lines[-1].startswith(f"{ledger}: ok")
    missing = holdfast("verify", tmp_path / "none.h5", damaged, status=2)
    assert "none.h5" in missing.err and str(damaged) in missing.out
