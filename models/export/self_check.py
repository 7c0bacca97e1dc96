"""Runs exported files in ONNX Runtime on the CPU and measures them against the yardstick."""
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from yardstick import SHORT_MEL_FRAMES, Answers

# Largest and mean error allowed. Features and latents are of size 1, predictions of a few, pictures in 1/255.
# Masked latents have spikes: half the picture is one flat colour, and ONNX Runtime's CPU normalisation sums it in float32.
_LIMITS = {
    "fp32": {"features": (1e-4, 1e-5), "latents": (5e-3, 1e-4), "prediction": (1e-3, 1e-4), "picture": (1, 0.01), "classes": (1, 1e-4)},
    "fp16": {"features": (0.1, 5e-3), "latents": (0.1, 5e-3), "prediction": (0.3, 1e-2), "picture": (32, 0.5), "classes": (1, 1e-4)},
}


@dataclass(frozen=True)
class Check:
    """One comparison: errors are absolute; `size` is the yardstick's mean magnitude."""

    stage: str
    file: str
    maxError: float
    meanError: float
    size: float
    maxAllowed: float
    meanAllowed: float
    seconds: float

    @property
    def passed(self) -> bool:
        return self.maxError <= self.maxAllowed and self.meanError <= self.meanAllowed

    def line(self) -> str:
        mark = "ok" if self.passed else "TOO LARGE"
        return (
            f"{self.stage:<24} max {self.maxError:<10.4g} mean {self.meanError:<10.4g} "
            f"(of {self.size:.3g}; {self.seconds:.1f} s) {mark}"
        )


def as_manifest(checks: list[Check]) -> list[dict]:
    """The checks for pack.yaml, errors to three digits."""
    keys = ("stage", "file", "maxError", "meanError")
    rows = [{key: asdict(check)[key] for key in keys} for check in checks]
    return [{k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in row.items()} for row in rows]


class _Graph:
    def __init__(self, path: Path, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.name = path.name
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        kinds = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
        self._inputs = {port.name: kinds[port.type] for port in self._session.get_inputs()}

    def run(self, **inputs: np.ndarray) -> tuple[np.ndarray, float]:
        started = time.monotonic()
        (output,) = self._session.run(None, {k: v.astype(self._inputs[k]) for k, v in inputs.items()})
        return output, time.monotonic() - started


def _batched(graph: _Graph, sizes: tuple[int, ...], **inputs: np.ndarray) -> tuple[np.ndarray, float]:
    """Run rows in batches of the given sizes, one after the other; seconds per row."""
    outputs, seconds, start = [], 0.0, 0
    for size in sizes:
        output, took = graph.run(**{name: rows[start : start + size] for name, rows in inputs.items()})
        outputs.append(output)
        seconds, start = seconds + took, start + size
    return np.concatenate(outputs), seconds / start


def check_files(folder: Path, files: list[str], precision: str, expected: Answers, threads: int = 0, say=print) -> list[Check]:
    """Compare every graph of `files` with the yardstick, one loaded at a time."""
    checks: list[Check] = []
    rows = len(expected.windows)
    sizes = (1, rows - 1) if rows > 1 else (1,)
    latents = np.repeat(expected.latents[None], rows, 0)

    def compare(stage: str, kind: str, file: str, got: np.ndarray, want: np.ndarray, seconds: float) -> None:
        error = np.abs(got.astype(np.float64) - want.astype(np.float64))
        size = float(np.abs(want.astype(np.float64)).mean())
        limits = _LIMITS[precision][kind]
        checks.append(Check(stage, file, float(error.max()), float(error.mean()), size, *limits, seconds))
        say(checks[-1].line())

    for file in files:
        graph = _Graph(folder / file, threads)
        if file == "whisper-encoder.onnx":
            got, took = graph.run(mel=expected.mel[None])
            compare("features, 3000 frames", "features", file, got[0], expected.hidden, took)
            got, took = graph.run(mel=expected.mel[None, :, :SHORT_MEL_FRAMES])
            compare(f"features, {SHORT_MEL_FRAMES} frames", "features", file, got[0], expected.hidden_short, took)
        elif file == "vae-encoder.onnx":
            got, took = graph.run(crop=expected.crop[None])
            compare("latents", "latents", file, got[0], expected.latents, took)
        elif file == "face-parsing.onnx":
            got, took = graph.run(picture=expected.parser_picture[None])
            compare("classes that differ", "classes", file, got[0] != expected.classes, np.zeros(1), took)
        elif file == "unet.onnx":
            got, took = _batched(graph, sizes, latents=latents, audio=expected.windows)
            compare("prediction", "prediction", file, got, expected.prediction, took)
        elif file == "unet-vae.onnx":
            got, took = _batched(graph, sizes, latents=latents, audio=expected.windows)
            compare("picture, one graph", "picture", file, got, expected.bgr, took)
        elif file in ("decoder-vae.onnx", "decoder-taesd.onnx"):
            want = expected.bgr if file == "decoder-vae.onnx" else expected.bgr_taesd
            got, took = _batched(graph, sizes, prediction=expected.prediction)
            compare(f"picture, {file.removesuffix('.onnx')}", "picture", file, got, want, took)
        del graph
    return checks
