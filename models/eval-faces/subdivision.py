"""Where Catmull-Clark subdivision takes a vertex: weights over the base mesh, for the face landmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import sparse

LANDMARK_FILE = Path(__file__).with_name('landmark-vertices.txt')


def catmull_clark(count: int, quads: np.ndarray):
    """One step: (new × old vertices, new quads, edges). New vertices: old ones, edges, faces."""
    rows = np.arange(len(quads))
    corners = np.stack([quads, np.roll(quads, -1, 1)], -1).reshape(-1, 2)
    edges, edge_of = np.unique(np.sort(corners, 1), axis=0, return_inverse=True)
    edge_of = edge_of.reshape(len(quads), 4)
    faces = _matrix(np.repeat(rows, 4), quads.ravel(), 0.25, (len(quads), count))
    middle = _matrix(np.repeat(np.arange(len(edges)), 2), edges.ravel(), 0.5, (len(edges), count))
    beside = _matrix(edge_of.ravel(), np.repeat(rows, 4), 0.5, (len(edges), len(quads)))
    border = np.asarray(beside.sum(1)).ravel() < 0.75
    edge_points = _diagonal(np.where(border, 1, 0.5)) @ middle
    edge_points += _diagonal(np.where(border, 0, 0.5)) @ beside @ faces
    touches_face = _matrix(quads.ravel(), np.repeat(rows, 4), 1, (count, len(quads)))
    touches_edge = _matrix(
        edges.ravel(), np.repeat(np.arange(len(edges)), 2), 1, (count, len(edges))
    )
    valence = np.maximum(np.asarray(touches_face.sum(1)).ravel(), 1)
    mean_face = _diagonal(1 / valence) @ touches_face @ faces
    edges_each = np.maximum(np.asarray(touches_edge.sum(1)).ravel(), 1)
    mean_edge = _diagonal(1 / edges_each) @ touches_edge @ middle
    inner = _diagonal(1 / valence) @ mean_face + _diagonal(2 / valence) @ mean_edge
    inner += _diagonal((valence - 3) / valence)
    at_border = np.zeros(count, bool)
    at_border[edges[border].ravel()] = True
    along = touches_edge[:, border]
    each = np.maximum(np.asarray(along.sum(1)).ravel(), 1)
    rim = 0.5 * (_diagonal(1 / each) @ along @ middle[border] + sparse.identity(count))
    vertices = _diagonal(~at_border) @ inner + _diagonal(at_border) @ rim
    around = count + edge_of
    centre = count + len(edges) + rows
    new = [
        np.stack([quads[:, k], around[:, k], centre, around[:, k - 1]], 1) for k in range(4)
    ]
    weights = sparse.vstack([vertices, edge_points, faces]).tocsr()
    return weights, np.stack(new, 1).reshape(-1, 4), edges


def limit_rows(quads: np.ndarray, vertices: np.ndarray, count: int) -> sparse.csr_matrix:
    """Limit surface at `vertices` of a quad mesh: (n²·v + 4·Σ edge ends + Σ far corners) / n(n + 5)."""
    out = sparse.lil_matrix((len(vertices), count))
    for row, vertex in enumerate(vertices):
        around = quads[(quads == vertex).any(1)]
        n = len(around)
        for quad in around:
            k = int(np.flatnonzero(quad == vertex)[0])
            out[row, quad[(k + 2) % 4]] += 1 / (n * (n + 5))
            for side in (1, 3):
                # Every edge is met by two quads.
                out[row, quad[(k + side) % 4]] += 2 / (n * (n + 5))
        out[row, vertex] += n / (n + 5)
    return out.tocsr()


class SmoothSkin:
    """Weights of the limit surface over the base mesh."""

    def __init__(self, bust_quads: list[list[int]], base_count: int) -> None:
        quads = np.array(bust_quads)
        self.used = np.unique(quads)
        self.renumber = np.full(base_count, -1)
        self.renumber[self.used] = np.arange(len(self.used))
        self.coarse = self.renumber[quads]
        self.weights, self.fine, self.edges = catmull_clark(len(self.used), self.coarse)
        where = (np.arange(len(self.used)), self.used, 1.0, (len(self.used), base_count))
        self.from_base = _matrix(*where)

    def limit(self, fine_vertices: np.ndarray) -> sparse.csr_matrix:
        """Rows over the base mesh for vertices of the once subdivided one."""
        count = self.weights.shape[0]
        rows = limit_rows(self.fine, fine_vertices, count)
        return (rows @ self.weights @ self.from_base).tocsr()

    def measured_landmarks(self) -> sparse.csr_matrix:
        """468 landmarks × base vertices.

        landmark-vertices.txt names, line by line, the base vertex, the edge's two or the face's
        four that lie below a landmark.
        """
        corners, edges = len(self.used), len(self.edges)
        number = {(v,): v for v in range(corners)}
        number |= {tuple(map(int, edge)): corners + k for k, edge in enumerate(self.edges)}
        for k, quad in enumerate(self.coarse):
            number[tuple(sorted(map(int, quad)))] = corners + edges + k
        found = [
            number[tuple(sorted(int(self.renumber[int(v)]) for v in line.split()))]
            for line in LANDMARK_FILE.read_text().splitlines()
        ]
        return self.limit(np.array(found))


def _matrix(rows, columns, value: float, shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.full(len(rows), float(value)), (rows, columns)), shape)


def _diagonal(values: np.ndarray) -> sparse.dia_matrix:
    return sparse.diags(np.asarray(values, float))
