"""Brows, lashes and beard: short strands placed from the eyes and the skin."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from body import EYE_SOCKETS, Surface, patch_rim
from fields import cloud, smooth
from makehuman import MakeHuman
from strands import add_strands, arc, clay_material, curl, hair_material, scatter, unit


def on_face(surface: Surface, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skin points and normals at x, y (dm from between the eyes), seen from the front."""
    guess = surface.eyes + np.stack([x, y, np.full_like(x, 0.35)], -1)
    for _ in range(4):
        near, normal, _ = surface.nearest(guess)
        guess[:, 2] = near[:, 2]
    lift = ((near - guess) * normal).sum(1, keepdims=True) * normal
    return guess + lift, normal


def brow_height(style: dict, s: np.ndarray) -> np.ndarray:
    """Middle of the brow above the eyes (dm), s = 0 at the nose, 1 at the temple."""
    bend = np.sin(np.pi * np.minimum(1, s * 1.1) ** 1.25)
    return (
        style['height']
        + style['rise'] * s
        + style['arch'] * bend
        - style['droop'] * smooth(0.6, 1, s)
    )


def brow_thickness(style: dict, s: np.ndarray) -> np.ndarray:
    return style['thick'] * (1 - 0.72 * s**2.2) * smooth(*style.get('begins', (-0.15, 0.16)), s)


def brow_mask(surface: Surface, style: dict) -> np.ndarray:
    local = surface.points - surface.eyes
    s = np.clip(
        (np.abs(local[:, 0]) - style['inner']) / (style['outer'] - style['inner']), -0.3, 1.3
    )
    inside = smooth(-0.08, 0.1, s) * smooth(1.05, 0.9, s) * (local[:, 2] > -0.2)
    t = np.clip(s, 0, 1)
    off = (local[:, 1] - brow_height(style, t)) / np.maximum(brow_thickness(style, t) * 0.5, 0.01)
    return inside * np.exp(-(off**2))


def add_brows(surface: Surface, look: dict) -> None:
    style = look['brows']
    if look.get('clay'):
        add_clay_brows(surface, style)
        return
    rng = np.random.default_rng(5)
    material = hair_material('brow', style['colour'], 0.25, 0.5)
    for side in (-1, 1):
        n = style['count']
        s = rng.beta(1.15, 1.25, n)
        x = style['inner'] + (style['outer'] - style['inner']) * s
        across = np.clip(rng.normal(0, 0.33, n), -0.62, 0.62)
        y = brow_height(style, s) + across * brow_thickness(style, s)
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


def add_clay_brows(surface: Surface, style: dict) -> None:
    """One roll of clay per brow."""
    s = np.linspace(0, 1, 16)
    for side in (-1, 1):
        x = style['inner'] + (style['outer'] - style['inner']) * s
        path, normals = on_face(surface, side * x, brow_height(style, s))
        path = path + 0.25 * style['thick'] * normals
        material = clay_material('brow', style['colour'])
        add_strands('brow', path[None], style['thick'] * 0.5, 0.35, material, fine=0.7)


LID_EDGE_DM = np.array([0.0, -0.004, 0.030])


def lash_rows(human: MakeHuman, vertices: np.ndarray):
    """(side, upper?, points along the lid's edge from the nose outwards), per lid."""
    rim = vertices[patch_rim(human, EYE_SOCKETS)]
    # The patch ends inside the lid: lashes stand on its outer edge, a little in front.
    for side in (-1, 1):
        mine = rim[rim[:, 0] * side > 0]
        mine = mine[np.argsort(np.abs(mine[:, 0]))]
        nose, temple = mine[0], mine[-1]
        share = (mine[:, 0] - nose[0]) / (temple[0] - nose[0])
        above = mine[:, 1] > nose[1] + (temple[1] - nose[1]) * share
        yield side, True, np.vstack([nose, mine[above], temple]) + LID_EDGE_DM
        yield side, False, np.vstack([nose, mine[~above], temple]) + LID_EDGE_DM * [1, -1, 1]


def lash_line_mask(human: MakeHuman, vertices: np.ndarray, surface: Surface) -> np.ndarray:
    """Dark edge of the lids, stronger above: what dense lash roots look like from afar."""
    mask = np.zeros(len(surface.points))
    for _, upper, row in lash_rows(human, vertices):
        fine = np.concatenate([row[:-1] * (1 - t) + row[1:] * t for t in np.linspace(0, 1, 8)])
        distance = cKDTree(fine[np.abs(fine[:, 0]) > np.abs(row[0, 0]) + 0.04]).query(
            surface.points
        )[0]
        mask = np.maximum(mask, (0.85 if upper else 0.35) * np.exp(-((distance / 0.022) ** 2)))
    return mask


