"""References hold what the evaluation of the product needs, and it scores as scoring.py does.

`python test_references.py` writes eval/scoring.golden.json anew, after a change of the definitions in both places.
"""
import json
from pathlib import Path

import numpy as np
import pytest

import scoring
from articulation import CLASSES, PARAMETERS, curves, labels
from phonemes import Segment
from references import Reference, in_part, write_references

_GOLDEN = Path(__file__).parents[2] / "eval" / "scoring.golden.json"
_STEPS = 160
_SEGMENTS = [
    Segment("sil", 0.0, 0.12), Segment("PP", 0.12, 0.2), Segment("aa", 0.2, 0.37), Segment("DD", 0.37, 0.44),
    Segment("iy", 0.44, 0.53), Segment("PP", 0.53, 0.61), Segment("ow", 0.61, 0.72), Segment("uw", 0.72, 0.77),
    Segment("PP", 0.77, 0.83), Segment("SS", 0.83, 0.95), Segment("eh", 0.95, 1.08), Segment("sil", 1.08, 1.6),
]  # fmt: skip


def _waves(offset: float) -> np.ndarray:
    """Curves that the other test makes by the same formula: [steps, 12], 0–1."""
    step, column = np.meshgrid(np.arange(_STEPS), np.arange(len(PARAMETERS)), indexing="ij")
    return 0.5 + 0.5 * np.sin(0.13 * step + 0.9 * column + offset)


def _scores(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    name = labels(_SEGMENTS, _STEPS)
    said = np.where(np.arange(_STEPS) % 3 == 0, (name + 1) % len(CLASSES), name)
    monkeypatch.setattr(scoring, "decode", lambda regression, posterior: regression)
    monkeypatch.setattr(scoring, "curves", lambda segments, steps: _waves(0.4))
    scores = scoring.Scores()
    scores.add(_waves(0.0), np.eye(len(CLASSES))[said], _SEGMENTS)
    return {
        "steps": _STEPS,
        "segments": [list(segment) for segment in _SEGMENTS],
        "labels": name.tolist(),
        "said": said.tolist(),
        "expected": scores.summary(),
    }


def test_scores_are_those_of_the_products_evaluation(monkeypatch):
    golden = json.loads(_GOLDEN.read_text())
    assert _scores(monkeypatch) == golden


def test_an_utterance_is_written_with_its_target_and_labels(tmp_path):
    samples = np.sin(np.arange(16_000 * 2) / 9).astype(np.float32) / 3
    write_references([Reference("a-01", "a", "pad it", samples, _SEGMENTS)], ["b-02"], tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    (entry,) = index["utterances"]
    assert index["notAligned"] == ["b-02"] and index["classes"] == CLASSES and index["parameters"] == PARAMETERS
    assert entry["steps"] == 200 and entry["labels"] == labels(_SEGMENTS, 200).tolist()
    assert [tuple(segment) for segment in entry["segments"]] == [tuple(segment) for segment in _SEGMENTS]
    assert np.array_equal(np.fromfile(tmp_path / "a-01.f32", "<f4"), samples)
    target = np.fromfile(tmp_path / "a-01.target.f32", "<f4").reshape(200, len(PARAMETERS))
    assert np.array_equal(target, curves(_SEGMENTS, 200))


def test_parts_are_told_by_the_last_digit():
    assert [in_part("LJ001-0002", part) for part in ("all", "tuning", "test")] == [True, True, False]
    assert [in_part("LJ001-0003", part) for part in ("all", "tuning", "test")] == [True, False, True]
    assert in_part("hello", "all")
    with pytest.raises(SystemExit, match="hello: its name must end in a digit"):
        in_part("hello", "test")


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        _GOLDEN.write_text(json.dumps(_scores(patch)))
