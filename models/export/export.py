"""MuseTalk v1.5 checkpoints -> a pack of ONNX graphs, checked against PyTorch.

  export.py --checkpoints DIR --out models/musetalk-v15       published weights in MuseTalk's models/ layout
  export.py --random full --seed 1 --out DIR                  the same architecture with random weights
"""
import argparse
import gc
import shutil
import sys
import time
from pathlib import Path

import onnx
import torch
from networks import DEFAULT_SEED, published_networks, random_networks
from pack_files import GRAPHS, graph_names, write_graphs, write_manifest
from published import ExportError
from self_check import as_manifest, check_files
from yardstick import answers

_STARTED = time.monotonic()


def say(line: str) -> None:
    """A progress line with the seconds since the start."""
    print(f"[{time.monotonic() - _STARTED:5.0f} s] {line}", flush=True)


def _graphs(text: str) -> tuple[str, ...]:
    try:
        return graph_names(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    weights = parser.add_mutually_exclusive_group(required=True)
    weights.add_argument("--checkpoints", "--weights", type=Path, metavar="DIR", help="folder with musetalkV15/, sd-vae/, whisper/")
    weights.add_argument("--random", choices=("full", "tiny"), help="random weights instead, for tests and timing")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of the random weights (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the pack, made if needed")
    parser.add_argument("--precision", choices=("fp16", "fp32"), default="fp16", help="default: %(default)s; fp32 doubles the size")
    parser.add_argument(
        "--graphs", type=_graphs, default=GRAPHS["all"], metavar="all|fused|parts|NAME,NAME",
        help="fused: UNet and decoder in one; parts: apart; default: all",
    )
    parser.add_argument("--decoder", choices=("vae", "taesd"), default="vae", help="who paints; taesd is quicker and softer")
    parser.add_argument("--name", default="musetalk-v15", help="name in pack.yaml (default: %(default)s)")
    parser.add_argument("--short-names", action="store_true", help="number the values inside the graphs: smaller files")
    parser.add_argument("--no-check", action="store_true", help="do not compare with PyTorch (saves minutes and memory)")
    parser.add_argument("--threads", type=int, default=0, help="of the computation (default: all cores)")
    return parser.parse_args(argv)


def require_room(networks, options: argparse.Namespace) -> None:
    """Refuse to start what the disk cannot hold: minutes later it would be a half-written file."""
    numbers = {name: sum(p.numel() for p in part.parameters()) for name, part in networks.parts.items()}
    painters = {"unet-vae": ("unet", "vae"), "unet": ("unet",), "decoder-vae": ("vae",)}
    total = sum(numbers[part] for name in options.graphs for part in painters.get(name, ()))
    total += numbers["vae"] + numbers["whisper"]
    needed = total * (2 if options.precision == "fp16" else 4)
    # A graph of more than 2 GB is written twice: once as the exporter does, once with its weights beside it.
    needed += 4 * (numbers["unet"] + numbers["vae"])
    free = shutil.disk_usage(options.out).free
    if free < needed:
        raise ExportError(
            f"{options.out} has {free / 1e9:.1f} GB free and {needed / 1e9:.1f} GB are needed; make room, name another"
            " folder with --out, or leave graphs out with --graphs fused"
        )


def export_pack(options: argparse.Namespace) -> bool:
    """Export as asked; whether every check passed."""
    if options.threads:
        torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    if options.random:
        networks = random_networks(options.random, options.seed, say)
    else:
        networks = published_networks(options.checkpoints, say)
    require_room(networks, options)
    expected = None
    if not options.no_check:
        say("computing what PyTorch answers")
        expected = answers(networks)
    files = write_graphs(networks, options.out, options.precision, options.graphs, not options.short_names, say)
    if options.decoder == "taesd" and not {"unet.onnx", "decoder-taesd.onnx"} <= set(files):
        raise ExportError(
            "--decoder taesd needs the graphs unet and decoder-taesd: leave out --graphs, and fetch TAESD with"
            " `npm run models -- pull musetalk-v15 --with taesd`"
        )
    networks.parts.clear()
    gc.collect()
    checks = []
    if expected is not None:
        say("comparing the files with PyTorch")
        checks = check_files(options.out, files, options.precision, expected, options.threads, lambda line: say("  " + line))
    manifest = write_manifest(networks, options.out, options.precision, files, as_manifest(checks), options.name, options.decoder)
    size = sum(path.stat().st_size for path in options.out.glob("*.onnx*"))
    say(f"{manifest}: {len(files)} graphs, {size / 1e6:.1f} MB, {options.precision}")
    return all(check.passed for check in checks)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 something the user can put right, 3 the files differ from PyTorch."""
    try:
        if export_pack(_arguments(argv)):
            return 0
        print("export: a graph differs from PyTorch by more than its limit; do not use this pack", file=sys.stderr)
        return 3
    except ExportError as error:
        print(f"export: {error}", file=sys.stderr)
    except OSError as error:
        print(f"export: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
    except onnx.checker.ValidationError as error:
        print(f"export: the exporter wrote a broken graph: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
