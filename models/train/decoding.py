"""From samples to mouth parameters as the product does it (agent/src/packs/lite), at every phase of the frame grid.

The product averages 3 network steps per 40 ms frame and the 2 before; here every step is decoded as if a frame began one step earlier.
"""
from pathlib import Path

import numpy as np
import onnxruntime

from articulation import CLASS_INDEX, DOMINANCES, PARAMETER_INDEX, PARAMETERS, PRIOR_MEAN, TARGETS
from features import features, subtract_running_mean
from phonemes import BILABIAL

_DELAY_STEPS, _RECEPTIVE_STEPS = 8, 64
_SILENT_FEATURE = -0.75
_POSTERIOR_SHARES = dict(jawOpen=0.1, mouthClose=0.2, mouthUpperUp=0.4, mouthLowerDown=0.4)
_SHARES = np.array([_POSTERIOR_SHARES.get(name, 0.5) for name in PARAMETERS])
_GATE_GAIN, _GATE_OFFSET, JAW_GAIN, _PRESS_WHEN_SHUT = 3.2, 0.1, 1.2, 0.35
# Steps averaged, from the middle one of a frame's three: the frame's own, and two before for all but the gate.
_SMOOTHED, _GATED = (-3, 1), (-1, 1)


class Network:
    """A mouth.onnx, run over whole utterances as a fresh stream."""

    def __init__(self, path: Path, prior: np.ndarray = PRIOR_MEAN) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._prior = prior

    def run(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(mouth parameters [steps, 12], class posteriors [steps, 24]) for each 10 ms of `samples`."""
        steps = len(samples) // 160
        mel = features(np.pad(samples, (0, (_DELAY_STEPS + 1) * 160)))[: steps + _DELAY_STEPS]
        centred = subtract_running_mean(mel[None], self._prior)[0]
        before = np.repeat(_SILENT_FEATURE - self._prior[None], _RECEPTIVE_STEPS, 0)
        x = np.concatenate([before, centred]).T[None].astype(np.float32)
        shape, logits = self._session.run(["params", "class_logits"], {"mel_minus_running_mean": x})
        first = _RECEPTIVE_STEPS + _DELAY_STEPS
        scores = np.exp(logits[0, :, first:] - logits[0, :, first:].max(0))
        return shape[0, :, first:].T, (scores / scores.sum(0)).T


def _mean(values: np.ndarray, steps: tuple[int, int]) -> np.ndarray:
    """Mean over steps t + first … t + last."""
    first, last = steps
    padded = np.pad(values, ((-first, last), (0, 0)), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, last - first + 1, axis=0).mean(-1)


def decode(regression: np.ndarray, posterior: np.ndarray) -> np.ndarray:
    """Blend of posterior decode and regression, then the bilabial gate; [steps, 12]."""
    numerator = _mean(posterior @ (TARGETS * DOMINANCES), _SMOOTHED)
    denominator = _mean(posterior @ DOMINANCES, _SMOOTHED)
    out = _SHARES * numerator / np.maximum(denominator, 1e-6) + (1 - _SHARES) * _mean(regression, _SMOOTHED)
    bilabial = _mean(posterior[:, [CLASS_INDEX[BILABIAL]]], _GATED)[:, 0]
    open_ = 1 - np.clip(bilabial * _GATE_GAIN - _GATE_OFFSET, 0, 1)
    at = PARAMETER_INDEX
    out[:, at["jawOpen"]] *= JAW_GAIN
    out[:, at["mouthClose"]] = np.maximum(out[:, at["mouthClose"]], out[:, at["jawOpen"]] * (1 - open_))
    for name in ("mouthUpperUp", "mouthLowerDown", "mouthFunnel"):
        out[:, at[name]] *= open_
    out[:, at["mouthPress"]] = np.maximum(out[:, at["mouthPress"]], _PRESS_WHEN_SHUT * (1 - open_))
    return np.clip(out, 0, 1)


def lip_aperture(curves: np.ndarray) -> np.ndarray:
    """How far the lips are apart, [steps], 0 = shut."""
    at = PARAMETER_INDEX
    jaw = np.clip(curves[:, at["jawOpen"]] - curves[:, at["mouthClose"]], 0, 1)
    return jaw + 0.45 * (curves[:, at["mouthUpperUp"]] + curves[:, at["mouthLowerDown"]])
