"""From speech to what the UNet hears: log-mel, alignment windows, positional encoding."""
import math

import numpy as np

SAMPLE_RATE_HZ = 16_000
FEATURES_PER_S = 50
MEL_BINS = 80
WINDOW_FEATURES = 10
_LEFT, _RIGHT = 2, 2


def synthetic_speech(seconds: float = 2.96, seed: int = 7) -> np.ndarray:
    """Deterministic 16 kHz int16 sound: gliding voiced syllables, hiss, a click, 0.4 s of digital silence."""
    count = int(round(seconds * SAMPLE_RATE_HZ))
    t = np.arange(count) / SAMPLE_RATE_HZ
    pitch_hz = 120 + 40 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    voice = sum(np.sin(h * phase) * math.exp(-((h * 120 - 600) / 900) ** 2) for h in range(1, 30))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t), 0, 1) ** 0.7
    hiss = np.random.default_rng(seed).standard_normal(count)
    sound = 0.11 * voice * syllables + 0.05 * hiss * np.clip(np.sin(2 * np.pi * 1.3 * t + 1), 0, 1)
    sound[int(1.5 * SAMPLE_RATE_HZ) : int(1.9 * SAMPLE_RATE_HZ)] = 0
    sound[int(2.2 * SAMPLE_RATE_HZ)] = 0.9
    return np.round(np.clip(sound, -1, 1 - 2**-15) * 32768).astype(np.int16)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Whisper's input for up to 30 s of sound (float, -1..1), float32 [80, 3000]; the float64 path of transformers."""
    from transformers import WhisperFeatureExtractor

    extractor = WhisperFeatureExtractor()
    padded = np.zeros(extractor.n_samples, np.float32)
    padded[: len(samples)] = samples
    return extractor._np_extract_fbank_features(padded[None], "cpu")[0].astype(np.float32)


def log_mel_in_float32(samples: np.ndarray) -> np.ndarray:
    """The same through the extractor's public call, which uses torch in float32 (its rounding is the yardstick's own)."""
    from transformers import WhisperFeatureExtractor

    return WhisperFeatureExtractor()(samples, sampling_rate=SAMPLE_RATE_HZ, return_tensors="np").input_features[0]


def feature_count(sample_count: int) -> int:
    """Encoder features that are kept for so many samples."""
    return math.floor(sample_count / SAMPLE_RATE_HZ * FEATURES_PER_S)


def frame_count(sample_count: int, fps: float) -> int:
    """Video frames that so many samples last."""
    return math.floor(sample_count / SAMPLE_RATE_HZ * int(fps))


def window_indices(sample_count: int, fps: float) -> np.ndarray:
    """Which features each video frame sees, int32 [frames, 10]; -1 stands for a feature of zeros."""
    features = feature_count(sample_count)
    per_frame = FEATURES_PER_S / int(fps)
    front = math.ceil(per_frame) * _LEFT
    back = math.ceil(per_frame) * 3 * _RIGHT
    padded = np.concatenate([np.full(front, -1), np.arange(features), np.full(back, -1)])
    starts = [math.floor(i * per_frame) for i in range(frame_count(sample_count, fps))]
    return np.stack([padded[start : start + WINDOW_FEATURES] for start in starts]).astype(np.int32)


def windows(features: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """[features, states, width] and [frames, 10] -> [frames, 10 * states, width]; token = time * states + state."""
    with_zeros = np.concatenate([features, np.zeros_like(features[:1])])
    frames, steps = indices.shape
    return with_zeros[indices].reshape(frames, steps * features.shape[1], features.shape[2])


def positional_encoding(tokens: int, width: int) -> np.ndarray:
    """What is added to the window's tokens before the UNet, float32 [tokens, width]."""
    position = np.arange(tokens)[:, None]
    angle = position * np.exp(np.arange(0, width, 2) * (-math.log(10_000.0) / width))
    table = np.zeros((tokens, width))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table.astype(np.float32)
