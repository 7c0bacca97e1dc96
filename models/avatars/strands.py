"""Hair of every kind as thin curves: scattering roots, bending paths, handing them to Blender."""

from __future__ import annotations

import bpy
import numpy as np

from blender import Nodes, link, to_blender
from body import Surface

GREY_HAIR = (0.42, 0.41, 0.40)


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
    name: str, paths: np.ndarray, root_dm: float, tip: float, material, fine: float = 1.0, grow: float = 14
) -> None:
    """One curves object; `tip` is the tip's radius as a share of `root_dm`, `fine` the root's.

    From the root on the radius grows to its full size within 1 / `grow` of the length.
    """
    n, steps, _ = paths.shape
    curves = bpy.data.hair_curves.new(name)
    curves.add_curves([steps] * n)
    curves.points.foreach_set('position', to_blender(paths).astype('f4').ravel())
    t = np.linspace(0, 1, steps)
    taper = root_dm * (1 - (1 - tip) * t**2) * np.minimum(1, fine + (1 - fine) * grow * t)
    curves.points.foreach_set('radius', np.tile(taper, n).astype('f4'))
    curves.materials.append(material)
    link(name, curves)


def clay_material(name: str, colour: tuple):
    """Smooth modelling clay: for stylised people, whose hair is a few thick locks."""
    nodes = Nodes(name)
    nodes.principled(
        Base_Color=(*colour, 1),
        Roughness=0.5,
        Specular_IOR_Level=0.35,
        Subsurface_Weight=0.3,
        Subsurface_Scale=0.04,
    )
    return nodes.material


def hair_material(
    name: str, colour: tuple, variation: float, roughness: float = 0.38, grey: float = 0.0
):
    """Cycles' physical hair, coloured by what it would reflect; strands differ a little.

    `grey`: share of strands that have lost their colour.
    """
    nodes = Nodes(name)
    info = nodes.add('ShaderNodeHairInfo')
    other = nodes.math('FRACT', nodes.math('MULTIPLY', info.outputs['Random'], 17.0))
    shade = nodes.math(
        'ADD', 1 - variation, nodes.math('MULTIPLY', other, 2 * variation)
    )
    lost = nodes.math('LESS_THAN', info.outputs['Random'], grey)
    base = nodes.add('ShaderNodeMix', {'Factor': lost}, data_type='RGBA')
    base.inputs[6].default_value = (*colour, 1)
    base.inputs[7].default_value = (*GREY_HAIR, 1)
    tint = nodes.add('ShaderNodeVectorMath', {0: base.outputs[2]}, operation='SCALE')
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
