"""The audio network: a causal dilated convolution network, 0.58 M parameters.

Input [batch, 80, steps]: features minus their running mean. Output step t describes the input 8 steps earlier (80 ms of
look-ahead) and depends on the 65 steps up to t only.
"""
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from articulation import CLASSES, PARAMETERS
from features import BINS

DELAY_STEPS = 8
CHANNELS = 128
_FIRST_KERNEL = 5
# Channels silenced in training, so that no voice is learned by heart.
_DROPPED_SHARE = 0.1
_DILATIONS = (1, 2, 4, 8, 1, 2, 4, 8)


class Block(nn.Module):
    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.reach = 2 * dilation
        self.norm = nn.BatchNorm1d(CHANNELS)
        self.dilated = nn.Conv1d(CHANNELS, CHANNELS, 3, dilation=dilation)
        self.drop = nn.Dropout1d(_DROPPED_SHARE)
        self.mix = nn.Conv1d(CHANNELS, CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        past = functional.pad(torch.relu(self.norm(x)), (self.reach, 0))
        return x + self.mix(self.drop(torch.relu(self.dilated(past))))


class MouthNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(BINS, 1), requires_grad=False)
        self.deviation = nn.Parameter(torch.ones(BINS, 1), requires_grad=False)
        self.input = nn.Conv1d(BINS, CHANNELS, _FIRST_KERNEL)
        self.blocks = nn.ModuleList([Block(dilation) for dilation in _DILATIONS])
        self.parameters_head = nn.Conv1d(CHANNELS, len(PARAMETERS), 1)
        self.class_head = nn.Conv1d(CHANNELS, len(CLASSES), 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mouth parameters [batch, 12, steps] in 0–1 and class logits [batch, 24, steps]."""
        x = self.input(functional.pad((x - self.mean) / self.deviation, (_FIRST_KERNEL - 1, 0)))
        for block in self.blocks:
            x = block(x)
        x = torch.relu(x)
        return torch.sigmoid(self.parameters_head(x)), self.class_head(x)


def export_onnx(network: MouthNetwork, path: str) -> None:
    """Write the network under the names and shapes the product loads."""
    network.eval()
    torch.onnx.export(
        network, (torch.zeros(1, BINS, 67),), path, opset_version=17, dynamo=False,
        input_names=["mel_minus_running_mean"], output_names=["params", "class_logits"],
        dynamic_axes={"mel_minus_running_mean": {2: "T"}, "params": {2: "T"}, "class_logits": {2: "T"}},
    )  # fmt: skip


# Names of the weights inside a pack's mouth.onnx (first trained by an earlier script) → names here.
_BASELINE_NAMES = dict(
    mu="mean", sd="deviation", i="input", b="blocks", n="norm", c1="dilated", c2="mix", o="parameters_head", p="class_head"
)


def load_onnx_weights(network: MouthNetwork, path: str) -> None:
    """Start from the weights of a pack's mouth.onnx, written by `export_onnx` or by its predecessor."""
    weights = {}
    for tensor in onnx.load(path).graph.initializer:
        name = ".".join(_BASELINE_NAMES.get(part, part) for part in tensor.name.split("."))
        weights[name] = torch.from_numpy(np.array(numpy_helper.to_array(tensor)))
    known = network.state_dict()
    weights = {name: value for name, value in weights.items() if name in known}
    missing = [name for name in known if name not in weights and not name.endswith("num_batches_tracked")]
    if missing:
        raise ValueError(f"{path} lacks the weights {missing}: it is not a mouth network")
    network.load_state_dict(weights, strict=False)
