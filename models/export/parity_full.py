"""Full-size proof: exports MuseTalk's architecture and measures every graph against PyTorch, stage by stage.

Without --checkpoints the weights are random (same sizes, same operations). Needs 12 GB of memory and 8 GB of disk for
fp32, less for fp16; on a CPU it takes minutes.
"""
import argparse
import gc
import json
import sys
import tempfile
import time
from pathlib import Path

import torch
from export import say
from make_goldens import write_goldens
from networks import DEFAULT_SEED, published_networks, random_networks
from pack_files import graph_names, write_graphs, write_manifest
from published import ExportError
from self_check import Check, as_manifest, check_files
from yardstick import answers


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="published weights instead of random ones")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--precision", choices=("fp16", "fp32", "both"), default="both")
    parser.add_argument("--graphs", default="all", help="as of export.py")
    parser.add_argument("--frames", type=int, nargs="+", default=[30, 42], help="video frames of the test sound to paint")
    parser.add_argument("--size", choices=("full", "tiny"), default="full", help="tiny: a quick try of this script")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep the packs here (fp32/, fp16/); default: a temporary folder")
    parser.add_argument("--goldens", action="store_true", help="also write golden vectors to golden/ in the folder of --work")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the stages here")
    parser.add_argument("--threads", type=int, default=0, help="default: all cores")
    return parser.parse_args()


def _stage(precision: str, check: Check) -> dict:
    errors = {"maxError": check.maxError, "meanError": check.meanError}
    limits = {"tolerance": check.maxAllowed, "meanTolerance": check.meanAllowed}
    facts = {"passed": check.passed, "size": check.size, "seconds": round(check.seconds, 2)}
    return {"stage": f"{check.stage}, {precision}", **errors, **limits, **facts}


def measure(options: argparse.Namespace, work: Path) -> list[dict]:
    """Export and compare at each precision; the networks are built twice, so that memory holds one copy at a time."""
    stages: list[dict] = []
    expected = None
    for precision in ("fp32", "fp16") if options.precision == "both" else (options.precision,):
        if options.checkpoints:
            networks = published_networks(options.checkpoints, say)
        else:
            networks = random_networks(options.size, options.seed, say)
        if expected is None:
            say("computing what PyTorch answers")
            expected = answers(networks, tuple(options.frames))
            if options.goldens:
                write_goldens(work / "golden", expected, tuple(options.frames), networks=networks.origin)
        out = work / precision
        out.mkdir(parents=True, exist_ok=True)
        files = write_graphs(networks, out, precision, graph_names(options.graphs), True, say)
        networks.parts.clear()
        gc.collect()
        say(f"comparing {precision} with PyTorch")
        checks = check_files(out, files, precision, expected, options.threads, lambda line: say("  " + line))
        write_manifest(networks, out, precision, files, as_manifest(checks), "musetalk-v15")
        stages += [_stage(precision, check) for check in checks]
    return stages


def main() -> int:
    options = _arguments()
    if options.goldens and (options.work is None or len(options.frames) < 2):
        print("parity: --goldens needs --work and two or more --frames", file=sys.stderr)
        return 1
    if options.threads:
        torch.set_num_threads(options.threads)
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            stages = measure(options, options.work or Path(temporary))
    except ExportError as error:
        print(f"parity: {error}", file=sys.stderr)
        return 1
    report = {"weights": "published" if options.checkpoints else "random", "seconds": round(time.monotonic() - started)}
    if options.json:
        options.json.write_text(json.dumps({**report, "stages": stages}, indent=1) + "\n")
    failed = [stage["stage"] for stage in stages if not stage["passed"]]
    say(f"{len(stages)} stages, {len(failed)} too far from PyTorch{': ' + ', '.join(failed) if failed else ''}")
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
