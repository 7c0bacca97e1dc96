"""Proportions beyond a real person's: parts of the head blown up or shrunk, for stylised people."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, diags

from fields import smooth
from makehuman import EYE_VERTICES, MakeHuman

LOWEST_NECK_DM = -1.9
CHIN_DM = -1.2
LID_X_DM = 0.31


def caricature(human: MakeHuman, vertices: np.ndarray, look: dict) -> np.ndarray:
    """`bulges`: (x, y, z from between the eyes, radius, scale), mirrored when x is not 0.

    `smooth`: (x, y, z, radius, rounds) of places rubbed smooth; lids and lips stay as they are.
    `bust`: width of neck and shoulders as a share of the person's own.
    """
    moved = vertices.copy()
    eyes = vertices[EYE_VERTICES].mean(0)
    for x, y, z, radius, scale in look.get('bulges', []):
        for side in (-1, 1) if x else (1,):
            centre = eyes + np.array([side * x, y, z])
            offset = moved - centre
            far = np.linalg.norm(offset, axis=1) / radius
            moved = centre + offset * (1 + (scale - 1) * np.exp(-(far**4)))[:, None]
    for x, y, z, radius, rounds in look.get('smooth', []):
        moved = rub(human, moved, eyes, eyes + np.array([x, y, z]), radius, rounds)
    low = smooth(CHIN_DM, LOWEST_NECK_DM, moved[:, 1] - eyes[1])
    moved[:, 0] *= 1 + (look.get('bust', 1.0) - 1) * low
    return moved


def rub(human: MakeHuman, vertices, eyes, centre, radius: float, rounds: int) -> np.ndarray:
    """Each vertex moves towards its neighbours' mean, most at `centre`, not at the lids."""
    skin = [f for f, g in zip(human.base.faces, human.base.groups) if g == 'body']
    ends = np.array([(f[i], f[i - 1]) for f in skin for i in range(len(f))])
    size = (len(vertices), len(vertices))
    ones = np.ones(2 * len(ends))
    links = coo_matrix((ones, (ends.ravel(), ends[:, ::-1].ravel())), size).tocsr()
    mean = diags(1 / np.maximum(links.sum(1).A1, 1)) @ links
    local = np.abs(vertices - eyes) * [1, 1, 0]
    lids = np.linalg.norm((local - [LID_X_DM, 0, 0]) * [1, 1.5, 1], axis=1)
    weight = np.exp(-((np.linalg.norm(vertices - centre, axis=1) / radius) ** 4))
    weight *= smooth(0.20, 0.27, lids) * (links.sum(1).A1 > 0)
    for _ in range(rounds):
        vertices = vertices + 0.6 * weight[:, None] * (mean @ vertices - vertices)
    return vertices
