"""Where the 40 lip landmarks lie on the mesh: on the line between the lips and on the edge of their red.

Found by geometry on the mean face, and then fixed: the same weights serve everybody and every shape. (The map in
landmark-vertices.txt was measured with a face landmarker and is 2 mm off at the mouth.)
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

# From the person's right corner to the left one.
INNER_UPPER = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]
INNER_LOWER = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308]
OUTER_UPPER = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291]
OUTER_LOWER = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291]
INNER_LOOP = INNER_UPPER + INNER_LOWER[-2:0:-1]
# |x| of the points from corner to middle, in half widths of the line between the lips. Ratios as
# the face landmarker has them on frontal pictures; it sees the outer corner beyond the line's end.
INNER_SHARE = [1.0, 0.81, 0.67, 0.485, 0.26, 0.0]
OUTER_SHARE = [1.06, 0.97, 0.83, 0.62, 0.32, 0.0]
# Where the line is looked for.
SEARCH_DM, SEARCH_STEP_DM = 0.04, 0.001
# A landmark on the outer corner lies on the line, not on an edge of the red.
MEAN_LIP_HEIGHT = (0.0765, 0.1275)


class FrontSkin:
    """The smooth skin around the mouth as it is seen from the front."""

    def __init__(self, base: np.ndarray, rows: sparse.csr_matrix, triangles: np.ndarray) -> None:
        """`rows`: weights of the vertices that `triangles` number."""
        self.rows, self.triangles = rows, triangles
        self.points = rows @ base

    def at(self, x: float, y: float) -> sparse.csr_matrix | None:
        """Weights over the base mesh of the frontmost point at x, y (dm); None in a gap."""
        a, b, c = (self.points[self.triangles[:, k]] for k in range(3))
        ab, ac, ap = (b - a)[:, :2], (c - a)[:, :2], np.array([x, y]) - a[:, :2]
        area = _cross(ab, ac)
        with np.errstate(divide='ignore', invalid='ignore'):
            u, v = _cross(ap, ac) / area, _cross(ab, ap) / area
        inside = (area > 1e-9) & (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1 + 1e-6)
        if not inside.any():
            return None
        z = np.where(inside, a[:, 2] + u * (b - a)[:, 2] + v * (c - a)[:, 2], -np.inf)
        k = int(np.argmax(z))
        i, j, l = self.triangles[k]
        return (1 - u[k] - v[k]) * self.rows[i] + u[k] * self.rows[j] + v[k] * self.rows[l]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def inner_rows(skin: FrontSkin, line, drop, inside) -> dict[int, sparse.csr_matrix]:
    """The skin that is seen last before the line where the closed lips touch, above and below it.

    `line`: about where that is. Per base vertex: `drop`, what jawOpen adds to its height (it tells
    the lips apart), and `inside`, 1 in the lining of the mouth, 0 on the skin.
    """
    out = {}
    for upper, lower, share in zip(INNER_UPPER, INNER_LOWER, _shares(INNER_SHARE)):
        x = share * line.corner
        middle = float(line.height(np.array(x)))
        if upper == lower:
            out[upper] = skin.at(x, middle)
            continue
        heights = middle + np.arange(SEARCH_DM, -SEARCH_DM, -SEARCH_STEP_DM)
        rows = [row for y in heights if (row := skin.at(x, y)) is not None]
        drops = np.array([float((row @ drop)[0]) for row in rows])
        is_skin = np.array([float((row @ inside)[0]) < 0.51 for row in rows])
        is_upper = drops > 0.5 * (drops[0] + drops[-1])
        first_lower = int(np.argmax(~is_upper & is_skin))
        out[lower] = rows[first_lower]
        out[upper] = rows[int(np.flatnonzero((is_upper & is_skin)[:first_lower])[-1])]
    return out


def outer_rows(skin: FrontSkin, line, edges) -> dict[int, sparse.csr_matrix]:
    """On the edge of the red. `edges`: its shares and heights as models/avatars/body.py paints it."""
    out = {}
    for landmarks, edge, height, way in zip(
        (OUTER_UPPER, OUTER_LOWER), edges, MEAN_LIP_HEIGHT, (1, -1)
    ):
        for landmark, share in zip(landmarks, _shares(OUTER_SHARE)):
            x = share * line.corner
            rise = height * np.interp(min(abs(share), 1), *edge.T)
            out[landmark] = skin.at(x, float(line.height(np.array(x))) + way * rise)
    return out


def _shares(half: list[float]) -> list[float]:
    return [-s for s in half] + half[-2::-1]
