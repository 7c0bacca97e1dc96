"""Score a network on harder speech: `python robustness.py --network mouth.onnx [--speech DIR …] [--part test]`.

The unseen engine (and real speech, when given) as it is, and by other throats, rooms, lines and levels, each from a fixed
seed; other languages by espeak-ng with texts the corpus does not hold. Prints a Markdown table; the jaw in noise alone
is the mean of `jawOpen`, which should be near 0.
"""
import argparse
from pathlib import Path
from typing import Callable

import numpy as np

from articulation import PARAMETER_INDEX
from augment import resample_by, room, telephone
from decoding import Network, decode
from engines import Espeak
from evaluate import Utterance, real_speech, score, unseen_engine
from features import SAMPLE_RATE_HZ
from phonemes import Segment
from sentences import english, foreign

_SEED, _SENTENCES_PER_LANGUAGE = 4242, 8
# Not the seeds of corpora (small numbers), so the texts differ.
_LANGUAGES = dict(German="de", Spanish="es", Italian="it", Polish="pl", Turkish="tr")
Change = Callable[[Utterance, np.random.Generator], Utterance]


def _throat(factor: float) -> Change:
    def change(utterance: Utterance, _: np.random.Generator) -> Utterance:
        samples, segments = utterance
        return resample_by(samples, factor), [Segment(s.name, s.start / factor, s.end / factor) for s in segments]

    return change


def _sound(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Change:
    return lambda utterance, rng: (change(utterance[0], rng).astype(np.float32), utterance[1])


def _noisy(decibels: float) -> Change:
    def add(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        level = np.sqrt((samples**2).mean()) * 10 ** (-decibels / 20)
        return samples + level * rng.normal(size=len(samples))

    return _sound(add)


CONDITIONS: dict[str, Change] = {
    "as it is": _sound(lambda samples, _: samples),
    "child (throat 1.25 × shorter)": _throat(1.25),
    "large man (throat 1.15 × longer)": _throat(1 / 1.15),
    "quiet (−30 dB)": _sound(lambda samples, _: samples * 10 ** (-30 / 20)),
    "telephone (8 kHz, µ-law)": _sound(lambda samples, _: telephone(samples)),
    "room": _sound(room),
    "white noise at 20 dB": _noisy(20),
    "white noise at 10 dB": _noisy(10),
}


def languages() -> dict[str, dict[str, list[Utterance]]]:
    espeak, sets = Espeak(), {}
    for name, voice in {"English": "en-us", **_LANGUAGES}.items():
        rng = np.random.default_rng([_SEED, len(sets)])
        texts = [english(rng) if name == "English" else foreign(rng, voice) for _ in range(_SENTENCES_PER_LANGUAGE)]
        sets[name] = {voice: [espeak.say(text, voice, 160, 50, 50) for text in texts]}
    return sets


def jaw_in_noise(network: Network) -> dict[int, float]:
    """Mean jawOpen in ten seconds of white noise at some levels (dB of full scale)."""
    rng = np.random.default_rng(_SEED)
    jaw = PARAMETER_INDEX["jawOpen"]
    noise = rng.normal(size=10 * SAMPLE_RATE_HZ).astype(np.float32)
    return {level: float(decode(*network.run(noise * 10 ** (level / 20)))[:, jaw].mean()) for level in (-60, -50, -40, -30)}


def _row(name: str, result: dict[str, float]) -> str:
    names = ("classAccuracy", "closureRecall", "falseClosuresAboveTarget", "jawCorrelation", "jawSdRatio")
    return f"| {name} | " + " | ".join(f"{result[figure]:.2f}" for figure in names) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--speech", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--part", choices=("all", "tuning", "test"), default="test")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "lite-train" / "alignments")
    options = parser.parse_args()
    network = Network(options.network)
    sets = {"festival": unseen_engine()}
    for folder in options.speech:
        sets[folder.name] = real_speech(folder, options.part, options.cache)[0]
    print("| speech | class accuracy | closure recall | false closures above target | jaw r | jaw s.d. ÷ target |")
    print("| --- | --- | --- | --- | --- | --- |")
    for set_name, by_speaker in sets.items():
        for name, change in CONDITIONS.items():
            rng = np.random.default_rng(_SEED)
            changed = {who: [change(one, rng) for one in spoken] for who, spoken in by_speaker.items()}
            print(_row(f"{set_name}, {name}", score(network, changed)["mean"]), flush=True)
    for name, by_speaker in languages().items():
        print(_row(f"espeak-ng, {name}", score(network, by_speaker)["mean"]))
    print("\njaw in noise alone:", ", ".join(f"{level} dB: {jaw:.3f}" for level, jaw in jaw_in_noise(network).items()))


if __name__ == "__main__":
    main()
