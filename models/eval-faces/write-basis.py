"""Writes the mean face and what each ARKit-style target does to its landmarks, read off the mesh exactly.

    python write-basis.py --assets DIR --out basis.npz

`rest` 468 × 3 and `B` 18 × 468 × 3 (dm) have the form that ../lite/build-renderer-data/build.py reads. The lips'
landmarks lie where lips.py finds them; those measured with a landmarker are up to 4 mm off at the mouth's corners.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from scene import World
from shapes import read_targets

# Rows of B; the last one (tongueUp) moves no landmark.
TARGETS = ['jawOpen', 'mouthClose', 'mouthFunnel', 'mouthPucker', 'mouthRollUpper']
TARGETS += ['mouthRollLower', 'mouthShrugUpper', 'mouthShrugLower', 'mouthUpperUp']
TARGETS += ['mouthLowerDown', 'mouthStretch', 'mouthSmile', 'mouthFrown', 'mouthPress']
TARGETS += ['mouthDimple', 'jawForward', 'tongueOut', 'tongueUp']


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--assets', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args()
    world = World(args.assets)
    targets = read_targets(args.assets, len(world.human.base.vertices), TARGETS)
    shapes = np.stack([world.landmarks @ target for target in targets])
    np.savez(args.out, rest=world.landmarks @ world.mean_face(), B=shapes)
    print(f'{args.out}: {len(TARGETS)} shapes of {shapes.shape[1]} landmarks')


if __name__ == '__main__':
    main()
