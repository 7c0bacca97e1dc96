"""Training batches: takes of several seconds, chained from corpus utterances, with the running mean taken out."""
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from articulation import CLASS_INDEX, PRIOR_MEAN, curves
from features import BINS, MEL_EDGES_HZ, subtract_running_mean
from phonemes import SILENCE

_SILENT = CLASS_INDEX[SILENCE]
_MOUTH_AT_REST = curves([], 1)[0]
# Every 20th shard is for validation.
_VALIDATION_STRIDE = 20


class Corpus:
    """The shards of a folder; `load_new` picks up those written since."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: set[str] = set()
        self.training: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.validation: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.load_new()
        if not self.training:
            raise SystemExit(f"no training shards in {folder}: run corpus.py --out {folder} first")

    def load_new(self) -> None:
        for path in sorted(self._folder.glob("shard-*.npz")):
            if path.name in self._loaded:
                continue
            self._loaded.add(path.name)
            number = int(path.stem.split("-")[1])
            to = self.validation if number % _VALIDATION_STRIDE == _VALIDATION_STRIDE - 1 else self.training
            with np.load(path) as shard:
                ends = np.cumsum(shard["lengths"])[:-1]
                parts = (np.split(shard[name], ends) for name in ("mel", "curves", "labels"))
                to.extend(zip(*parts))

    @property
    def minutes(self) -> float:
        return sum(len(labels) for _, _, labels in self.training) / 6000


def _throat_matrices() -> list[np.ndarray]:
    """For each warp factor a matrix [80, 80] that moves the spectrum as a shorter or longer vocal tract does."""
    centres = MEL_EDGES_HZ[1:-1]
    matrices = []
    for factor in np.linspace(0.84, 1.19, 15):
        at = np.interp(centres / factor, centres, np.arange(BINS))
        low = np.minimum(at.astype(int), BINS - 2)
        matrix = np.zeros((BINS, BINS), dtype=np.float32)
        matrix[low, np.arange(BINS)] = 1 - (at - low)
        matrix[low + 1, np.arange(BINS)] += at - low
        matrices.append(matrix)
    return matrices


_THROATS = _throat_matrices()


def _reverberate(mel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A late tail in the energy domain."""
    energy = 10 ** (4 * mel.astype(np.float64))
    decay = 10 ** (-0.03 / rng.uniform(0.25, 1.1))
    tail = lfilter([0, 0, 1 - decay], [1, -decay], energy, axis=0)
    gain = 10 ** (-rng.uniform(3, 16) / 10) * rng.uniform(1, 4)
    return (np.log10(energy + gain * tail) / 4).astype(np.float32)


def _take(utterances: list, steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Utterances with pauses between them, `steps` long, starting anywhere in the first one."""
    mel = np.zeros((steps, BINS), dtype=np.float32)
    curve = np.tile(_MOUTH_AT_REST, (steps, 1))
    label = np.full(steps, _SILENT, dtype=np.int64)
    at = 0
    while at < steps:
        speech, target, name = utterances[rng.integers(len(utterances))]
        start = rng.integers(0, max(1, len(speech) - 100)) if at == 0 else 0
        count = min(steps - at, len(speech) - start)
        mel[at : at + count] = speech[start : start + count]
        curve[at : at + count] = target[start : start + count]
        label[at : at + count] = name[start : start + count]
        at += count
        pause = min(steps - at, int(rng.integers(0, 60)))
        if pause:
            mel[at : at + pause] = mel[at - 1] + rng.normal(0, 0.02, (pause, BINS))
            curve[at : at + pause] = curve[at - 1] * np.exp(-np.arange(pause) / 6)[:, None]
            at += pause
    return mel, curve, label


def batch(utterances: list, size: int, steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(network input [size, 80, steps], curves [size, 12, steps], labels [size, steps])."""
    mels, targets, names = (np.stack(part) for part in zip(*(_take(utterances, steps, rng) for _ in range(size))))
    for i in range(size):
        if rng.random() < 0.6:
            mels[i] = mels[i] @ _THROATS[rng.integers(len(_THROATS))]
        if rng.random() < 0.3:
            mels[i] = _reverberate(mels[i], rng)
        if rng.random() < 0.35:
            floor = rng.uniform(-0.3, 0.4) + 0.05 * rng.normal(size=mels[i].shape)
            mels[i] = np.maximum(mels[i], floor)
        mels[i] += rng.normal(0, 0.1)
        if rng.random() < 0.4:
            mels[i] += rng.normal(0, 0.03, mels[i].shape)
    out = subtract_running_mean(mels, PRIOR_MEAN).transpose(0, 2, 1)
    for i in range(size):
        if rng.random() < 0.5:
            bin_ = rng.integers(0, BINS - 14)
            out[i, bin_ : bin_ + rng.integers(2, 12)] = 0
    return np.ascontiguousarray(out), targets.transpose(0, 2, 1), names
