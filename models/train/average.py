"""Average the weights of networks with a common ancestor: `python average.py OUT.onnx A.onnx=0.2 B.onnx=0.8 …`.

A network trained on from another and that other one often do better averaged than either alone (Wortsman et al. 2022,
"Robust fine-tuning of zero-shot models"): less of the new corpus' peculiarity, the same size and speed.
"""
import argparse
from pathlib import Path

import torch

from network import MouthNetwork, export_onnx, load_onnx_weights


def average(shares: dict[Path, float]) -> MouthNetwork:
    """A network with the mean of the weights and of the normalisation statistics, each by its share of the sum."""
    states = []
    for path in shares:
        network = MouthNetwork()
        load_onnx_weights(network, str(path))
        states.append(network.state_dict())
    weights = torch.tensor(list(shares.values()))
    weights /= weights.sum()
    mean = {
        name: torch.tensordot(weights, torch.stack([state[name] for state in states]), 1)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in states[0].items()
    }
    network = MouthNetwork()
    network.load_state_dict(mean)
    return network


def _share(argument: str) -> tuple[Path, float]:
    path, _, share = argument.partition("=")
    return Path(path), float(share or 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("networks", type=_share, nargs="+", metavar="FILE[=SHARE]")
    options = parser.parse_args()
    export_onnx(average(dict(options.networks)), str(options.out))


if __name__ == "__main__":
    main()
