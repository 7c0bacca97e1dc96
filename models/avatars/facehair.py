"""Brows, lashes and beard: short strands placed from the eyes and the skin."""

from __future__ import annotations

import numpy as np

from body import Surface
from makehuman import MakeHuman
from skin import cloud, smooth
from strands import add_strands, arc, curl, hair_material, scatter, unit


def on_face(surface: Surface, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skin points and normals at x, y (dm from between the eyes), seen from the front."""
    guess = surface.eyes + np.stack([x, y, np.full_like(x, 0.35)], -1)
    for _ in range(4):
        near, normal, _ = surface.nearest(guess)
        guess[:, 2] = near[:, 2]
    lift = ((near - guess) * normal).sum(1, keepdims=True) * normal
    return guess + lift, normal


def add_brows(surface: Surface, look: dict) -> None:
    style = look['brows']
    rng = np.random.default_rng(5)
    material = hair_material('brow', style['colour'], 0.25, 0.5)
    for side in (-1, 1):
        n = style['count']
        s = rng.beta(1.15, 1.25, n)
        bend = np.sin(np.pi * np.minimum(1, s * 1.1) ** 1.25)
        x = style['inner'] + (style['outer'] - style['inner']) * s
        thick = style['thick'] * (1 - 0.72 * s**2.2) * smooth(-0.15, 0.16, s)
        across = np.clip(rng.normal(0, 0.33, n), -0.62, 0.62)
        y = style['height'] + style['rise'] * s + style['arch'] * bend - style['droop'] * smooth(0.6, 1, s) + across * thick
        roots, normals = on_face(surface, side * x, y)
        # Upright at the nose, sweeping outwards; upper hairs point down, lower ones up.
        tilt = np.radians(72 - 78 * np.minimum(1, s * 1.7) - 45 * across * smooth(0.1, 0.4, s))
        tilt += rng.normal(0, 0.13, n)
        along = np.stack([side * np.cos(tilt), np.sin(tilt), np.zeros(n)], -1)
        along = unit(along - (along * normals).sum(1, keepdims=True) * normals)
        length = style['length'] * rng.uniform(0.6, 1.1, n) * (1 - 0.35 * s)
        end = unit(along + 0.3 * np.array([side, -0.3, 0.0]) - 0.12 * normals)
        paths = arc(roots - 0.004 * normals, unit(along + 0.28 * normals), end, length, 6)
        add_strands('brow', paths, style['width_dm'], 0.25, material)


def add_lashes(human: MakeHuman, vertices: np.ndarray, surface: Surface, look: dict) -> None:
    """Roots on the inner edge of MakeHuman's lash strips, which follows the lids exactly."""
    style = look['lashes']
    rng = np.random.default_rng(9)
    points = human.lashes(1).fit(vertices)
    material = hair_material('lash', (0.012, 0.008, 0.006), 0.2, 0.5)
    for side in (-1, 1):
        eye = surface.eyes * [0, 1, 1]
        mine = points[points[:, 0] * side > 0]
        eye[0] = side * 0.5 * (np.abs(mine[:, 0]).min() + np.abs(mine[:, 0]).max())
        for upper in (True, False):
            strip = lash_strip(points, side, upper)
            lid_lashes(root_row(strip, eye), side, upper, style, rng, material)


def root_row(strip: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """The strip's row on the lid, from the nose outwards: per slice of x, what is nearest the eye."""
    x = np.abs(strip[:, 0])
    angle = np.arctan2(strip[:, 0] - eye[0], strip[:, 2] - eye[2] + 0.05) * np.sign(eye[0])
    rows = []
    for group in np.array_split(strip[np.argsort(angle)], 13):
        rows.append(group[np.argmin(np.linalg.norm(group - eye, axis=1))])
    row = np.array(rows)
    row = row[np.argsort(np.abs(row[:, 0]))]
    return np.vstack([row[:1], 0.25 * row[:-2] + 0.5 * row[1:-1] + 0.25 * row[2:], row[-1:]])


def lash_strip(points: np.ndarray, side: int, upper: bool) -> np.ndarray:
    """MakeHuman stores left upper (65), left lower (60), right upper, right lower in one mesh."""
    mine = points[points[:, 0] * side > 0]
    split = 65 if len(mine) == 125 else len(mine) // 2
    return mine[:split] if upper else mine[split:]


def lid_lashes(edge, side, upper, style, rng, material) -> None:
    n = style['upper'] if upper else style['lower']
    s = np.sort(rng.uniform(0.24, 1.0, n))
    at = np.interp(s, np.linspace(0, 1, len(edge)), np.arange(len(edge)))
    low = np.minimum(at.astype(int), len(edge) - 2)
    share = (at - low)[:, None]
    roots = edge[low] * (1 - share) + edge[low + 1] * share
    rise = 1 if upper else -1
    fan = (s - 0.45) * 1.3 * side
    out = unit(np.stack([fan, np.full(n, 0.10 * rise), np.full(n, 1.0)], -1))
    tip = unit(np.stack([fan * 1.2, np.full(n, (1.25 if upper else -0.8)), np.full(n, 0.7)], -1))
    out = unit(out + rng.normal(0, 0.06, (n, 3)))
    length = (style['upper_dm'] if upper else style['lower_dm']) * (0.55 + 0.45 * np.sin(np.pi * (0.15 + 0.7 * s)))
    length *= rng.uniform(0.75, 1.05, n)
    add_strands('lash', arc(roots, out, tip, length, 7), style['width_dm'], 0.2, material)


def add_beard(surface: Surface, look: dict) -> None:
    """Short beard: jaw, chin and upper lip, thin on the cheeks, none on the lips."""
    style = look.get('beard')
    if not style:
        return
    rng = np.random.default_rng(11)
    local = surface.points - surface.eyes
    x, y, z = np.abs(local[:, 0]), local[:, 1], local[:, 2]
    cheek_line = np.interp(x, *np.array(style['cheek_line'], float).T)
    mask = smooth(0.03, -0.07, y - cheek_line + 0.02 * cloud(surface.points, 0.1, 40))
    mask *= smooth(style['neck_y'] - 0.08, style['neck_y'] + 0.06, y + 0.25 * z - 0.1)
    mask *= 1 - smooth(0.04, 0.14, surface.lips)
    mask *= smooth(-0.85, -0.7, z)
    bare = np.exp(-(((x - 0.17) / 0.07) ** 2) - ((y + 0.92) / 0.06) ** 2)
    mask *= 1 - 0.75 * np.clip(bare, 0, 1)
    roots, normals = scatter(surface, mask, style['count'], rng)
    down = unit(np.tile([0.0, -1.0, 0.1], (len(roots), 1)) + 0.35 * rng.normal(size=roots.shape))
    length = style['length_dm'] * rng.uniform(0.5, 1.1, len(roots))
    paths = arc(roots - 0.004 * normals, unit(normals + 0.6 * down), unit(normals * 0.4 + down), length, 5)
    if style['curl_dm']:
        paths = curl(paths, style['curl_dm'], length / 0.05, rng)
    add_strands('beard', paths, style['width_dm'], 0.6, hair_material('beard', style['colour'], 0.4, 0.5))
