"""What the network and the product are scored against: speech with phoneme times, and the curves made from them.

`python references.py --out DIR --speech FOLDER [--part all|tuning|test]` or `python references.py --out DIR --festival`
writes, for each utterance NAME, DIR/NAME.f32 (16 kHz samples) and DIR/NAME.target.f32 (mouth parameters, steps × 12, one
step per 10 ms), little-endian float32, and DIR/index.json with texts, phoneme segments and class labels.
`npm run eval` runs this and scores the product with it; evaluate.py scores network candidates with the same utterances.
Needs neither torch nor onnxruntime: requirements-eval.txt.
"""
import argparse
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from alignment import aligned, read_transcripts, segments_of
from articulation import CLASSES, PARAMETERS, curves, labels
from engines import EngineError, festival
from features import SAMPLE_RATE_HZ
from phonemes import Segment
from sentences import english

FESTIVAL_VOICES = ("cmu_us_slt_arctic_hts", "kal_diphone")
_FESTIVAL_SENTENCES, _FESTIVAL_SEED = 12, 77
_STEP_SAMPLES = SAMPLE_RATE_HZ // 100


class Reference(NamedTuple):
    """One utterance: 16 kHz samples and what is said when."""

    name: str
    speaker: str
    text: str
    samples: np.ndarray
    segments: list[Segment]


def in_part(stem: str, part: str) -> bool:
    """Whether an utterance belongs to a part, by the last digit of its name: even = tuning, odd = test."""
    if part == "all":
        return True
    if not stem[-1:].isdigit():
        raise SystemExit(f"{stem}: its name must end in a digit to belong to a part; rename it or use the part 'all'")
    return (int(stem[-1]) % 2 == 0) == (part == "tuning")


def _progress(number: int, count: int, name: str) -> None:
    print(f"{number}/{count} {name}", file=sys.stderr, flush=True)


def real_speech(folder: Path, part: str, cache: Path) -> tuple[list[Reference], list[str]]:
    """Aligned utterances of a folder of recordings, and the names of those the aligner could not follow."""
    chosen = [entry for entry in read_transcripts(folder) if in_part(entry[0].stem, part)]
    if not chosen:
        raise SystemExit(f"{folder} has no recording of the part '{part}'")
    found, failed = [], []
    for number, (wav, speaker, text) in enumerate(chosen, 1):
        _progress(number, len(chosen), f"aligning {wav.stem}")
        pair = aligned(wav, text, cache)
        if pair is None:
            failed.append(wav.stem)
        else:
            found.append(Reference(wav.stem, speaker, text, pair[0], segments_of(pair[1])))
    return found, failed


def unseen_engine() -> list[Reference]:
    """Sentences spoken by an engine that the training corpus never uses."""
    rng = np.random.default_rng(_FESTIVAL_SEED)
    texts = [english(rng) for _ in range(_FESTIVAL_SENTENCES)]
    found = []
    for voice in FESTIVAL_VOICES:
        for number, text in enumerate(texts):
            name = f"{voice}-{number:02d}"
            _progress(len(found) + 1, len(FESTIVAL_VOICES) * len(texts), f"speaking {name}")
            found.append(Reference(name, voice, text, *festival(text, voice)))
    return found


def write_references(references: list[Reference], failed: list[str], out: Path) -> None:
    """Files described at the head of this module."""
    out.mkdir(parents=True, exist_ok=True)
    entries = []
    for reference in references:
        steps = len(reference.samples) // _STEP_SAMPLES
        (out / f"{reference.name}.f32").write_bytes(reference.samples.astype("<f4").tobytes())
        (out / f"{reference.name}.target.f32").write_bytes(curves(reference.segments, steps).astype("<f4").tobytes())
        entries.append(
            {
                "name": reference.name,
                "speaker": reference.speaker,
                "text": reference.text,
                "steps": steps,
                "segments": [[s.name, float(s.start), float(s.end)] for s in reference.segments],
                "labels": labels(reference.segments, steps).tolist(),
            }
        )
    index = {"classes": CLASSES, "parameters": PARAMETERS, "notAligned": failed, "utterances": entries}
    (out / "index.json").write_text(json.dumps(index))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--speech", type=Path, metavar="FOLDER")
    source.add_argument("--festival", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--part", choices=("all", "tuning", "test"), default="all")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "lite-train" / "alignments")
    options = parser.parse_args()
    try:
        if options.festival:
            write_references(unseen_engine(), [], options.out)
        else:
            write_references(*real_speech(options.speech, options.part, options.cache), options.out)
    except (EngineError, FileNotFoundError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
