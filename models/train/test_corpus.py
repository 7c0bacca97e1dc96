"""The corpus is the same for the same seed, and its sound and its times belong together."""
import multiprocessing
from pathlib import Path

import numpy as np
import pytest

import corpus
from augment import augment, opus, telephone
from engines import flite
from sentences import LANGUAGE_SYLLABLES, english, foreign


def _shard(path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    monkeypatch.setattr(corpus, "UTTERANCES_PER_SHARD", 5)
    process = multiprocessing.get_context("fork").Process(target=corpus.make_shard, args=(path, seed, 0))
    process.start()
    process.join()
    with np.load(path) as shard:
        return dict(shard)


def test_the_same_seed_makes_the_same_shard_and_another_seed_another(tmp_path, monkeypatch):
    first, again, other = (
        _shard(tmp_path / f"{name}.npz", seed, monkeypatch) for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert first.keys() == again.keys()
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert first["mel"].shape != other["mel"].shape or not np.array_equal(first["mel"], other["mel"])
    assert first["lengths"].sum() == len(first["mel"]) == len(first["curves"]) == len(first["labels"])


def test_sentences_depend_on_the_generator_only():
    assert english(np.random.default_rng(5)) == english(np.random.default_rng(5))
    assert len({english(np.random.default_rng(seed)) for seed in range(20)}) == 20
    for voice in LANGUAGE_SYLLABLES:
        sentence = foreign(np.random.default_rng(1), voice)
        assert sentence.endswith(".") and len(sentence.split()) >= 4


def test_flite_times_run_on_across_sentences():
    samples, segments = flite("Bob left. We came home. Maria painted a boat.", "slt", 1.0, None)
    starts = [segment.start for segment in segments]
    assert starts == sorted(starts)
    assert segments[-1].end == pytest.approx(len(samples) / 16_000, abs=0.15)


def _delay(clean: np.ndarray, heard: np.ndarray) -> int:
    shifts = range(-80, 81)
    middle = slice(200, -200)
    return max(shifts, key=lambda shift: abs(float(np.dot(clean[middle], np.roll(heard, -shift)[middle]))))


@pytest.mark.parametrize("line", [telephone, lambda samples: opus(samples, 16)])
def test_lines_and_codecs_do_not_move_the_speech(line):
    clean, _ = flite("Please put the blue paper map away.", "rms", 1.0, None)
    heard = line(clean)
    assert len(heard) == len(clean)
    assert abs(_delay(clean, heard)) <= 40  # 2.5 ms


def test_augmentation_keeps_the_length_and_stays_in_range():
    clean, _ = flite("Please put the blue paper map away.", "rms", 1.0, None)
    for seed in range(8):
        heard = augment(clean, np.random.default_rng(seed))
        assert len(heard) == len(clean) and np.isfinite(heard).all()
        assert 10 ** (-31 / 20) <= np.abs(heard).max() <= 1.0
