"""What age leaves in a face: lines on forehead, lids, cheeks and mouth, pressed into the skin."""

from __future__ import annotations

import numpy as np

from fields import cloud, smooth

# Lines of the face's left half (mirrored), dm from between the eyes: name → polylines.
LINES: dict[str, list[list[tuple[float, float]]]] = {
    'forehead': [
        [(0.0, 0.37), (0.12, 0.40), (0.28, 0.39), (0.42, 0.33)],
        [(0.0, 0.49), (0.15, 0.51), (0.30, 0.49), (0.40, 0.46)],
        [(0.0, 0.60), (0.14, 0.62), (0.30, 0.60)],
    ],
    'frown': [[(0.06, 0.10), (0.05, 0.21)]],
    'crow': [
        [(0.51, 0.04), (0.57, 0.08), (0.62, 0.13)],
        [(0.53, -0.01), (0.60, 0.0), (0.65, 0.01)],
        [(0.51, -0.05), (0.57, -0.09), (0.62, -0.14)],
    ],
    'bag': [[(0.15, -0.10), (0.22, -0.16), (0.32, -0.185), (0.43, -0.145)]],
    'cheek': [[(0.17, -0.36), (0.225, -0.43), (0.27, -0.54), (0.295, -0.66)]],
    'mouth': [[(0.265, -0.75), (0.285, -0.82), (0.275, -0.90)]],
}
WIDTH_DM = {'bag': 0.045, 'cheek': 0.040, 'mouth': 0.030}
FINE_WIDTH_DM = 0.022
DEEPEST_DM = {'bag': 0.014, 'cheek': 0.022, 'mouth': 0.014}
FINE_DEPTH_DM = 0.0075


def polyline_distance(x: np.ndarray, y: np.ndarray, line: list) -> tuple[np.ndarray, np.ndarray]:
    """Distance to a polyline and the share of its length at the nearest point."""
    points = np.array(line)
    spans = np.linalg.norm(np.diff(points, axis=0), axis=1)
    start = np.concatenate([[0], np.cumsum(spans)]) / spans.sum()
    best, share = np.full(x.shape, 9.0), np.zeros(x.shape)
    for k, (a, b) in enumerate(zip(points[:-1], points[1:])):
        step = b - a
        t = np.clip(((x - a[0]) * step[0] + (y - a[1]) * step[1]) / (step @ step), 0, 1)
        distance = np.hypot(x - a[0] - t * step[0], y - a[1] - t * step[1])
        nearer = distance < best
        best = np.where(nearer, distance, best)
        share = np.where(nearer, start[k] + t * spans[k] / spans.sum(), share)
    return best, share


def crease_depth(points: np.ndarray, eyes: np.ndarray, amounts: dict) -> np.ndarray:
    """dm to move each skin point along its normal: negative in a line, a soft swell beside it."""
    local = points - eyes
    # Lines wander, and differ from left to right.
    x = np.abs(local[:, 0]) + 0.012 * cloud(points, 0.22, 60)
    y = local[:, 1] + 0.012 * cloud(points, 0.22, 61)
    front = smooth(-0.55, -0.35, local[:, 2])
    move = np.zeros(len(points))
    for name, amount in amounts.items():
        width, depth = WIDTH_DM.get(name, FINE_WIDTH_DM), DEEPEST_DM.get(name, FINE_DEPTH_DM)
        for line in LINES[name]:
            distance, share = polyline_distance(x, y, line)
            # A line that starts in the middle of the face runs on to the other side.
            begins = 1.0 if line[0][0] == 0 else smooth(0, 0.25, share)
            taper = begins * smooth(1.0, 0.6, share)
            q = (distance / width) ** 2
            move += amount * depth * taper * (1.1 * q - 1) * np.exp(-q)
    return move * front * np.clip(1 + 0.25 * cloud(points, 0.3, 62), 0.3, 1.5)
