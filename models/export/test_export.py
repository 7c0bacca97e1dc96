"""Published checkpoints become a pack: right ones exactly, wrong ones with an error that names the file and the cure."""
import json
import shutil

import export
import onnx
import onnxruntime
import pytest
import torch
import yaml
from architectures import TINY
from face_parsing import empty_parser
from networks import random_networks
from random_weights import fill

_OLD = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def _old_names(state: dict) -> dict:
    """The VAE's attention as it was once published: other names, and 1 x 1 convolutions."""
    renamed = {}
    for name, value in state.items():
        for new, old in _OLD.items():
            if f".{new}." in name:
                name = name.replace(f".{new}.", f".{old}.")
                value = value[:, :, None, None] if value.ndim == 2 else value
        renamed[name] = value.clone()
    return renamed


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """A folder in MuseTalk's layout with tiny networks."""
    root = tmp_path_factory.mktemp("checkpoints")
    parts = random_networks("tiny", 1, lambda _: None).parts
    whisper = {f"model.encoder.{name}": value for name, value in parts["whisper"].state_dict().items()}
    files = {
        "musetalkV15/unet.pth": parts["unet"].state_dict(),
        "sd-vae/diffusion_pytorch_model.bin": _old_names(parts["vae"].state_dict()),
        "whisper/pytorch_model.bin": {**whisper, "model.decoder.layer_norm.bias": torch.zeros(3)},
        "taesd/diffusion_pytorch_model.bin": parts["taesd"].state_dict(),
        "face-parse-bisent/79999_iter.pth": fill(empty_parser(), 1, "parsing").state_dict(),
    }
    configs = {"musetalkV15/musetalk.json": TINY.unet, "sd-vae/config.json": TINY.vae, "whisper/config.json": TINY.whisper}
    configs["taesd/config.json"] = TINY.taesd
    for name, state in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        torch.save(state, root / name)
    for name, config in configs.items():
        (root / name).write_text(json.dumps(config))
    return root


def test_old_attention_names_and_whole_models_make_a_checked_pack(checkpoints, tmp_path):
    assert export.main(["--checkpoints", str(checkpoints), "--out", str(tmp_path), "--graphs", "parts"]) == 0
    manifest = yaml.safe_load((tmp_path / "pack.yaml").read_text())
    files = {entry["path"]: entry for entry in manifest["files"]}
    names = ("whisper-encoder", "vae-encoder", "face-parsing", "unet", "decoder-vae", "decoder-taesd")
    assert set(files) == {f"{name}.onnx" for name in names}
    assert files["unet.onnx"]["inputs"]["audio"] == {"type": "float16", "shape": ["batch", 50, 12]}
    assert {check["file"] for check in manifest["checks"]} == set(files)
    operators = {node.op_type for node in onnx.load(tmp_path / "unet.onnx").graph.node}
    assert not operators & {"Shape", "Range", "Sin", "Cos"}  # no shape arithmetic, no time embedding
    options = onnxruntime.SessionOptions()
    options.add_free_dimension_override_by_name("batch", 8)
    session = onnxruntime.InferenceSession(str(tmp_path / "decoder-vae.onnx"), options)
    assert session.get_inputs()[0].shape == [8, 4, 32, 32]


def _refused(folder, capsys) -> str:
    assert export.main(["--checkpoints", str(folder), "--out", str(folder / "out")]) == 1
    return capsys.readouterr().err


@pytest.fixture
def spoilt(checkpoints, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(checkpoints, tmp_path / "models")


def test_a_missing_unet_is_named(spoilt, capsys):
    (spoilt / "musetalkV15" / "unet.pth").unlink()
    assert "has no musetalkV15/unet.pth" in _refused(spoilt, capsys)
    assert "name that folder" in _refused(spoilt.parent, capsys)


def test_wrong_shapes_and_unknown_names_are_named(spoilt, capsys):
    path = spoilt / "musetalkV15" / "unet.pth"
    state = torch.load(path)
    state["conv_in.bias"] = torch.zeros(9)
    state["extra.weight"] = torch.zeros(1)
    del state["conv_out.bias"]
    torch.save(state, path)
    message = _refused(spoilt, capsys)
    for part in ("lacks conv_out.bias", "unknown extra.weight", "conv_in.bias of shape [9] instead of [8]"):
        assert part in message


def test_files_that_are_no_checkpoints_are_named(spoilt, capsys):
    path = spoilt / "sd-vae" / "diffusion_pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:5000])
    assert "diffusion_pytorch_model.bin is not a whole checkpoint" in _refused(spoilt, capsys)
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
    assert "Git LFS pointer" in _refused(spoilt, capsys)


def test_another_model_is_refused_by_its_configuration(spoilt, capsys):
    (spoilt / "musetalkV15" / "musetalk.json").write_text(json.dumps({**TINY.unet, "in_channels": 4}))
    assert "in_channels is 4, MuseTalk v1.5 needs 8" in _refused(spoilt, capsys)
    (spoilt / "musetalkV15" / "musetalk.json").write_text("{")
    assert "is not JSON" in _refused(spoilt, capsys)
