"""Mouth curves from phoneme timings, by dominance (Cohen & Massaro 1993).

Each class has a target and a dominance per mouth parameter (models/lite/mouth.json, the same table the product decodes
with) and a width here. A segment's dominance is 1 inside it and falls off outside; the curve at a moment is the
dominance-weighted mean of all targets, so that strong gestures (lips shut for p) win and weak ones give way.
"""
import json
from pathlib import Path

import numpy as np

from phonemes import SILENCE, VOWELS, Segment

STEPS_PER_SECOND = 100
_TABLE = json.loads((Path(__file__).parent.parent / "lite" / "mouth.json").read_text())
CLASSES: list[str] = _TABLE["classes"]
PARAMETERS: list[str] = _TABLE["parameters"]
TARGETS = np.array(_TABLE["targets"])
DOMINANCES = np.array(_TABLE["dominances"])
PRIOR_MEAN = np.array(_TABLE["priorMean"], dtype=np.float32)
CLASS_INDEX = {name: i for i, name in enumerate(CLASSES)}
PARAMETER_INDEX = {name: i for i, name in enumerate(PARAMETERS)}

# How far a class reaches beyond its segment, ms.
WIDTH_MS = dict(
    sil=90, PP=45, FF=50, TH=50, DD=45, SS=55, CH=60, RR=60, kk=50, LL=50, ww=65, hh=45, yy=50,
    aa=75, ae=75, ah=65, eh=70, ih=60, iy=75, ao=75, ow=75, uw=75, uh=65, er=70,
)
# Rounding is prepared early, spreading a little.
_ANTICIPATION = np.ones(len(PARAMETERS))
for _name, _factor in (("mouthFunnel", 1.7), ("mouthPucker", 1.7), ("mouthStretch", 1.2)):
    _ANTICIPATION[PARAMETER_INDEX[_name]] = _factor
_OPENING = [PARAMETER_INDEX[name] for name in ("jawOpen", "mouthUpperUp", "mouthLowerDown")]
_SHORTEST_PAUSE_S = 0.04


def _vowel_amplitude(segment: Segment, loudness_db: np.ndarray | None) -> float:
    """Short vowels undershoot, loud ones open wider."""
    amplitude = np.clip(0.62 + (segment.end - segment.start) / 0.16 * 0.38, 0.62, 1.12)
    if loudness_db is not None:
        first = int(segment.start * STEPS_PER_SECOND)
        part = loudness_db[first : max(int(segment.end * STEPS_PER_SECOND), first + 1)]
        if len(part):
            amplitude *= np.clip(1 + part.mean() * 0.05, 0.75, 1.2)
    return float(amplitude)


def curves(segments: list[Segment], steps: int, loudness_db: np.ndarray | None = None) -> np.ndarray:
    """Mouth parameters, float32 [steps, 12], 100 per second; step i is the moment i / 100 s.

    loudness_db: per step, relative to the utterance's loud parts (see `loudness`); None = not used.
    """
    time = np.arange(steps) / STEPS_PER_SECOND
    numerator = np.zeros((steps, len(PARAMETERS)))
    denominator = np.full((steps, len(PARAMETERS)), 1e-4)
    for segment in segments:
        if segment.name == SILENCE and segment.end - segment.start < _SHORTEST_PAUSE_S:
            continue
        target = TARGETS[CLASS_INDEX[segment.name]].copy()
        if segment.name in VOWELS:
            target[_OPENING] *= _vowel_amplitude(segment, loudness_db)
        width = WIDTH_MS[segment.name] / 1000
        inset = (segment.end - segment.start) / 8
        before = np.maximum(segment.start + inset - time, 0)[:, None] / (_ANTICIPATION * width)
        after = np.maximum(time - (segment.end - inset), 0)[:, None] / width
        weight = DOMINANCES[CLASS_INDEX[segment.name]] * np.exp(-((before + after) ** 1.6))
        numerator += weight * target
        denominator += weight
    return (numerator / denominator).astype(np.float32)


def labels(segments: list[Segment], steps: int) -> np.ndarray:
    """Class index per step, uint8 [steps]; silence where no segment is."""
    out = np.full(steps, CLASS_INDEX[SILENCE], dtype=np.uint8)
    for segment in segments:
        first, last = round(segment.start * STEPS_PER_SECOND), round(segment.end * STEPS_PER_SECOND)
        out[first : max(last, first + 1)] = CLASS_INDEX[segment.name]
    return out


def loudness(samples: np.ndarray, steps: int) -> np.ndarray:
    """Level per step in dB, relative to the 85th percentile of the utterance (25 ms windows, 16 kHz)."""
    power = np.convolve(samples.astype(np.float64) ** 2, np.ones(400) / 400, "same")[::160]
    level = 10 * np.log10(np.maximum(power, 1e-9))
    level = np.pad(level, (0, max(0, steps - len(level))), mode="edge")[:steps]
    return level - np.percentile(level, 85)
