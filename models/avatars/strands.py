"""Hair of every kind as thin curves: scattering roots, bending paths, handing them to Blender."""

from __future__ import annotations

import bpy
import numpy as np

from blender import Nodes, link, to_blender
from body import Surface


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def scatter(
    surface: Surface, density: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """`count` points and normals on the skin, by area times per-vertex density."""
    corners = surface.points[surface.triangles]
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    chance = area * density[surface.triangles].mean(1)
    if chance.sum() <= 0:
        raise SystemExit('no skin to grow hair on: the density mask is empty')
    pick = surface.triangles[rng.choice(len(area), count, p=chance / chance.sum())]
    weights = rng.dirichlet([1, 1, 1], count)[:, :, None]
    roots = (surface.points[pick] * weights).sum(1)
    return roots, unit((surface.normals[pick] * weights).sum(1))


def arc(roots: np.ndarray, start: np.ndarray, end: np.ndarray, length: np.ndarray, steps: int):
    """Paths (n, steps, 3) that leave along `start` and bend towards `end` (unit vectors)."""
    t = np.linspace(0, 1, steps)[None, :, None]
    headings = unit(start[:, None] * (1 - t) + end[:, None] * t)
    moves = headings * (length / (steps - 1))[:, None, None]
    moves[:, 0] = 0
    return roots[:, None] + np.cumsum(moves, 1)


def curl(paths: np.ndarray, radius: float, turns: np.ndarray, rng: np.random.Generator):
    """Winds each path around itself; the radius grows from nothing at the root."""
    n, steps, _ = paths.shape
    tangent = unit(paths[:, -1] - paths[:, 0])
    side = unit(np.cross(tangent, unit(rng.normal(size=(n, 3)))))
    other = np.cross(tangent, side)
    t = np.linspace(0, 1, steps)[None, :]
    angle = rng.uniform(0, 2 * np.pi, (n, 1)) + 2 * np.pi * turns[:, None] * t
    swell = radius * np.minimum(1, 3 * t)
    return (
        paths
        + (swell * np.cos(angle))[..., None] * side[:, None]
        + (swell * np.sin(angle))[..., None] * other[:, None]
    )


def add_strands(
    name: str, paths: np.ndarray, root_dm: float, tip: float, material, fine: float = 1.0
) -> None:
    """One curves object; `tip` is the tip's radius as a share of `root_dm`, `fine` the root's."""
    n, steps, _ = paths.shape
    curves = bpy.data.hair_curves.new(name)
    curves.add_curves([steps] * n)
    curves.points.foreach_set('position', to_blender(paths).astype('f4').ravel())
    t = np.linspace(0, 1, steps)
    taper = root_dm * (1 - (1 - tip) * t**2) * np.minimum(1, fine + (1 - fine) * 14 * t)
    curves.points.foreach_set('radius', np.tile(taper, n).astype('f4'))
    curves.materials.append(material)
    link(name, curves)


def hair_material(name: str, colour: tuple, variation: float, roughness: float = 0.38):
    """Cycles' physical hair, coloured by what it would reflect; strands differ a little."""
    nodes = Nodes(name)
    info = nodes.add('ShaderNodeHairInfo')
    shade = nodes.math(
        'ADD', 1 - variation, nodes.math('MULTIPLY', info.outputs['Random'], 2 * variation)
    )
    tint = nodes.add('ShaderNodeVectorMath', {0: colour, 1: (1, 1, 1)}, operation='SCALE')
    nodes.put(tint.inputs['Scale'], shade)
    hair = nodes.add(
        'ShaderNodeBsdfHairPrincipled',
        {
            'Color': tint.outputs[0],
            'Roughness': roughness,
            'Radial Roughness': 0.45,
            'Coat': 0.0,
            'Random Roughness': 0.15,
            'Random': info.outputs['Random'],
        },
        model='CHIANG',
        parametrization='COLOR',
    )
    nodes.put(nodes.output.inputs['Surface'], hair.outputs[0])
    return nodes.material