def add_lashes(human: MakeHuman, vertices: np.ndarray, look: dict) -> None:
    rng = np.random.default_rng(9)
    material = hair_material('lash', (0.004, 0.003, 0.002), 0.2, 0.6)
    for side, upper, row in lash_rows(human, vertices):
        if 'upper' in look['lashes']:
            lid_lashes(row, side, upper, look['lashes'], rng, material)
        if upper:
            add_lash_line(row, look['lashes'], material)


def add_lash_line(edge: np.ndarray, style: dict, material) -> None:
    """One thick strand along the upper lid: the roots of the lashes, closed to a line."""
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(edge, axis=0), axis=1))])
    at = np.linspace(0.12, 1.0, 24) * along[-1]
    path = np.stack([np.interp(at, along, edge[:, k]) for k in range(3)], -1)
    for _ in range(4):
        path[1:-1] = 0.5 * path[1:-1] + 0.25 * (path[:-2] + path[2:])
    path += np.array([0, 0, style.get('line_out_dm', 0.0)])
    add_strands('lash line', path[None], style['line_dm'], 0.6, material, fine=0.15)


def lid_lashes(edge, side, upper, style, rng, material) -> None:
    n = style['upper'] if upper else style['lower']
    s = np.sort(rng.uniform(0.24, 1.0, n))
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(edge, axis=0), axis=1))])
    at = np.interp(s, along / along[-1], np.arange(len(edge)))
    low = np.minimum(at.astype(int), len(edge) - 2)
    share = (at - low)[:, None]
    roots = edge[low] * (1 - share) + edge[low + 1] * share
    rise = 1 if upper else -1
    fan = (s - 0.45) * 1.3 * side
    out = unit(np.stack([fan, np.full(n, 0.10 * rise), np.full(n, 1.0)], -1))
    tip = unit(np.stack([fan * 1.2, np.full(n, (1.25 if upper else -0.8)), np.full(n, 0.7)], -1))
    out = unit(out + rng.normal(0, 0.06, (n, 3)))
    length = (style['upper_dm'] if upper else style['lower_dm']) * (
        0.55 + 0.45 * np.sin(np.pi * (0.15 + 0.7 * s))
    )
    length *= rng.uniform(0.75, 1.05, n)
    add_strands('lash', arc(roots, out, tip, length, 7), style['width_dm'], 0.2, material)


def beard_mask(surface: Surface, style: dict) -> np.ndarray:
    """1 on jaw, chin and upper lip; thin below the lower lip's sides, none on the lips."""
    local = surface.points - surface.eyes
    x, y, z = np.abs(local[:, 0]), local[:, 1], local[:, 2]
    cheek_line = np.interp(x, *np.array(style['cheek_line'], float).T)
    mask = smooth(0.03, -0.07, y - cheek_line + 0.02 * cloud(surface.points, 0.1, 40))
    mask *= smooth(style['neck_y'] - 0.08, style['neck_y'] + 0.06, y + 0.25 * z - 0.1)
    mask *= 1 - smooth(0.0, 0.3, surface.lips)
    mask *= smooth(-0.75, -0.6, z) * (1 - smooth(0.05, 0.3, surface.ears))
    bare = np.exp(-(((x - 0.17) / 0.07) ** 2) - ((y + 0.92) / 0.06) ** 2)
    mask *= 1 - 0.5 * np.clip(bare, 0, 1)
    return mask


def add_beard(surface: Surface, look: dict) -> None:
    style = look.get('beard')
    if not style:
        return
    rng = np.random.default_rng(11)
    roots, normals = scatter(surface, beard_mask(surface, style), style['count'], rng)
    down = unit(np.tile([0.0, -1.0, 0.1], (len(roots), 1)) + 0.35 * rng.normal(size=roots.shape))
    length = style['length_dm'] * rng.uniform(0.5, 1.1, len(roots))
    paths = arc(
        roots - 0.004 * normals, unit(normals + 0.6 * down), unit(normals * 0.4 + down), length, 5
    )
    if style['curl_dm']:
        paths = curl(paths, style['curl_dm'], length / 0.05, rng)
    add_strands(
        'beard', paths, style['width_dm'], 0.6, hair_material('beard', style['colour'], 0.4, 0.5)
    )
