"""Writes the graphs of a pack and its manifest."""
import hashlib
from pathlib import Path

import torch
import yaml
from architectures import AUDIO_TOKENS, LATENT_SIZE, MEL_BINS
from graphs import CropLatents, SoundStates, TaesdDecoder, Unet, UnetVae, VaeDecoder
from networks import Networks
from onnx_writer import Port, describe, export_fixed_shapes, export_sound

GRAPHS = {
    "all": ("whisper-encoder", "vae-encoder", "face-parsing", "unet-vae", "unet", "decoder-vae", "decoder-taesd"),
    "fused": ("whisper-encoder", "vae-encoder", "face-parsing", "unet-vae"),
    "parts": ("whisper-encoder", "vae-encoder", "face-parsing", "unet", "decoder-vae", "decoder-taesd"),
}


def graph_names(text: str) -> tuple[str, ...]:
    """A choice of graphs: a key of GRAPHS, or names with commas between. Raises ValueError for unknown ones."""
    names = GRAPHS.get(text) or tuple(text.split(","))
    unknown = [name for name in names if name not in GRAPHS["all"]]
    if unknown:
        raise ValueError(f"unknown graph {unknown[0]}; there are {', '.join(GRAPHS)}, {', '.join(GRAPHS['all'])}")
    return names


_LICENCE = {
    "published": "of the checkpoints: MuseTalk weights see sources.yaml, sd-vae-ft-mse MIT, whisper-tiny MIT, "
    "TAESD MIT, face parser MIT (its training data: non-commercial research)",
    "random": "Apache-2.0 (random weights)",
}
_VERSION = "1.5.0"
_HEAD = """\
# Written by models/export/export.py. Do not edit; run it again.
# vae-encoder takes BGR bytes: it normalises, masks the lower half and joins masked | whole itself.
# whisper-encoder takes float32 mel: 3000 frames are exact, fewer (an even number) use the first positions only.
# `batch` is symbolic; a free dimension override makes a graph static. Checks: against PyTorch in float32, on the CPU.
"""


def write_graphs(networks: Networks, out: Path, precision: str, graphs: tuple[str, ...], keep_names: bool, say) -> list[str]:
    """Export; answers the ONNX files written, in order. The networks are baked in place."""
    networks.bake()
    half = precision == "fp16"
    wide = torch.float64 if half else torch.float32
    parts = networks.parts
    latents = Port("latents", torch.float32, (None, 8, LATENT_SIZE, LATENT_SIZE))
    audio = Port("audio", torch.float32, (None, AUDIO_TOKENS, networks.architecture.audio_width))
    prediction = Port("prediction", torch.float32, (None, 4, LATENT_SIZE, LATENT_SIZE))
    crop = Port("crop", torch.uint8, (None, 256, 256, 3))
    unet, decoder = Unet(parts["unet"]), VaeDecoder(parts["vae"], wide)
    modules = {
        "vae-encoder": (CropLatents(parts["vae"], wide), [crop], "latents"),
        "unet-vae": (UnetVae(unet, decoder), [latents, audio], "bgr"),
        "unet": (unet, [latents, audio], "prediction"),
        "decoder-vae": (decoder, [prediction], "bgr"),
    }
    if "taesd" in parts:
        modules["decoder-taesd"] = (TaesdDecoder(parts["taesd"], wide), [prediction], "bgr")
    if "parsing" in parts:
        modules["face-parsing"] = (parts["parsing"], [Port("picture", torch.uint8, (None, 512, 512, 3))], "classes")
    written = []
    for name in graphs:
        path = out / f"{name}.onnx"
        if name == "whisper-encoder":
            say(f"exporting {path.name}")
            export_sound(SoundStates(parts["whisper"]), path, torch.zeros(1, MEL_BINS, 3000, dtype=wide), "hidden", keep_names, half)
        elif name in modules:
            say(f"exporting {path.name}")
            module, inputs, output = modules[name]
            export_fixed_shapes(module.eval(), path, inputs, output, keep_names, half and name != "face-parsing")
        else:
            continue
        written.append(path.name)
    return written


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


def write_manifest(
    networks: Networks, out: Path, precision: str, files: list[str], checks: list[dict], name: str, decoder: str = "vae"
) -> Path:
    """pack.yaml: what is in the folder, which decoder paints, how to call it, and how far it is from the yardstick."""
    listed = []
    for file in files:
        path = out / file
        listed.append({"path": file, "bytes": path.stat().st_size, "sha256": _digest(path), **describe(path)})
        weights = out / f"{file}.data"
        if weights.exists():
            facts = {"bytes": weights.stat().st_size, "sha256": _digest(weights)}
            listed.append({"path": weights.name, **facts, "weightsOf": file})
    manifest = {
        "name": name,
        "version": _VERSION,
        "licence": _LICENCE[networks.origin["weights"]],
        "precision": precision,
        **({} if decoder == "vae" else {"decoder": decoder}),
        **networks.origin,
        "files": listed,
        "checks": checks,
    }
    path = out / "pack.yaml"
    path.write_text(_HEAD + yaml.safe_dump(manifest, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True))
    return path
