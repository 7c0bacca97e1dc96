"""Small things put on a face: earrings, glasses, a clay nose."""

from __future__ import annotations

import numpy as np

from blender import Nodes, add_mesh
from body import Surface
from strands import add_strands, clay_material


def metal(colour: tuple, roughness: float = 0.22):
    nodes = Nodes('metal')
    nodes.principled(Base_Color=(*colour, 1), Metallic=1.0, Roughness=roughness)
    return nodes.material


def plastic(colour: tuple):
    nodes = Nodes('plastic')
    nodes.principled(Base_Color=(*colour, 1), Roughness=0.25)
    return nodes.material


def ball(centre: np.ndarray, radius: float, material) -> None:
    rows, columns = 24, 40
    up = np.linspace(0, np.pi, rows)[:, None]
    around = np.linspace(0, 2 * np.pi, columns, endpoint=False)[None]
    grid = np.stack(
        [np.sin(up) * np.cos(around), np.cos(up) + 0 * around, np.sin(up) * np.sin(around)], -1
    )
    index = np.arange(rows * columns).reshape(rows, columns)
    right = np.roll(index, -1, 1)
    faces = np.stack([index[:-1], right[:-1], right[1:], index[1:]], -1).reshape(-1, 4)
    add_mesh('ball', centre + radius * grid.reshape(-1, 3), faces, material)


def add_earrings(surface: Surface, style: dict) -> None:
    """One bead below each ear lobe."""
    ears = surface.points[surface.ears > 0.5]
    for side in (-1, 1):
        mine = ears[ears[:, 0] * side > 0]
        front = mine[mine[:, 2] > np.median(mine[:, 2])]
        lobe = front[front[:, 1] < np.quantile(front[:, 1], 0.08)].mean(0)
        at = lobe + np.array([side * 0.02, -style['drop_dm'], 0.05])
        ball(at, style['radius_dm'], metal(style['colour']))


def add_nose_ball(surface: Surface, style: dict) -> None:
    """A ball where the tip of the nose is, for clay people."""
    at = surface.eyes + np.array(style['at'])
    ball(at, style['radius_dm'], clay_material('nose', style['colour']))


def frame_outline(style: dict, count: int = 64) -> np.ndarray:
    """One rim in its own plane (n, 2): a rounded box, a little wider above."""
    angle = np.linspace(0, 2 * np.pi, count + 1)
    power = style.get('square', 0.7)
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    return np.stack([x * style['half_width'] * (1 + 0.06 * y), y * style['half_height']], -1)


def add_glasses(surface: Surface, style: dict) -> None:
    """Two rims, a bridge and the temples; without lenses, so that the eyes stay clear."""
    material = plastic(style['colour'])
    thick = style['thick_dm']
    outline = frame_outline(style)
    middle = surface.eyes + np.array([0, style['y'], style['z']])
    for side in (-1, 1):
        wrap = 0.10
        rim = np.stack(
            [
                side * (style['x'] + outline[:, 0]),
                outline[:, 1],
                -wrap * (style['x'] + outline[:, 0]) ** 2,
            ],
            -1,
        )
        add_strands('rim', (middle + rim)[None], thick, 1.0, material)
        outer = style['x'] + style['half_width']
        hinge = middle + np.array([side * outer, 0.35 * style['half_height'], -wrap * outer**2])
        ear = surface.points[(surface.ears > 0.5) & (surface.points[:, 0] * side > 0)]
        top = ear[np.argmax(ear[:, 1])]
        end = np.array([side * max(abs(top[0]) - 0.02, outer), top[1] - 0.02, top[2]])
        t = np.linspace(0, 1, 12)[:, None]
        bend = hinge + np.array([side * (abs(end[0]) - outer) * 0.9, 0, -0.12])
        temple = (1 - t) ** 2 * hinge + 2 * t * (1 - t) * bend + t**2 * end
        add_strands('temple', temple[None], thick * 1.1, 1.0, material)
    inner = style['x'] - style['half_width']
    x = np.linspace(-inner, inner, 12)
    bow = 0.05 * (1 - (x / inner) ** 2)
    bridge = middle + np.stack([x, 0.3 * style['half_height'] + bow, 0.02 + bow * 0.3], -1)
    add_strands('bridge', bridge[None], thick, 1.0, material)


def add_worn(surface: Surface, look: dict) -> None:
    if 'earrings' in look:
        add_earrings(surface, look['earrings'])
    if 'nose_ball' in look:
        add_nose_ball(surface, look['nose_ball'])
    if 'glasses' in look:
        add_glasses(surface, look['glasses'])
