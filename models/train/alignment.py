"""Phoneme times of real speech, by forced alignment with pocketsphinx' own US English model."""
import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

from engines import read_wav
from features import SAMPLE_RATE_HZ
from phonemes import Segment, arpabet_segments

# The aligner's frame i covers [10 i, 10 i + 25.6) ms, ours is centred on 10 i ms.
_FRAME_S, _FRAME_CENTRE_S = 0.01, 0.01
Phone = tuple[str, float, float]


def read_transcripts(folder: Path) -> list[tuple[Path, str, str]]:
    """(wav, speaker, text) for each sound with a line in folder/transcripts.csv.

    Lines are `name|text`. A name is a file's (LJ001-0002) or, where speakers read the same text, the part after the
    speaker's (003 for p225_003.wav). The speaker is the part of the file name before '-' or '_'.
    """
    table = folder / "transcripts.csv"
    if not table.exists():
        raise SystemExit(f"{table} is missing: write one line per sound, `name|text`")
    with table.open(encoding="utf8", newline="") as file:
        texts = {row[0]: row[1] for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE) if len(row) >= 2}
    found = []
    for wav in sorted(folder.glob("*.wav")):
        text = texts.get(wav.stem) or texts.get(wav.stem.rpartition("_")[2])
        if text:
            found.append((wav, wav.stem.replace("_", "-").split("-")[0], text))
    if not found:
        raise SystemExit(f"no wav in {folder} has a line in transcripts.csv")
    return found


def _teach(decoder: Decoder, word: str) -> None:
    """Give the aligner flite's pronunciation of a word that its dictionary lacks."""
    spoken = subprocess.run(["flite", "-ps", "-t", word, "-o", "none"], capture_output=True, text=True, check=True).stdout
    phones = [phone for phone in spoken.split() if phone != "pau"]
    decoder.add_word(word, " ".join("AH" if phone == "ax" else phone.upper() for phone in phones), True)


def _align(samples: np.ndarray, text: str) -> list[Phone] | None:
    """Phones in ARPABET with start and end in s; None when the aligner cannot follow."""
    words = "".join(letter if letter.isalpha() or letter in " '" else " " for letter in text.lower()).split()
    sound = (np.clip(samples / (np.abs(samples).max() + 1e-9) * 0.9, -1, 1) * 32767).astype("<i2").tobytes()
    try:
        # without bestpath: its word graph can end where the second pass cannot follow
        decoder = Decoder(samprate=SAMPLE_RATE_HZ, loglevel="FATAL", bestpath=False)
        for word in words:
            if decoder.lookup_word(word) is None:
                _teach(decoder, word)
        decoder.set_align_text(" ".join(words))
        for prepare in (lambda: None, decoder.set_alignment):  # words first, then phones within words
            prepare()
            decoder.start_utt()
            decoder.process_raw(sound, full_utt=True)
            decoder.end_utt()
        phones = [phone for word in decoder.get_alignment() for phone in word]
    except (RuntimeError, TypeError) as error:
        print(f"not aligned: {text!r}: {error}", file=sys.stderr)
        return None
    return [(p.name, p.start * _FRAME_S, (p.start + p.duration) * _FRAME_S) for p in phones]


def aligned(wav: Path, text: str, cache: Path) -> tuple[np.ndarray, list[Phone]] | None:
    """Samples and phones of one recording; alignments are kept in `cache`, keyed by sound and text."""
    samples = read_wav(wav)
    key = hashlib.sha256(samples.tobytes() + text.encode()).hexdigest()[:24]
    kept = cache / f"{key}.json"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(_align(samples, text)))
    phones = json.loads(kept.read_text())
    if phones is None:
        return None
    return samples, [(name, start + _FRAME_CENTRE_S, end + _FRAME_CENTRE_S) for name, start, end in phones]


def segments_of(phones: list[Phone]) -> list[Segment]:
    return [segment for phone in phones for segment in arpabet_segments(*phone)]
