"""The product's front-end in numpy: log-mel, level normalisation, running mean (agent/src/features, packs/lite)."""
import numpy as np

SAMPLE_RATE_HZ = 16_000
HOP = 160
WINDOW = 400
BINS = 80
_FLOOR = 1e-7


def _to_mel(hz: np.ndarray) -> np.ndarray:
    return np.where(hz < 1000, hz * 3 / 200, 15 + np.log(np.maximum(hz, 1) / 1000) * 27 / np.log(6.4))


def _to_hz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


MEL_EDGES_HZ = _to_hz(np.linspace(_to_mel(np.array(0.0)), _to_mel(np.array(8000.0)), BINS + 2))


def _filters() -> np.ndarray:
    """Slaney mel filters with unit area, [201, 80]."""
    frequency = np.linspace(0, SAMPLE_RATE_HZ / 2, WINDOW // 2 + 1)[:, None]
    low, middle, high = MEL_EDGES_HZ[:-2], MEL_EDGES_HZ[1:-1], MEL_EDGES_HZ[2:]
    rise, fall = (frequency - low) / (middle - low), (high - frequency) / (high - middle)
    return np.maximum(0, np.minimum(rise, fall)) * 2 / (high - low)


_FILTERS = _filters()
_HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """log10 mel energies, [frames, 80]; frame n is centred on sample 160 n, zeros beyond both ends."""
    padded = np.pad(samples.astype(np.float64), WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * _HANN
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    return np.log10(np.maximum(power @ _FILTERS, _FLOOR))


_TARGET_PEAK, _INITIAL_PEAK, _SMALLEST_PEAK = 0.5, 0.25, 0.02
_RELEASE = -1 / (20 * SAMPLE_RATE_HZ)


def level_gain(samples: np.ndarray, frames: int, initial_peak: float | None = None) -> np.ndarray:
    """log10 energy gain per mel frame, as the product's level normaliser gives it when frame n is complete.

    initial_peak: the peak heard before these samples (a stream that has run for a while); None = a fresh stream.
    """
    index = np.arange(len(samples))
    level = np.abs(samples.astype(np.float64))
    heard = initial_peak is not None
    peak = np.log(initial_peak if heard else _INITIAL_PEAK) + (index + 1) * _RELEASE
    loud = np.flatnonzero(level > _SMALLEST_PEAK)
    start = 0 if heard else (loud[0] if len(loud) else len(samples))
    decayed = np.log(np.maximum(level[start:], 1e-12)) - index[start:] * _RELEASE
    followed = np.maximum.accumulate(decayed) + index[start:] * _RELEASE if start < len(samples) else decayed
    peak[start:] = np.maximum(peak[start:], followed) if heard else followed
    complete = np.minimum(np.arange(frames) * HOP + WINDOW // 2 - 1, len(samples) - 1)
    return 2 * np.log10(_TARGET_PEAK / np.maximum(np.exp(peak[complete]), _SMALLEST_PEAK))


def features(samples: np.ndarray, initial_peak: float | None = None) -> np.ndarray:
    """Scaled, level-normalised log-mel, float32 [frames, 80]: what the running mean is subtracted from."""
    mel = log_mel(samples)
    gain = level_gain(samples, len(mel), initial_peak)
    return ((np.maximum(mel + gain[:, None], -7) + 4) / 4).astype(np.float32)


_PRIOR_FRAMES, _MEMORY_FRAMES = 100.0, 600.0
_LEVEL_MARGIN, _LEVEL_FALL, _LEVEL_RISE = 0.15, 0.002, 0.02


def subtract_running_mean(batch: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Causal mean subtraction of [batch, steps, 80]; frames quieter than the running level do not move the mean."""
    size, steps, _ = batch.shape
    mean = np.repeat(prior[None].astype(np.float32), size, 0)
    count = np.full((size, 1), _PRIOR_FRAMES, dtype=np.float32)
    level = mean.mean(1, keepdims=True) - np.float32(0.1)
    frame_levels = batch.mean(2, keepdims=True)
    out = np.empty_like(batch)
    for step in range(steps):
        frame, frame_level = batch[:, step], frame_levels[:, step]
        loud = frame_level > level - _LEVEL_MARGIN
        count = np.where(loud, np.minimum(count + 1, _MEMORY_FRAMES), count)
        mean = mean + loud / count * (frame - mean)
        level = level + np.where(frame_level < level, _LEVEL_FALL, _LEVEL_RISE) * (frame_level - level)
        out[:, step] = frame - mean
    return out
