"""Soft steps and smooth noise: what masks and variations are made of."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates


def smooth(low: float, high: float, x: np.ndarray) -> np.ndarray:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def cloud(points: np.ndarray, size_dm: float, seed: int) -> np.ndarray:
    """Smooth unit-variance noise in space with features of about `size_dm`."""
    grid = gaussian_filter(np.random.default_rng(seed).normal(size=(40, 40, 40)), 1, mode='wrap')
    at = (points / size_dm * 2) % 40
    return map_coordinates(grid / grid.std(), at.T, order=1, mode='grid-wrap')
