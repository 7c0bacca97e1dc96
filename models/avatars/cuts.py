"""Head hair by cut: crop, bob, swept and clay locks."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from body import Surface
from fields import smooth
from scalp import SKULL_CENTRE, Skull, angles, direction, scalp_mask
from strands import add_strands, arc, clay_material, curl, hair_material, scatter, unit


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
    material = hair_material('crop', style['colour'], 0.35, 0.42, style.get('grey', 0.0))
    add_strands('crop', paths, style['width_dm'], 0.5, material)


def bob(surface: Surface, look: dict, rng: np.random.Generator) -> None:
    """Long hair: from a parting over the skull to the sides and back, then down."""
    style = look['hair']
    roots, _ = scatter(surface, scalp_mask(surface, look), style['count'], rng)
    paths = bob_paths(surface, roots, style, rng)
    paths = gather(paths, style, rng)
    material = hair_material('bob', style['colour'], 0.30, 0.30)
    add_strands('bob', paths, style['width_dm'], 0.55, material, fine=0.5)
    if 'fringe' in style:
        add_strands('fringe', fringe(surface, look, rng), style['width_dm'], 0.3, material, fine=0.5)


def fringe(surface: Surface, look: dict, rng: np.random.Generator) -> np.ndarray:
    """Hair from above the forehead that falls over the hairline."""
    style = look['hair']['fringe']
    around, up = angles(unit(surface.points - surface.eyes - SKULL_CENTRE))
    low, high = style['root_deg']
    here = scalp_mask(surface, look) * smooth(low - 3, low + 3, up) * smooth(high + 3, high - 3, up)
    here *= smooth(style['around_deg'] + 5, style['around_deg'] - 5, around)
    roots, _ = scatter(surface, here, style['count'], rng)
    return gather(comb(surface, roots, style, rng), style, rng)


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


def comb(surface: Surface, roots: np.ndarray, style: dict, rng: np.random.Generator):
    """Paths that lie on the head: away from the parting on top, down and back at the sides."""
    skull, steps = Skull(surface), style['steps']
    out = unit(roots - skull.centre)
    _, up = angles(out)
    top = smooth(*style['fade_deg'], up)
    side = np.where(roots[:, 0] > style['part_dm'], 1.0, -1.0)
    over = np.array(style['comb'], float) * np.stack([side, np.abs(side), np.abs(side)], -1)
    beside = np.array([0, -1.0, style.get('side_back', -0.45)])
    flow = unit(over * top[:, None] + beside * (1 - top[:, None]))
    flow = unit(flow + style['messy'] * rng.normal(size=roots.shape))
    length = style['side_dm'] + (style['top_dm'] - style['side_dm']) * top
    length *= rng.uniform(0.8, 1.1, len(roots))
    shell = style['side_shell_dm'] + (style['shell_dm'] - style['side_shell_dm']) * top
    shell *= rng.uniform(0.35, 1.0, len(roots))
    here, path = roots, [roots]
    below = np.linalg.norm(roots - skull.centre, axis=1) - skull.radius(out)
    for share in np.linspace(0, 1, steps)[1:]:
        tangent = unit(flow - (flow * out).sum(1, keepdims=True) * out)
        flow = unit(flow + np.array([0, -style.get('fall', 0.0), 0]))
        here = here + tangent * (length / (steps - 1))[:, None]
        out = unit(here - skull.centre)
        rise = below * (1 - share) + shell * np.sin(np.pi * min(0.62 * share + 0.02, 0.5))
        rise *= 1 - style.get('settle', 0.3) * max(0.0, share - 0.6) / 0.4
        here = skull.centre + out * (skull.radius(out) + rise)[:, None]
        path.append(here)
    return np.stack(path, 1)


def swept(surface: Surface, look: dict, rng: np.random.Generator) -> None:
    """Short straight hair combed from a parting."""
    style = look['hair']
    roots, _ = scatter(surface, scalp_mask(surface, look), style['count'], rng)
    paths = gather(comb(surface, roots, style, rng), style, rng)
    material = hair_material('swept', style['colour'], 0.3, 0.34, style.get('grey', 0.0))
    add_strands('swept', paths, style['width_dm'], 0.5, material, fine=0.5)


def locks(surface: Surface, look: dict, rng: np.random.Generator) -> None:
    """Clay hair: few thick locks, evenly rooted, over a closed cap of the same colour."""
    style = look['hair']
    hairy = (scalp_mask(surface, look) > 0.7).astype(float)
    many, _ = scatter(surface, hairy, 20 * style['count'], rng)
    roots = spread(many, style['count'])
    paths = comb(surface, roots, style, rng)
    paths[:, 0] += 0.5 * style['width_dm'] * unit(surface.eyes + SKULL_CENTRE - paths[:, 0])
    material = clay_material('locks', style['colour'])
    add_strands('locks', paths, style['width_dm'], style['tip'], material, fine=style['root'], grow=4)


def spread(points: np.ndarray, count: int) -> np.ndarray:
    """`count` of the points, each next one the farthest from those taken."""
    taken = [0]
    gap = np.linalg.norm(points - points[0], axis=1)
    while len(taken) < count:
        taken.append(int(gap.argmax()))
        gap = np.minimum(gap, np.linalg.norm(points - points[taken[-1]], axis=1))
    return points[taken]


CUTS = {'crop': crop, 'bob': bob, 'swept': swept, 'locks': locks}


def add_hair(surface: Surface, look: dict) -> None:
    CUTS[look['hair']['cut']](surface, look, np.random.default_rng(look['hair']['seed']))
