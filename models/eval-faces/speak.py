"""Speaks the utterances of the data set with festival, and writes the mouth curves they should give
(100 steps a second × the parameters of mouth.json).

    python speak.py --out data

festival is the speech engine that the audio network has never heard (see ../train). Needs ../train's packages.
"""

from __future__ import annotations

import argparse
import json
import sys
import wave
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / 'train'))

from articulation import STEPS_PER_SECOND, curves, loudness
from engines import festival
from features import SAMPLE_RATE_HZ

EDGE_SILENCE_S = 0.3
PEAK = 10 ** (-3 / 20)
UTTERANCES = [
    ('boats', 'cmu_us_slt_arctic_hts', 'Maybe Bob and Mary will move the big blue boat before noon.'),
    ('fire', 'kal_diphone', 'My father has four warm fires, but five of us have to go.'),
    ('open', 'cmu_us_slt_arctic_hts', 'Open your mouth wide, say ah, and then whisper please.'),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    table = []
    for name, voice, text in UTTERANCES:
        samples, segments = festival(text, voice)
        edge = round(EDGE_SILENCE_S * SAMPLE_RATE_HZ)
        samples = np.pad(samples * (PEAK / np.abs(samples).max()), edge)
        later = [s._replace(start=s.start + EDGE_SILENCE_S, end=s.end + EDGE_SILENCE_S) for s in segments]
        with wave.open(str(out / f'{name}.wav'), 'wb') as target:
            target.setnchannels(1)
            target.setsampwidth(2)
            target.setframerate(SAMPLE_RATE_HZ)
            target.writeframes(np.round(samples * 32767).astype('<i2').tobytes())
        steps = len(samples) * STEPS_PER_SECOND // SAMPLE_RATE_HZ
        curve = curves(later, steps, loudness(samples, steps))
        (out / f'{name}.f32').write_bytes(curve.astype('<f4').tobytes())
        table.append({'name': name, 'voice': voice, 'text': text})
        print(f'{name}: {len(samples) / SAMPLE_RATE_HZ:.1f} s')
    (out / 'speech.json').write_text(json.dumps(table, indent=2) + '\n')


if __name__ == '__main__':
    main()
