"""What a mouth does: ARKit-style targets on the base mesh, and the shapes that are drawn."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np

ARCHIVE = Path('talkinghead/talkinghead-targets.zip')
TABLE = json.loads((Path(__file__).parent.parent / 'lite/mouth.json').read_text())
PARAMETERS: list[str] = TABLE['parameters']

# Name of a picture → class of mouth.json whose targets it shows.
SPEECH = {'aa': 'aa', 'oo': 'uw', 'ee': 'iy', 'p': 'PP', 'l': 'LL'}
# The widest a person opens while speaking: close to a laugh. Within the pack's parameters.
LAUGH = {'jawOpen': 0.6, 'mouthStretch': 0.6, 'mouthUpperUp': 0.6, 'mouthLowerDown': 0.6}


def drawn_shapes() -> dict[str, np.ndarray]:
    """Pack parameters of every picture; `rest` is the closed mouth."""
    shapes = {'rest': np.zeros(len(PARAMETERS))}
    for name, sound in SPEECH.items():
        shapes[name] = np.array(TABLE['targets'][TABLE['classes'].index(sound)])
    shapes['laugh'] = np.array([LAUGH.get(name, 0.0) for name in PARAMETERS])
    return shapes


def read_targets(assets: Path, count: int, names: list[str] = PARAMETERS) -> np.ndarray:
    """Displacement of every base vertex at parameter 1, names × count × 3.

    Left and right halves are added. No target lifts the tongue: `tongueUp` is zero here (mouth.py).
    """
    out = np.zeros((len(names), count, 3))
    with zipfile.ZipFile(assets / ARCHIVE) as archive:
        present = {Path(n).stem: n for n in archive.namelist() if not n.startswith('__')}
        for k, name in enumerate(names):
            if name == 'tongueUp':
                continue
            parts = [name] if name in present else [f'{name}Left', f'{name}Right']
            for part in parts:
                with archive.open(present[part]) as raw:
                    for line in io.TextIOWrapper(raw, encoding='utf-8'):
                        words = line.split()
                        if len(words) >= 4 and not line.startswith('#'):
                            out[k, int(words[0])] += [float(w) for w in words[1:4]]
    return out
