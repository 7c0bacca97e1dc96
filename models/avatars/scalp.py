"""Where head hair grows: the hairline, and the skull that hair lies on."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from body import Surface
from fields import cloud, smooth
from strands import unit

# From between the eyes to the middle of the skull (dm).
SKULL_CENTRE = np.array([0, 0.15, -0.70])


def angles(directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees around (0 = face, 180 = back, sides mirrored) and up from the skull's centre."""
    flat = np.hypot(directions[..., 0], directions[..., 2])
    around = np.degrees(np.arctan2(np.abs(directions[..., 0]), directions[..., 2]))
    return around, np.degrees(np.arctan2(directions[..., 1], flat))


def direction(around: np.ndarray, up: np.ndarray, side: np.ndarray) -> np.ndarray:
    a, e = np.radians(around), np.radians(up)
    return np.stack([side * np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], -1)


def scalp_mask(surface: Surface, look: dict) -> np.ndarray:
    """1 where head hair grows, fading over the look's `edge_deg` below and above the hairline."""
    edge = smooth(*look['edge_deg'], above_hairline(surface, look))
    return edge * (1 - smooth(0.05, 0.4, surface.ears))


def above_hairline(surface: Surface, look: dict) -> np.ndarray:
    """Degrees above the look's hairline, across it, per skin vertex, a little ragged."""
    local = surface.points - surface.eyes - SKULL_CENTRE
    around, up = angles(local)
    degrees = np.arange(181)
    line = np.interp(degrees, *np.array(look['hairline'], float).T)
    line = gaussian_filter1d(line, look.get('rounded_deg', 2.0), mode='nearest')
    # Where the hairline is steep its edge would be narrower than the skin's vertices are apart.
    steep = np.hypot(1, np.gradient(line))
    above = (up - np.interp(around, degrees, line)) / np.interp(around, degrees, steep)
    return above + look['ragged'] * cloud(surface.points, 0.12, 30)


class Skull:
    """Distance from the skull's centre to the skin, by direction."""

    def __init__(self, surface: Surface) -> None:
        self.centre = surface.eyes + SKULL_CENTRE
        local = surface.points - self.centre
        keep = local[:, 1] > -0.6
        self.radii = np.linalg.norm(local[keep], axis=1)
        self.tree = cKDTree(unit(local[keep]))

    def radius(self, directions: np.ndarray) -> np.ndarray:
        """Mean of 12 neighbours: smooth, and ears hardly count."""
        near = self.tree.query(directions, k=12)[1]
        return self.radii[near].mean(-1)
