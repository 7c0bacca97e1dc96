"""The integer arithmetic behind cv2's and Pillow's 8-bit filters, written out: the recipe for other languages.

Tests compare each function with the library, byte for byte. Pictures are uint8 [height, width, channels].
"""
import math

import numpy as np

_COEFFICIENT_BITS = 11


def _lanczos4_weights(fraction: float) -> list[float]:
    """cv2's eight weights (float32) for a position `fraction` beyond the fourth tap."""
    s45 = math.sqrt(0.5)
    turns = [(1, 0), (-s45, -s45), (0, 1), (s45, -s45), (-1, 0), (s45, s45), (0, -1), (-s45, s45)]
    x = np.float32(fraction)
    angle = -float(x + np.float32(3)) * math.pi * 0.25
    sine, cosine = math.sin(angle), math.cos(angle)
    weights = np.zeros(8, np.float32)
    for tap, (of_sine, of_cosine) in enumerate(turns):
        distance = np.float32(x + np.float32(3 - tap))
        if abs(distance) >= np.float32(1e-6):
            y = -float(distance) * math.pi * 0.25
            weights[tap] = (of_sine * sine + of_cosine * cosine) / (y * y)
        else:
            weights[tap] = 1e30
    total = np.float32(0)
    for weight in weights:
        total = np.float32(total + weight)
    return list(weights * np.float32(np.float32(1) / total))


def _positions(source: int, target: int):
    """For each target pixel: the source pixel at or before its centre and the float32 fraction beyond it."""
    scale = 1 / (target / source)
    for i in range(target):
        position = np.float32((i + 0.5) * scale - 0.5)
        first = math.floor(position)
        yield first, np.float32(position - np.float32(first))


def _fixed(weight: float) -> int:
    return int(np.rint(np.float32(weight) * np.float32(1 << _COEFFICIENT_BITS)))


def _matrix(source: int, target: int, kind: str) -> np.ndarray:
    """int64 [target, source] of weights x 2048, border pixels repeated."""
    matrix = np.zeros((target, source), np.int64)
    for row, (first, fraction) in enumerate(_positions(source, target)):
        if kind == "lanczos4":
            weights, start = _lanczos4_weights(fraction), first - 3
        else:
            inside = 0 <= first < source - 1
            fraction = fraction if inside else np.float32(0)
            weights, start = [np.float32(1) - fraction, fraction], first
        for tap, weight in enumerate(weights):
            matrix[row, min(max(start + tap, 0), source - 1)] += _fixed(weight)
    return matrix


def lanczos4(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """cv2.resize(..., INTER_LANCZOS4)."""
    across = np.einsum("hwc,xw->hxc", picture.astype(np.int64), _matrix(picture.shape[1], width, "lanczos4"))
    down = np.einsum("hxc,yh->yxc", across, _matrix(picture.shape[0], height, "lanczos4"))
    return np.clip((down + (1 << 21)) >> 22, 0, 255).astype(np.uint8)


def bilinear(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """cv2.resize(..., INTER_LINEAR)."""
    across = np.einsum("hwc,xw->hxc", picture.astype(np.int64), _matrix(picture.shape[1], width, "linear"))
    rows = np.empty((height, width, picture.shape[2]), np.uint8)
    for y, (first, fraction) in enumerate(_positions(picture.shape[0], height)):
        upper, lower = across[np.clip([first, first + 1], 0, picture.shape[0] - 1)]
        b0, b1 = _fixed(np.float32(1) - fraction), _fixed(fraction)
        rows[y] = (((b0 * (upper >> 4)) >> 16) + ((b1 * (lower >> 4)) >> 16) + 2) >> 2
    return rows


_SMALL_GAUSSIANS = {1: [256], 3: [64, 128, 64], 5: [16, 64, 96, 64, 16], 7: [8, 28, 56, 72, 56, 28, 8]}
_SMALL_GAUSSIANS[9] = [4, 13, 30, 51, 60, 51, 30, 13, 4]


def gaussian_weights(size: int) -> list[int]:
    """cv2's automatic Gaussian of odd `size` in 1/256, summing to 256. Up to 9 a table, above sigma = 0.15 size + 0.35."""
    if size in _SMALL_GAUSSIANS:
        return _SMALL_GAUSSIANS[size]
    sigma = 0.15 * size + 0.35
    middle = size // 2
    raw = [math.exp(-0.5 * ((i - middle) / sigma) ** 2) for i in range(size)]
    exact = [256 * value / sum(raw) for value in raw]
    weights, error = [0] * size, 0.0
    for i in range(middle):
        wanted = exact[i] + error
        weights[i] = weights[size - 1 - i] = round(wanted)
        error = wanted - weights[i]
    weights[middle] = 256 - 2 * sum(weights[:middle])
    return weights


def gaussian_blur(mask: np.ndarray, size: int) -> np.ndarray:
    """cv2.GaussianBlur(mask, (size, size), 0) of a uint8 [height, width], border mirrored without the edge pixel."""
    weights = np.array(gaussian_weights(size), np.int64)
    padded = np.pad(mask.astype(np.int64), size // 2, mode="reflect")
    across = sum(w * padded[:, i : i + mask.shape[1]] for i, w in enumerate(weights))
    down = sum(w * across[i : i + mask.shape[0]] for i, w in enumerate(weights))
    return ((down + (1 << 15)) >> 16).astype(np.uint8)


def _bicubic_matrix(source: int, target: int) -> np.ndarray:
    scale = source / target
    stretch = max(scale, 1.0)
    matrix = np.zeros((target, source), np.int64)
    for row in range(target):
        centre = (row + 0.5) * scale
        first = max(0, int(centre - 2 * stretch + 0.5))
        last = min(source, int(centre + 2 * stretch + 0.5))
        weights = []
        for i in range(first, last):
            x = abs((i - centre + 0.5) / stretch)
            near = (1.5 * x - 2.5) * x * x + 1
            far = ((x - 5) * x + 8) * x * -0.5 + 2
            weights.append(near if x < 1 else far if x < 2 else 0.0)
        for i, weight in enumerate(weights):
            share = weight / sum(weights) * (1 << 22)
            matrix[row, first + i] = int(share + (0.5 if share >= 0 else -0.5))
    return matrix


def bicubic(mask: np.ndarray, side: int) -> np.ndarray:
    """Pillow's bicubic resize of an 8-bit image, rows first, rounded to 8 bits in between."""
    half = 1 << 21
    across = np.clip((mask.astype(np.int64) @ _bicubic_matrix(mask.shape[1], side).T + half) >> 22, 0, 255)
    down = np.clip((_bicubic_matrix(mask.shape[0], side) @ across + half) >> 22, 0, 255)
    return down.astype(np.uint8)
