"""Where head hair grows, and the two cuts: a long bob and a short crop."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from body import Surface
from skin import cloud, smooth
from strands import add_strands, arc, curl, hair_material, scatter, unit

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


def crop(surface: Surface, look: dict, rng: np.random.Generator) -> None:
    """Short hair: longest on top, fading out over the temples and down to the nape."""
    style = look['hair']
    roots, normals = scatter(surface, scalp_mask(surface, look), style['count'], rng)
    local = unit(roots - surface.eyes - SKULL_CENTRE)
    _, up = angles(local)
    fade = smooth(*style['fade_deg'], up)
    length = style['side_dm'] + (style['top_dm'] - style['side_dm']) * fade
    length *= rng.uniform(0.75, 1.1, len(roots))
    combed = unit(np.tile(np.array(style['comb'], float), (len(roots), 1)))
    lean = unit(normals + style['lean'] * combed + 0.18 * rng.normal(size=roots.shape))
    tip = unit(normals * 0.6 + style['lean'] * 2 * combed + 0.35 * rng.normal(size=roots.shape))
    paths = arc(roots - normals * 0.01, lean, tip, length, 7)
    if style['curl_dm']:
        paths = curl(paths, style['curl_dm'], length / style['curl_pitch_dm'], rng)
    material = hair_material('crop', style['colour'], 0.35, 0.42)
    add_strands('crop', paths, style['width_dm'], 0.5, material)


def bob(surface: Surface, look: dict, rng: np.random.Generator) -> None:
    """Long hair: from a parting over the skull to the sides and back, then down."""
    style = look['hair']
    roots, _ = scatter(surface, scalp_mask(surface, look), style['count'], rng)
    paths = bob_paths(surface, roots, style, rng)
    paths = gather(paths, style, rng)
    material = hair_material('bob', style['colour'], 0.30, 0.30)
    add_strands('bob', paths, style['width_dm'], 0.55, material, fine=0.5)


def bob_paths(surface: Surface, roots: np.ndarray, style: dict, rng: np.random.Generator):
    skull = Skull(surface)
    n, over, fall = len(roots), style['over_steps'], style['fall_steps']
    local = roots - skull.centre
    start = unit(local)
    side = np.where(local[:, 0] > style['part_dm'], 1.0, -1.0)
    around, up = angles(start)
    # Hair rooted in front falls in front: the ring at ear height is filled in the same order.
    order = np.clip((around * np.sign(local[:, 0]) * side) / 180, -0.35, 1)
    front, back = style['ring_deg']
    ring = front + (back - front) * np.clip(order, 0, 1) ** 0.8 + rng.normal(0, 3, n)
    layer = np.clip((up - 5) / 75, 0, 1)
    end = direction(ring, np.full(n, 4.0), side)
    middle = direction(np.maximum(ring * 0.92, around), np.maximum(up, 25) * 0.75 + 8, side)
    t = np.linspace(0, 1, over)[None, :, None]
    way = unit(
        (1 - t) ** 2 * start[:, None] + 2 * t * (1 - t) * middle[:, None] + t**2 * end[:, None]
    )
    lift = style['lift_dm'] * np.sin(np.pi * np.clip(t[..., 0] * 1.1, 0, 1)) * layer[:, None]
    shell = style['shell_dm'] * (0.25 + 0.75 * layer) + rng.uniform(0, 0.035, n)
    beside, above = angles(way)
    ears = style['over_ear_dm'] * np.exp(-(((beside - 95) / 20) ** 2)) * smooth(32, 0, above)
    radius = skull.radius(way) + ears + lift + shell[:, None] * np.minimum(1, 2.5 * t[..., 0])
    head = skull.centre + way * radius[..., None]
    head[:, 0] = roots
    # Below the ear: straight down, drawn in at the neck, tips turned inwards.
    last = head[:, -1]
    bottom = surface.eyes[1] + style['end_dm'] + rng.normal(0, style['end_spread_dm'], n)
    drop = np.linspace(0, 1, fall + 1)[1:][None, :]
    down = np.repeat(last[:, None], fall, 1)
    axis = np.array([0, 0, skull.centre[2] - 0.05])
    flat = (last - axis) * [1, 0, 1]
    squeeze = 1 + style['belly'] * np.sin(np.pi * drop) - style['tuck'] * smooth(0.55, 1.0, drop)
    down = axis + flat[:, None] * squeeze[..., None]
    down[..., 1] = last[:, None, 1] + (bottom - last[:, 1])[:, None] * drop
    paths = np.concatenate([head, down], 1)
    for _ in range(6):
        paths[:, 1:-1] = 0.5 * paths[:, 1:-1] + 0.25 * (paths[:, :-2] + paths[:, 2:])
    return push_out(surface, paths, over)


def push_out(surface: Surface, paths: np.ndarray, first: int) -> np.ndarray:
    """Keeps hanging hair outside of neck, shoulders and cloth."""
    for _ in range(2):
        hanging = paths[:, first:].reshape(-1, 3)
        _, normal, distance = surface.nearest(hanging)
        gap = np.maximum(0, 0.11 - distance)
        paths[:, first:] = (hanging + normal * gap[:, None]).reshape(paths[:, first:].shape)
    return paths


def gather(paths: np.ndarray, style: dict, rng: np.random.Generator) -> np.ndarray:
    """Strands join into locks towards the tips; every lock has its own slow wave."""
    n, steps, _ = paths.shape
    leaders = rng.choice(n, style['locks'], replace=False)
    middle = paths[:, int(steps * 0.55)]
    mine = cKDTree(middle[leaders]).query(middle)[1]
    t = np.linspace(0, 1, steps)
    pull = style['clump'] * smooth(0.15, 0.9, t)[None, :, None]
    spread = rng.uniform(0.6, 1.0, n)[:, None, None]
    out = paths * (1 - pull * spread) + paths[leaders][mine] * (pull * spread)
    phase = rng.uniform(0, 2 * np.pi, (style['locks'], 3))[mine]
    rate = rng.uniform(0.7, 1.3, style['locks'])[mine]
    wave = np.sin(
        phase[:, None] + (style['waves'] * 2 * np.pi * rate)[:, None, None] * t[None, :, None]
    )
    out = out + style['wave_dm'] * smooth(0.25, 0.9, t)[None, :, None] * wave * [1, 0.2, 1]
    stray = rng.normal(size=(n, 1, 3)) * (rng.random((n, 1, 1)) ** 3) * 0.05
    return out + stray * (t**2)[None, :, None]


CUTS = {'crop': crop, 'bob': bob}


def add_hair(surface: Surface, look: dict) -> None:
    CUTS[look['hair']['cut']](surface, look, np.random.default_rng(look['hair']['seed']))
