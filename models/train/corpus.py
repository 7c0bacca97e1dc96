"""Make the speech corpus: `python corpus.py --out DIR --utterances 2000 [--seed 1] [--first 0]`.

Shards of features, curves and labels (no sound is kept). A shard depends on the seed and its number only: each is made
in a process of its own, because espeak-ng's library carries state from one utterance to the next. A run that was
stopped goes on with the shards still missing.
"""
import argparse
import ctypes
import multiprocessing
import time
from pathlib import Path

import numpy as np

from articulation import curves, labels, loudness
from augment import augment, resample_by
from engines import EngineError, Espeak, Speech, flite
from features import SAMPLE_RATE_HZ, features
from phonemes import Segment
from sentences import LANGUAGE_SYLLABLES, english, foreign

UTTERANCES_PER_SHARD = 50
VARIANTS_PER_UTTERANCE = 2
_SHORTEST_S, _LONGEST_S = 0.6, 15.0
_FLITE_SHARE = 0.5
# awb, rms and slt come from recordings of people and count more than the diphones of kal16.
_FLITE_VOICES = {"slt": 110, "rms": 75, "awb": 95, "kal16": 80}
_FLITE_WEIGHTS = [0.34, 0.28, 0.26, 0.12]
_ENGLISH_VOICES = ["en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-us-nyc", "en-029"]
_VARIANTS = (
    ["", *(f"+m{i}" for i in range(1, 9)), *(f"+f{i}" for i in range(1, 6))]
    + "+klatt +klatt2 +klatt3 +croak +adam +anika +belinda +boris +linda +michel".split()
    + "+quincy +steph +zac +grandma +Andy".split()
)
_C_LIBRARY = ctypes.CDLL(None)


def speak(rng: np.random.Generator, espeak: Espeak) -> tuple[Speech, str]:
    """A random voice says a random text; also names the voice."""
    if rng.random() < _FLITE_SHARE:
        voice = str(rng.choice(list(_FLITE_VOICES), p=_FLITE_WEIGHTS))
        pitch = _FLITE_VOICES[voice] * rng.uniform(0.8, 1.3) if rng.random() < 0.5 else None
        return flite(english(rng), voice, rng.uniform(0.72, 1.35), pitch), f"flite-{voice}"
    if rng.random() < 0.4:
        language = str(rng.choice(_ENGLISH_VOICES))
        text = english(rng)
    else:
        language = str(rng.choice(list(LANGUAGE_SYLLABLES)))
        text = foreign(rng, language)
    variant = str(rng.choice(_VARIANTS))
    # espeak-ng draws its breath noise from the C library's generator: seed it, or no two runs are alike
    _C_LIBRARY.srand(int(rng.integers(2**31)))
    rate, pitch, spread = (int(rng.integers(*limits)) for limits in ((115, 235), (10, 90), (10, 90)))
    return espeak.say(text, language + variant, rate, pitch, spread), f"espeak-{language}{variant}"


def variant_of(speech: Speech, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Another throat and another room: (features [n, 80], curves [n, 12], labels [n])."""
    clean, segments = speech
    factor = float(np.exp(rng.normal(0, 0.12))) if rng.random() < 0.8 else 1.0
    clean = resample_by(clean, factor)
    segments = [Segment(s.name, s.start / factor, s.end / factor) for s in segments]
    heard = augment(clean, rng)
    # half the utterances open a stream, half come when the level normaliser has settled on a somewhat louder peak
    peak = float(np.abs(heard).max() * rng.uniform(0.9, 2.0)) if rng.random() < 0.6 else None
    mel = features(heard, max(peak, 0.02) if peak else None)
    steps = len(clean) // 160
    return mel[:steps], curves(segments, steps, loudness(clean, steps)), labels(segments, steps)


def make_shard(path: Path, seed: int, first: int) -> float:
    """Write utterances first … first + UTTERANCES_PER_SHARD − 1; returns minutes of speech. Call in a fresh process."""
    espeak = Espeak()
    made: list[tuple[np.ndarray, np.ndarray, np.ndarray, str]] = []
    for index in range(first, first + UTTERANCES_PER_SHARD):
        rng = np.random.default_rng([seed, index])
        try:
            speech, voice = speak(rng, espeak)
        except EngineError as error:
            print(f"utterance {index}: {error}")
            continue
        if _SHORTEST_S < len(speech[0]) / SAMPLE_RATE_HZ < _LONGEST_S:
            made += [(*variant_of(speech, rng), voice) for _ in range(VARIANTS_PER_UTTERANCE)]
    return write_shard(path, made)


def write_shard(path: Path, made: list[tuple[np.ndarray, np.ndarray, np.ndarray, str]]) -> float:
    """Write (features, curves, labels, voice) of each utterance, all or nothing; returns minutes of speech."""
    mels, targets, classes, voices = zip(*made)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(
            file, mel=np.concatenate(mels).astype(np.float16), curves=np.concatenate(targets).astype(np.float16),
            labels=np.concatenate(classes), lengths=np.array([len(label) for label in classes]), voices=np.array(voices),
        )  # fmt: skip
    part.rename(path)
    return sum(map(len, classes)) / 6000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--utterances", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help=f"first utterance, a multiple of {UTTERANCES_PER_SHARD}")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.first % UTTERANCES_PER_SHARD:
        parser.error(f"--first must be a multiple of {UTTERANCES_PER_SHARD}")
    options.out.mkdir(parents=True, exist_ok=True)
    started, minutes = time.monotonic(), 0.0
    paths = {
        options.out / f"shard-{first // UTTERANCES_PER_SHARD:05d}.npz": first
        for first in range(options.first, options.first + options.utterances, UTTERANCES_PER_SHARD)
    }
    missing = [(path, options.seed, first) for path, first in paths.items() if not path.exists()]
    # fork: the parent must not have opened espeak-ng
    with multiprocessing.get_context("fork").Pool(options.jobs, maxtasksperchild=1) as pool:
        for number, made in enumerate(pool.imap_unordered(_make, missing, chunksize=1), 1):
            minutes += made
            print(f"{number}/{len(missing)} shards, {minutes:.1f} min, {time.monotonic() - started:.0f} s", flush=True)


def _make(task: tuple[Path, int, int]) -> float:
    return make_shard(*task)


if __name__ == "__main__":
    main()
