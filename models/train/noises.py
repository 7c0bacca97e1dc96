"""Training shards without speech: `python noises.py --out DIR [--takes 200] [--first 80000]`.

Rooms, fans, hum and line noise from −60 dB to quite loud, some with a knock or a rustle, all labelled silence: a mouth
that listens must not move. The level normaliser has heard a voice before (or nothing yet), as in a conversation.
"""
import argparse
from pathlib import Path

import numpy as np

from articulation import curves, labels
from augment import microphone, noise, room
from corpus import write_shard
from features import SAMPLE_RATE_HZ, features
from phonemes import SILENCE, Segment

_SHORTEST_S, _LONGEST_S = 1.5, 5.0


def quiet_take(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(features [n, 80], curves [n, 12], labels [n]) of a take in which nobody speaks."""
    count = int(rng.uniform(_SHORTEST_S, _LONGEST_S) * SAMPLE_RATE_HZ)
    sound = noise(np.zeros(count, dtype=np.float32) + 1e-6 * rng.normal(size=count), rng)
    for _ in range(rng.integers(0, 3)):  # a knock: a click and its decay
        start, length = int(rng.integers(0, count - 800)), int(rng.integers(60, 800))
        burst = rng.normal(size=length) * np.exp(-np.arange(length) / length * 5)
        sound[start : start + length] += burst * np.abs(sound).max() * rng.uniform(1, 8)
    if rng.random() < 0.5:
        sound = room(sound, rng)
    sound = microphone(sound, rng)
    level = 10 ** (rng.uniform(-60, -15) / 20)
    sound = sound / (np.sqrt((sound**2).mean()) + 1e-12) * level
    heard_before = None if rng.random() < 0.3 else float(10 ** (rng.uniform(-20, 0) / 20))
    mel = features(np.clip(sound, -1, 1).astype(np.float32), heard_before)
    steps = count // 160
    silence = [Segment(SILENCE, 0, count / SAMPLE_RATE_HZ)]
    return mel[:steps], curves(silence, steps), labels(silence, steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--takes", type=int, default=200)
    parser.add_argument("--first", type=int, default=80_000, help="number of the shard")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng([options.seed, options.first])
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"shard-{options.first:05d}.npz"
    minutes = write_shard(path, [(*quiet_take(rng), "noise") for _ in range(options.takes)])
    print(f"{path}: {minutes:.1f} min without speech")


if __name__ == "__main__":
    main()
