"""Writes the fixtures of the pack: golden vectors, and tiny packs with random weights (models/musetalk-v15/fixtures)."""
import argparse
import sys
from importlib.metadata import version
from pathlib import Path

import export
from golden_audio import write_audio
from golden_files import GoldenWriter
from golden_networks import write_networks
from golden_pictures import write_pictures
from networks import DEFAULT_SEED, random_networks
from yardstick import FRAMES, Answers, answers

FIXTURES = Path(__file__).resolve().parent.parent / "musetalk-v15" / "fixtures"
_LIBRARIES = ("numpy", "opencv-python-headless", "Pillow", "transformers", "diffusers", "torch")
_PACKS = {
    "tiny": ("fp32", "whisper-encoder,vae-encoder,unet-vae,unet,decoder-taesd"),
    "tiny-fp16": ("fp16", "fused"),
}


def write_goldens(folder: Path, found: Answers, frames: tuple[int, ...] = FRAMES, **facts) -> None:
    """All golden vectors into one folder. `frames`: those that `found` was computed for, two or more."""
    golden = GoldenWriter(folder)
    write_audio(golden)
    write_networks(golden, found, frames)
    write_pictures(golden, found.bgr[1])
    golden.close(madeWith={name: version(name) for name in _LIBRARIES}, **facts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FIXTURES, help="the fixtures folder (default: the repository's)")
    parser.add_argument("--goldens-only", action="store_true", help="leave the tiny packs as they are")
    options = parser.parse_args()
    networks = random_networks("tiny", DEFAULT_SEED, export.say)
    write_goldens(options.out / "golden", answers(networks), networks=networks.origin)
    for name, (precision, graphs) in {} if options.goldens_only else _PACKS.items():
        arguments = ["--random", "tiny", "--out", str(options.out / name), "--name", f"musetalk-v15-{name}", "--short-names"]
        code = export.main([*arguments, "--precision", precision, "--graphs", graphs])
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
