"""Soft masks of the folds and shadows that a moving jaw draws on the face, over the mean face seen from the front."""

import numpy as np

from teeth import smooth

# The picture's range on the mean face, dm: x from −X to X, y from LOW to HIGH.
X, LOW, HIGH = 0.56, 6.36, 7.20
WIDTH, HEIGHT = 80, 60
# Nasolabial line on the subject's left: from the wing of the nose past the corner of the mouth.
FOLD = [(0.140, 7.070), (0.182, 7.018), (0.232, 6.958), (0.275, 6.895), (0.302, 6.830), (0.308, 6.770)]
NAMES = ["nasolabial", "underLip", "chin"]


def signed_distance(x, y, line):
    """Distance from an open line (positive on its right as it is walked), and the part of its length walked."""
    best = np.full(x.shape, np.inf)
    signed, walked = np.zeros(x.shape), np.zeros(x.shape)
    for k in range(len(line) - 1):
        (ax, ay), (bx, by) = line[k], line[k + 1]
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
        px, py = x - ax - t * dx, y - ay - t * dy
        distance = np.hypot(px, py)
        nearer = distance < best
        best = np.where(nearer, distance, best)
        signed = np.where(nearer, np.sign(dx * py - dy * px) * distance, signed)
        walked = np.where(nearer, (k + t) / (len(line) - 1), walked)
    return signed, walked


def masks():
    """Signed pictures −1…1 (negative darkens), len(NAMES) × HEIGHT × WIDTH, row 0 on top; 0 along every border."""
    x, y = np.meshgrid((np.arange(WIDTH) + 0.5) / WIDTH * 2 * X - X, HIGH - (np.arange(HEIGHT) + 0.5) / HEIGHT * (HIGH - LOW))
    x = np.abs(x)
    d, t = signed_distance(x, y, FOLD)
    along = smooth(0.0, 0.25, t) * (1 - smooth(0.65, 1.0, t))
    # A soft line, the cheek that bulges over it on the outside.
    outside = d if d[10, -1] > 0 else -d
    nasolabial = (-np.exp(-((outside + 0.006) / 0.025) ** 2) + 0.45 * np.exp(-((outside - 0.055) / 0.038) ** 2)) * along
    # A hollow in an arc below the lower lip.
    arc = y - (6.698 + 0.55 * x**2)
    under = -np.exp(-((arc / 0.036) ** 2)) * (1 - smooth(0.08, 0.20, x))
    # The chin turns down and away from the light; the jaw's edge with it.
    chin = -smooth(6.66, 6.50, y) * (1 - smooth(0.10, 0.34, x)) * smooth(6.36, 6.44, y)
    border = smooth(0, 5, np.arange(WIDTH)) * smooth(0, 5, WIDTH - 1 - np.arange(WIDTH))
    border = border * (smooth(0, 4, np.arange(HEIGHT)) * smooth(0, 4, HEIGHT - 1 - np.arange(HEIGHT)))[:, None]
    out = np.stack([nasolabial, under, chin]) * border
    return np.where(np.abs(out) < 1 / 127, 0, np.clip(out, -1, 1))
