"""The network is causal, reloads itself, and a training run can be stopped and resumed."""
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from average import average
from network import MouthNetwork, export_onnx, load_onnx_weights

HERE = Path(__file__).parent


def _network() -> MouthNetwork:
    """Random everywhere, statistics included: equal tensors would be stored as one."""
    torch.manual_seed(0)
    network = MouthNetwork().eval()
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.add_(0.05 * torch.rand_like(tensor))
    return network


def test_output_depends_on_the_last_65_steps_only():
    network = _network().double()
    x = torch.randn(1, 80, 200, dtype=torch.float64)
    changed = x.clone()
    changed[..., :100] += 1
    changed[..., 180:] += 1
    for a, b in zip(network(x), network(changed)):
        assert torch.allclose(a[..., 164:180], b[..., 164:180], rtol=0, atol=1e-9)
    assert not torch.allclose(a[..., 163], b[..., 163], rtol=0, atol=1e-9)  # the last pair: class logits


def test_the_exported_network_computes_the_same_and_loads_back(tmp_path):
    network = _network()
    path = str(tmp_path / "mouth.onnx")
    export_onnx(network, path)
    x = torch.randn(1, 80, 90)
    outputs = onnxruntime.InferenceSession(path).run(["params", "class_logits"], {"mel_minus_running_mean": x.numpy()})
    again = MouthNetwork().eval()
    load_onnx_weights(again, path)
    for ours, exported, loaded in zip(network(x), outputs, again(x)):
        assert np.allclose(ours.detach().numpy(), exported, rtol=1e-3, atol=1e-3)
        assert torch.equal(ours, loaded)


def _train(folder: Path, *more: str) -> int:
    command = [sys.executable, "train.py", "--corpus", str(folder / "corpus"), "--run", str(folder / "run")]
    subprocess.run([*command, "--minutes", "0.15", "--threads", "1", *more], cwd=HERE, check=True, capture_output=True)
    state = torch.load(folder / "run" / "checkpoint.pt", weights_only=True)
    return state["step"]


def test_training_resumes_where_it_stopped(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "corpus").mkdir()
    lengths = np.array([300, 400, 350])
    np.savez(
        tmp_path / "corpus" / "shard-00000.npz", lengths=lengths, voices=np.array(["a"] * 3),
        mel=rng.normal(size=(lengths.sum(), 80)).astype(np.float16),
        curves=rng.random((lengths.sum(), 12)).astype(np.float16), labels=rng.integers(0, 24, lengths.sum(), dtype=np.uint8),
    )  # fmt: skip
    first = _train(tmp_path)
    second = _train(tmp_path, "--resume")
    assert 0 < first < second


def test_averaging_a_network_with_itself_changes_nothing_and_with_another_gives_the_middle(tmp_path):
    first, second = _network(), _network()
    with torch.no_grad():
        second.class_head.bias += 1
    paths = [tmp_path / "a.onnx", tmp_path / "b.onnx"]
    for network, path in zip((first, second), paths):
        export_onnx(network, str(path))
    assert torch.equal(average({paths[0]: 1.0}).class_head.bias, first.class_head.bias)
    assert torch.allclose(average(dict.fromkeys(paths, 1.0)).class_head.bias, first.class_head.bias + 0.5)
