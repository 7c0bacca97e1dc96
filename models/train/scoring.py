"""Scores of decoded mouth curves against phoneme timings and the curves made from them."""
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from articulation import CLASS_INDEX, PARAMETER_INDEX, curves, labels
from decoding import decode, lip_aperture
from phonemes import BILABIAL, VOWELS, Segment

# A closure is an aperture below this share of the utterance's usual vowel.
_CLOSED_SHARE = 0.45
_CLOSURE_MARGIN_STEPS = 2
_SHORTEST_VOWEL_S = 0.06


def _closures(aperture: np.ndarray, segments: list[Segment]) -> tuple[list[bool], list[bool]]:
    """(per bilabial: was it closed, per vowel: was it wrongly closed)."""

    def part(segment: Segment, margin: int) -> np.ndarray:
        first = max(0, int(segment.start * 100) - margin)
        return aperture[first : max(first + 1, int(np.ceil(segment.end * 100)) + margin)]

    inside = [s for s in segments if s.end * 100 < len(aperture)]
    vowels = [s for s in inside if s.name in VOWELS and s.end - s.start > _SHORTEST_VOWEL_S]
    bilabials = [s for s in inside if s.name == BILABIAL]
    if not vowels:
        return [], []
    limit = _CLOSED_SHARE * np.median([part(s, 0).mean() for s in vowels])
    return (
        [bool(part(s, _CLOSURE_MARGIN_STEPS).min() < limit) for s in bilabials],
        [bool(part(s, -1).min() < limit) for s in vowels],
    )


def _rounding(values: np.ndarray) -> np.ndarray:
    return values[:, PARAMETER_INDEX["mouthFunnel"]] + values[:, PARAMETER_INDEX["mouthPucker"]]


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 1e-6 and b.std() > 1e-6 else 0.0


@dataclass
class Scores:
    """Scores of one speaker's utterances; `add` each, then `summary`."""

    _values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, regression: np.ndarray, posterior: np.ndarray, segments: list[Segment]) -> None:
        steps = len(regression)
        target = curves(segments, steps)
        mouth = decode(regression, posterior)
        name = labels(segments, steps)
        spoken = slice(int(segments[0].start * 100), int(segments[-1].end * 100))
        jaw = PARAMETER_INDEX["jawOpen"]
        to = self._values
        to["classAccuracy"].append((posterior.argmax(1)[spoken] == name[spoken]).mean())
        bilabial = name == CLASS_INDEX[BILABIAL]
        if bilabial.any():
            to["bilabialFramesFound"].append((posterior.argmax(1) == name)[bilabial].mean())
        to["jawCorrelation"].append(_correlation(mouth[:, jaw], target[:, jaw]))
        to["jawSdRatio"].append(mouth[:, jaw].std() / target[:, jaw].std())
        to["roundingCorrelation"].append(_correlation(_rounding(mouth), _rounding(target)))
        for kind, curve in (("", mouth), ("Target", target)):
            closed, wrongly = _closures(lip_aperture(curve), segments)
            to[f"closureRecall{kind}"] += closed
            to[f"falseClosures{kind}"] += wrongly

    def summary(self) -> dict[str, float]:
        means = {name: float(np.nanmean(values)) for name, values in self._values.items() if values}
        means["falseClosuresAboveTarget"] = means.get("falseClosures", 0) - means.get("falseClosuresTarget", 0)
        counts = {"utterances": len(self._values["classAccuracy"]), "closures": len(self._values["closureRecall"])}
        return {name: round(value, 4) for name, value in means.items()} | counts


def over_speakers(summaries: list[dict[str, float]]) -> dict[str, float]:
    """Mean of each score over speakers (each counts the same), sums of the counts."""
    out = {}
    for name in summaries[0]:
        values = [summary[name] for summary in summaries if name in summary]
        out[name] = sum(values) if name in ("utterances", "closures") else round(float(np.mean(values)), 4)
    return out
