"""What happens to a voice before it reaches the service: other throats, rooms, microphones, lines, codecs, noise."""
import subprocess

import numpy as np
from scipy.signal import butter, fftconvolve, iirpeak, lfilter, resample_poly, sosfilt

from features import SAMPLE_RATE_HZ


def resample_by(samples: np.ndarray, factor: float) -> np.ndarray:
    """Play `factor` times faster: pitch, formants and speed rise together (children ≈ 1.25, large men ≈ 0.88)."""
    count = int(len(samples) / factor)
    return np.interp(np.arange(count) * factor, np.arange(len(samples)), samples).astype(np.float32)


def room(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A few early echoes and a decaying tail that loses its treble first; the direct sound stays at time 0."""
    decay_s = rng.uniform(0.08, 0.7)
    count = int(SAMPLE_RATE_HZ * decay_s)
    time = np.arange(count) / SAMPLE_RATE_HZ
    tail = rng.normal(size=count) * np.exp(-6.9 * time / decay_s)
    tail = lfilter([1], [1, -rng.uniform(0.0, 0.7)], tail)
    tail[: int(0.004 * SAMPLE_RATE_HZ)] = 0
    response = tail / np.sqrt((tail**2).sum() + 1e-9) * 10 ** (-rng.uniform(2, 16) / 20)
    for _ in range(rng.integers(2, 7)):
        response[min(count - 1, int(rng.uniform(0.001, 0.03) * SAMPLE_RATE_HZ))] += rng.uniform(-0.5, 0.5)
    response[0] = 1
    return fftconvolve(samples, response)[: len(samples)].astype(np.float32)


def microphone(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Spectral tilt, one or two resonances, a low cut."""
    out = lfilter([1, rng.uniform(-0.6, 0.6)], [1], samples)
    for _ in range(rng.integers(0, 3)):
        frequency_hz, quality = rng.uniform(200, 6000), rng.uniform(0.7, 3)
        # a band wider than the spectrum would make the filter unstable
        numerator, denominator = iirpeak(frequency_hz, max(quality, frequency_hz / 6000), fs=SAMPLE_RATE_HZ)
        out = out + rng.uniform(-0.7, 1.5) * lfilter(numerator, denominator, out)
    if rng.random() < 0.4:
        out = sosfilt(butter(2, rng.uniform(60, 250), "high", fs=SAMPLE_RATE_HZ, output="sos"), out)
    return out.astype(np.float32)


def telephone(samples: np.ndarray) -> np.ndarray:
    """300–3400 Hz at 8 kHz through µ-law, and back to 16 kHz."""
    narrow = resample_poly(samples, 1, 2)
    narrow = sosfilt(butter(4, [300, 3400], "band", fs=SAMPLE_RATE_HZ // 2, output="sos"), narrow)
    scale = np.abs(narrow).max() + 1e-9
    code = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow / scale)) / np.log(256) * 127)
    plain = np.sign(code) * (256 ** (np.abs(code) / 127) - 1) / 255 * scale
    return resample_poly(plain, 2, 1)[: len(samples)].astype(np.float32)


def opus(samples: np.ndarray, kbit: int) -> np.ndarray:
    """Through Opus at `kbit` kbit/s and back (ffmpeg), same length and alignment."""
    raw = ["-f", "f32le", "-ar", str(SAMPLE_RATE_HZ), "-ac", "1"]
    encode = ["ffmpeg", "-v", "error", *raw, "-i", "pipe:0", "-c:a", "libopus", "-b:a", f"{kbit}k", "-f", "ogg", "pipe:1"]
    decode = ["ffmpeg", "-v", "error", "-f", "ogg", "-i", "pipe:0", *raw, "pipe:1"]
    coded = subprocess.run(encode, input=samples.astype("<f4").tobytes(), capture_output=True, check=True).stdout
    plain = subprocess.run(decode, input=coded, capture_output=True, check=True).stdout
    out = np.frombuffer(plain, dtype="<f4")
    return np.pad(out, (0, max(0, len(samples) - len(out))))[: len(samples)].astype(np.float32)


def noise(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White to brown noise, sometimes swelling like babble, sometimes with mains hum, 6–45 dB below the voice."""
    hiss = lfilter([1], [1, -rng.random() * 0.97], rng.normal(size=len(samples)))
    if rng.random() < 0.3:
        knots = np.arange(0, len(samples) + 1600, 1600)
        swell = np.interp(np.arange(len(samples)), knots, rng.uniform(0.1, 1, len(knots)))
        hiss = hiss * swell
    if rng.random() < 0.2:
        hum = np.sin(2 * np.pi * rng.choice([50, 60, 100, 120]) * np.arange(len(samples)) / SAMPLE_RATE_HZ)
        hiss = hiss + hum * hiss.std() * rng.uniform(0.3, 2)
    voice_level = np.sqrt((samples**2).mean())
    return (samples + hiss / (hiss.std() + 1e-9) * voice_level * 10 ** (-rng.uniform(6, 45) / 20)).astype(np.float32)


def augment(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One random path from mouth to service; the length and the timing stay as they are."""
    out = samples
    if rng.random() < 0.6:
        out = microphone(out, rng)
    if rng.random() < 0.5:
        out = room(out, rng)
    if rng.random() < 0.7:
        out = noise(out, rng)
    line = rng.random()
    if line < 0.12:
        out = telephone(out)
    elif line < 0.24:
        out = opus(out, int(rng.choice([12, 16, 24])))
    elif line < 0.40:
        sos = butter(4, rng.uniform(3000, 7500), fs=SAMPLE_RATE_HZ, output="sos")
        out = sosfilt(sos, out).astype(np.float32)
    peak = 10 ** (rng.uniform(-30, 0) / 20)
    return (out / (np.abs(out).max() + 1e-6) * peak).astype(np.float32)
