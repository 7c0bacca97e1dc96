"""Training shards from real speech: `python real_corpus.py --speech DIR --out DIR [--variants 20] [--part tuning]`.

The second path beside corpus.py: recordings with a transcripts.csv, timed by forced alignment (alignment.py), in the
same shards, so that they can lie in the same folder and be mixed into training. Recordings used here must not be
scored afterwards. Numbers start at --first so that they do not collide with the synthetic shards.
"""
import argparse
from pathlib import Path

import numpy as np

from corpus import variant_of, write_shard
from evaluate import real_speech


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--part", choices=("all", "tuning", "test"), default="tuning")
    parser.add_argument("--variants", type=int, default=20, help="rooms, lines and throats per recording")
    parser.add_argument("--first", type=int, default=90_000, help="number of the shard")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "lite-train" / "alignments")
    options = parser.parse_args()
    by_speaker, _ = real_speech(options.speech, options.part, options.cache)
    rng = np.random.default_rng([options.seed, options.first])
    made = [
        (*variant_of(speech, rng), speaker)
        for speaker, utterances in by_speaker.items()
        for speech in utterances
        for _ in range(options.variants)
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"shard-{options.first:05d}.npz"
    print(f"{path}: {write_shard(path, made):.1f} min of speech")


if __name__ == "__main__":
    main()
