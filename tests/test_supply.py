"""What is delivered: the hashes of models, licences of what is needed, the content of the wheel."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "tools"


def tool(name: str):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_list_of_hashes_fits_the_models() -> None:
    hashes = tool("model_hashes")
    assert hashes.LIST.read_text("utf-8") == hashes.listed()
    assert hashes.listed().count(".onnx") == 5
    assert "listener-1.json" in hashes.listed()  # the card that says how the graph is used


def test_a_signature_is_made_and_checked(tmp_path, monkeypatch) -> None:
    hashes = tool("model_hashes")
    key = tmp_path / "key"
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    try:
        subprocess.run(make, check=True)
    except FileNotFoundError:
        pytest.skip("no ssh-keygen")
    (tmp_path / "a.onnx").write_bytes(b"model")
    monkeypatch.setattr(hashes, "FOLDER", tmp_path)
    monkeypatch.setattr(hashes, "LIST", tmp_path / "SHA256SUMS")
    signers = tmp_path / "allowed_signers"
    signers.write_text(f"who@example.org {key.with_suffix('.pub').read_text()}")

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["model_hashes.py", *arguments])
        return hashes.main()

    assert run("--write", "--sign", str(key)) == 0
    assert run("--signers", str(signers)) == 0
    (tmp_path / "a.onnx").write_bytes(b"other")
    assert run() == 1
    assert run("--write", "--signers", str(signers)) != 0


def test_what_is_needed_has_licences_that_fit() -> None:
    bills = tool("bill_of_materials")
    found = bills.needed(("tts", "listen"))
    assert {"interactspeech", "numpy", "msgspec", "onnxruntime"} <= found.keys()
    assert not bills.doubtful(found)
    bill = bills.bill(found)
    assert json.loads(json.dumps(bill)) == bill == bills.bill(found)
    refs = {one["bom-ref"] for one in bill["components"]}
    assert len(refs) == len(bill["components"])
    assert all(set(link["dependsOn"]) <= refs for link in bill["dependencies"])
    assert any(one["type"] == "machine-learning-model" for one in bill["components"])


def test_a_licence_that_does_not_fit_is_named(monkeypatch) -> None:
    bills = tool("bill_of_materials")
    found = bills.needed(())
    stated = {"numpy": "GPL-3.0-only", "click": ""}
    monkeypatch.setattr(bills, "licence", lambda one: stated.get(one.metadata["Name"], "MIT"))
    assert [line.partition(":")[0] for line in bills.doubtful(found)] == ["click", "numpy"]


def test_the_wheel_holds_what_is_tracked(tmp_path) -> None:
    pytest.importorskip("hatchling")
    wheels = tool("check_wheel")
    try:
        tracked = wheels.tracked()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no repository of git")
    if not tracked:
        pytest.skip("no repository of git")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=wheels.ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert not wheels.faults(wheel)
