"""The networks of a pack with their weights: published ones, or random ones of the same architecture."""
from dataclasses import dataclass
from pathlib import Path

import torch
from architectures import ARCHITECTURES, Architecture, empty_taesd, empty_unet, empty_vae, empty_whisper
from face_parsing import empty_parser
from graphs import PlainAttention, bake_timestep
from published import ExportError, load_into, locate, read_architecture, read_state
from random_weights import fill

_EMPTY = {"unet": empty_unet, "vae": empty_vae, "whisper": empty_whisper, "taesd": empty_taesd}
_WITH_PARSER = (*_EMPTY, "parsing")
DEFAULT_SEED = 1


@dataclass
class Networks:
    """torch modules by part (`taesd` and `parsing` only where there are weights), and where they come from."""

    architecture: Architecture
    parts: dict[str, torch.nn.Module]
    origin: dict
    baked: bool = False

    def bake(self) -> None:
        """Rewrite the modules as they are exported: timestep folded in, attention without batch arithmetic."""
        if not self.baked:
            bake_timestep(self.parts["unet"])
            self.parts["vae"].set_attn_processor(PlainAttention())
            self.baked = True


def published_networks(root: Path, say) -> Networks:
    """Networks from checkpoints in `root`. Raises ExportError naming what is missing or does not fit."""
    if not root.is_dir():
        raise ExportError(f"{root} is not a folder; name one with MuseTalk's models/ layout")
    paths = {part: locate(root, part) for part in _WITH_PARSER}
    architecture = read_architecture(root)
    parts = {}
    for part, path in paths.items():
        if path is None:
            say(f"{part}: no checkpoint, left out")
            continue
        say(f"reading {path} ({path.stat().st_size / 1e6:.0f} MB)")
        model = empty_parser() if part == "parsing" else _EMPTY[part](getattr(architecture, part))
        parts[part] = load_into(model, read_state(path), part, path)
    files = {part: str(path.relative_to(root)) for part, path in paths.items() if path}
    return Networks(architecture, parts, {"weights": "published", "checkpoints": files})


def random_networks(size: str, seed: int, say) -> Networks:
    """Networks of `size` (full or tiny) with weights from a seed."""
    architecture = ARCHITECTURES[size]
    parts = {}
    for part, make in _EMPTY.items():
        parts[part] = fill(make(getattr(architecture, part)), seed, part)
        say(f"{part}: {sum(p.numel() for p in parts[part].parameters()):,} random weights")
    return Networks(architecture, parts, {"weights": "random", "size": size, "seed": seed})
