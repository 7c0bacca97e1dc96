"""Reads published checkpoints in the layout of MuseTalk's own `models/` folder."""
import json
import pickle
import re
from pathlib import Path

import torch
from architectures import FULL, MEL_BINS, Architecture


class ExportError(Exception):
    """Something the user can put right; the message says what and how."""


# Folders and files of each part; the first one found is taken.
_PLACES = {
    "unet": (("musetalkV15",), ("unet.pth",)),
    "vae": (("sd-vae", "sd-vae-ft-mse"), ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin")),
    "whisper": (("whisper",), ("model.safetensors", "pytorch_model.bin")),
    "taesd": (("taesd",), ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin")),
    "parsing": (("face-parse-bisent",), ("79999_iter.pth",)),
}
_CONFIGS = {"unet": "musetalk.json"}
OPTIONAL = ("taesd", "parsing")
_COUNTER = "num_batches_tracked"  # of training; some checkpoints have it
_OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def locate(root: Path, part: str) -> Path | None:
    """The checkpoint of a part, None where an optional one is absent."""
    folders, files = _PLACES[part]
    for folder in folders:
        for file in files:
            if (root / folder / file).is_file():
                return root / folder / file
    if part in OPTIONAL:
        return None
    wanted = " or ".join(f"{folder}/{file}" for folder in folders for file in files)
    hint = f" (but {root / 'models'} is there: name that folder)" if (root / "models").is_dir() else ""
    raise ExportError(f"{root} has no {wanted}{hint}; fetch it with `npm run models -- pull musetalk-v15`")


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint by name."""
    with path.open("rb") as file:
        start = file.read(64)
    if start.startswith(b"version https://git-lfs"):
        raise ExportError(f"{path} is a Git LFS pointer, not the file itself; fetch it with `git lfs pull` or `models pull`")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        mapped = start.startswith(b"PK")  # torch's older format cannot be mapped into memory
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except (RuntimeError, EOFError, ValueError, pickle.UnpicklingError, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise ExportError(f"{path} is not a whole checkpoint ({reason}); fetch it again") from error
    state = state.get("state_dict", state)
    if not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ExportError(f"{path} holds other things than weights; it is not the file that this export knows")
    return state


def _config(path: Path, part: str) -> dict:
    file = path.with_name(_CONFIGS.get(part, "config.json"))
    if not file.is_file():
        return {}
    try:
        return json.loads(file.read_text())
    except ValueError as error:
        raise ExportError(f"{file} is not JSON: {error}; fetch it again") from error


def _known(config: dict, defaults: dict) -> dict:
    """The defaults with what the file says of the same keys; lists as tuples."""
    found = {key: config[key] for key in defaults if key in config}
    return {**defaults, **{key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}}


def read_architecture(root: Path) -> Architecture:
    """The configurations beside the checkpoints, checked for what the graphs and the service take for granted."""
    paths = {part: locate(root, part) for part in ("unet", "vae", "whisper", "taesd")}
    parts = {
        part: _known(_config(path, part) if path else {}, getattr(FULL, part)) for part, path in paths.items()
    }
    demands = {
        "unet": {"in_channels": 8, "out_channels": 4, "cross_attention_dim": parts["whisper"]["d_model"]},
        "vae": {"in_channels": 3, "latent_channels": 4, "scaling_factor": FULL.vae["scaling_factor"]},
        "whisper": {"num_mel_bins": MEL_BINS, "encoder_layers": 4, "max_source_positions": 1500},
    }
    for part, needed in demands.items():
        for key, value in needed.items():
            if parts[part][key] != value:
                file = paths[part].with_name(_CONFIGS.get(part, "config.json"))
                raise ExportError(f"{file}: {key} is {parts[part][key]}, MuseTalk v1.5 needs {value}")
    return Architecture("published", **parts)


def _rename(part: str, name: str) -> str | None:
    """A checkpoint's name as the libraries of today call it; None for what is not needed."""
    if part == "vae":
        return re.sub(
            r"(attentions\.\d+)\.(query|key|value|proj_attn)\.",
            lambda match: f"{match[1]}.{_OLD_ATTENTION[match[2]]}.",
            name,
        )
    if part == "whisper":
        match = re.fullmatch(r"(?:model\.)?encoder\.(.+)", name)
        return match[1] if match else None
    return name


def load_into(model: torch.nn.Module, state: dict[str, torch.Tensor], part: str, path: Path) -> torch.nn.Module:
    """Give a model without weights those of a checkpoint, every one and no other."""
    whole = model.state_dict()
    wanted = {name: value for name, value in whole.items() if not name.endswith(_COUNTER)}
    found = {new: value for name, value in state.items() if (new := _rename(part, name)) is not None}
    found = {name: value for name, value in found.items() if not name.endswith(_COUNTER)}
    problems = [f"lacks {name}" for name in wanted if name not in found]
    problems += [f"has the unknown {name}" for name in found if name not in wanted]
    fitting = {}
    for name, value in found.items():
        shape = tuple(wanted[name].shape) if name in wanted else tuple(value.shape)
        if tuple(value.shape) != shape and tuple(value.shape) == (*shape, 1, 1):
            value = value[:, :, 0, 0]  # attention was once written as 1 x 1 convolutions
        if tuple(value.shape) != shape:
            problems.append(f"has {name} of shape {list(value.shape)} instead of {list(shape)}")
        fitting[name] = value.float() if value.is_floating_point() else value
    if problems:
        more = f" and {len(problems) - 3} more such problems" if len(problems) > 3 else ""
        raise ExportError(f"{path} does not fit MuseTalk v1.5's {part}: it {'; '.join(problems[:3])}{more}")
    fitting.update({name: torch.zeros(()) for name in whole if name.endswith(_COUNTER)})
    model.load_state_dict(fitting, strict=True, assign=True)
    return model.eval().requires_grad_(False)
