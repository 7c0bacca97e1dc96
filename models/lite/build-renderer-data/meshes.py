"""Small helpers for triangle meshes."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Part:
    """A coloured mesh: n×3 positions (dm), normals and colours (0–255), m×3 triangles counter-clockwise from outside."""

    positions: np.ndarray
    normals: np.ndarray
    colours: np.ndarray
    triangles: np.ndarray


def grid_quads(rows, columns):
    return [(r * columns + c, r * columns + c + 1, (r + 1) * columns + c + 1, (r + 1) * columns + c)
            for r in range(rows - 1) for c in range(columns - 1)]


def triangulate(faces):
    """Fan triangulation, m×3."""
    return np.array([[f[0], f[k], f[k + 1]] for f in faces for k in range(1, len(f) - 1)])


def vertex_normals(vertices, triangles):
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    out = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(out, triangles[:, k], face)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
