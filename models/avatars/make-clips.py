"""Speaks the sample clips of the default avatars with flite (16 kHz, mono, PCM16, peak -3 dBFS).

    python make-clips.py --out ../../avatars
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

PEAK = 10 ** (-3 / 20)
EDGE_SILENCE_S = 0.15
# flite's voice, pitch in Hz (None: the voice's own) and slowness of each avatar.
VOICES = {
    'ava': ('slt', None, 1.0),
    'leo': ('rms', None, 1.0),
    'grace': ('slt', 150, 1.12),
    'ken': ('awb', None, 1.05),
    'pip': ('slt', 250, 0.95),
}
# Many lips-together sounds (p, b, m) and rounded vowels: what shows whether a mouth is in sync.
CLIPS = {
    'ava': {
        'hello': 'Hello, my name is Ava. Please open your microphone, speak to me, and my mouth '
        'will move with your own words.',
        'numbers': 'One, two, three, four, five, six, seven, eight, nine, ten. Maybe a bit more: '
        'forty two, one million.',
    },
    'leo': {
        'hello': 'Good morning, I am Leo. Both my lips and my beard were made by a computer, but '
        'I hope to be good company.',
        'numbers': 'Ten, nine, eight, seven, six, five, four, three, two, one, zero. Now you may '
        'move on.',
    },
    'grace': {
        'hello': 'Good evening, I am Grace. Pull up a chair, my dear, and tell me about the best '
        'part of your week.',
        'numbers': 'Two, four, six, eight, ten, twelve. My mother taught me to count apples by '
        'pairs.',
    },
    'ken': {
        'hello': 'Hello, this is Ken. Before we begin, please move a bit closer to your '
        'microphone. Perfect, now we may start.',
        'numbers': 'Five, ten, fifteen, twenty, twenty five, thirty. Above all, do not rush; time '
        'will keep up with you.',
    },
    'pip': {
        'hello': 'Hey, I am Pip! I am made of clay, so my mouth can pop, hum, blow bubbles, and '
        'maybe even whisper.',
        'numbers': 'One, two, three, four, five! Bop, boom, and five, four, three, two, one. My '
        'turn is over, now you!',
    },
}


def speak(voice: str, pitch_hz: int | None, slowness: float, text: str) -> tuple[np.ndarray, int]:
    """Samples in -1..1 and their rate. flite must be installed (Debian: `apt install flite`)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'speech.wav'
        settings = ['--setf', f'duration_stretch={slowness}'] if slowness != 1 else []
        if pitch_hz:
            settings += ['--setf', f'int_f0_target_mean={pitch_hz}']
        command = ['flite', '-voice', voice, *settings, '-t', text, '-o', str(path)]
        try:
            subprocess.run(command, check=True)
        except FileNotFoundError:
            raise SystemExit('flite is missing: install it (Debian: apt install flite)') from None
        with wave.open(str(path)) as source:
            samples = np.frombuffer(source.readframes(source.getnframes()), '<i2')
            return samples / 32768, source.getframerate()


def trim(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Cuts silence at both ends down to EDGE_SILENCE_S, with a short fade."""
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    edge = int(EDGE_SILENCE_S * rate_hz)
    cut = samples[max(0, loud[0] - edge) : loud[-1] + edge].copy()
    fade = np.linspace(0, 1, rate_hz // 100)
    cut[: len(fade)] *= fade
    cut[-len(fade) :] *= fade[::-1]
    return cut


def write_wav(path: Path, samples: np.ndarray, rate_hz: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), 'wb') as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate_hz)
        target.writeframes(np.round(samples * 32767).astype('<i2').tobytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, required=True, help='the avatars folder')
    folder = parser.parse_args().out
    for avatar, clips in CLIPS.items():
        for name, text in clips.items():
            path = folder / avatar / 'clips' / f'{name}.wav'
            samples, rate_hz = speak(*VOICES[avatar], text)
            samples = trim(samples, rate_hz)
            write_wav(path, samples * PEAK / np.abs(samples).max(), rate_hz)
            print(f'{path}: {len(samples) / rate_hz:.1f} s at {rate_hz} Hz')


if __name__ == '__main__':
    main()
