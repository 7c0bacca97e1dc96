"""Writes golden tensors as raw little-endian files with one JSON index."""
import json
from pathlib import Path

import numpy as np

_TYPES = {"float32": "f32", "float16": "f16", "uint8": "u8", "int8": "i8", "int16": "i16", "int32": "i32"}


class GoldenWriter:
    """Collects tensors and case lists under one folder; `close` writes index.json."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._tensors: dict[str, dict] = {}

    def tensor(self, name: str, values: np.ndarray, **facts) -> str:
        """Store an array (C order) as NAME.bin; answers the name. `facts` go into the index entry."""
        kind = _TYPES[values.dtype.name]
        file = self._folder / f"{name}.bin"
        file.write_bytes(np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes())
        self._tensors[name] = {"file": file.name, "type": kind, "shape": list(values.shape), **facts}
        return name

    def cases(self, name: str, value: object) -> None:
        """Store a JSON file of inputs and expected answers."""
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
        (self._folder / f"{name}.json").write_text(text.replace('},{"name"', '},\n{"name"') + "\n")

    def close(self, **facts) -> None:
        """Write index.json: `facts` (versions, seeds) and every tensor stored; remove tensors of earlier runs."""
        for stale in set(self._folder.glob("*.bin")) - {self._folder / entry["file"] for entry in self._tensors.values()}:
            stale.unlink()
        lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in self._tensors.items())
        head = "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in {"format": 1, **facts}.items())
        (self._folder / "index.json").write_text(f'{{\n{head}  "tensors": {{\n{lines}\n  }}\n}}\n')


def run_lengths(labels: np.ndarray) -> np.ndarray:
    """int32 [runs, 2] of (value, length) along the flattened array."""
    flat = labels.reshape(-1).astype(np.int32)
    starts = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]]))
    lengths = np.diff(np.concatenate([starts, [flat.size]]))
    return np.stack([flat[starts], lengths], axis=1).astype(np.int32)
