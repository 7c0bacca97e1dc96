"""Writes models/musetalk-v15/fixtures/golden: what the product's stages must answer, by cv2, Pillow and transformers."""
import argparse
from importlib.metadata import version
from pathlib import Path

from golden_audio import write_audio
from golden_files import GoldenWriter
from golden_pictures import write_pictures

FIXTURES = Path(__file__).resolve().parent.parent / "musetalk-v15" / "fixtures"
_LIBRARIES = ("numpy", "opencv-python-headless", "Pillow", "transformers", "diffusers", "torch")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FIXTURES, help="the fixtures folder (default: the repository's)")
    out = parser.parse_args().out
    golden = GoldenWriter(out / "golden")
    write_audio(golden)
    write_pictures(golden)
    golden.close(madeWith={name: version(name) for name in _LIBRARIES})
    print(f"{out / 'golden'}: {sum(f.stat().st_size for f in (out / 'golden').iterdir()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
