"""Average the weights of networks with a common ancestor: `python average.py OUT.onnx A.onnx B.onnx …`.

A network trained on from another and that other one often do better averaged than either alone (Wortsman et al. 2022,
"Robust fine-tuning of zero-shot models"): less of the new corpus' peculiarity, the same size and speed.
"""
import argparse
from pathlib import Path

import torch

from network import MouthNetwork, export_onnx, load_onnx_weights


def average(paths: list[Path]) -> MouthNetwork:
    """A network with the mean of the weights and of the normalisation statistics."""
    states = []
    for path in paths:
        network = MouthNetwork()
        load_onnx_weights(network, str(path))
        states.append(network.state_dict())
    mean = {
        name: torch.stack([state[name] for state in states]).mean(0) if tensor.is_floating_point() else tensor
        for name, tensor in states[0].items()
    }
    network = MouthNetwork()
    network.load_state_dict(mean)
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("networks", type=Path, nargs="+")
    options = parser.parse_args()
    export_onnx(average(options.networks), str(options.out))


if __name__ == "__main__":
    main()
