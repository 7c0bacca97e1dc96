"""Skin: colour per vertex computed in numpy, fine structure in the shader."""

from __future__ import annotations

import numpy as np

from blender import Nodes, set_attribute
from body import Surface
from fields import cloud, smooth

# What blood, shade and sun multiply into the skin colour (linear RGB).
BLUSH = np.array([1.06, 0.80, 0.78])
EYE_SHADE = np.array([0.82, 0.72, 0.72])


def face_spot(surface: Surface, x: float, y: float, radius: float, flat: float = 1.0) -> np.ndarray:
    """Soft spot on the front of the face, mirrored; x, y in dm from between the eyes."""
    local = surface.points - surface.eyes
    front = smooth(-0.5, 0.1, local[:, 2])
    dx, dy = np.abs(local[:, 0]) - x, (local[:, 1] - y) * flat
    return front * np.exp(-(dx**2 + dy**2) / radius**2)


def paint_skin(surface: Surface, look: dict, shadows: list[tuple[np.ndarray, tuple]]) -> None:
    """Writes the attributes `albedo` and `gloss` that the material reads.

    `shadows`: (mask per vertex, colour) of what lies under hair, brows and lashes.
    """
    points, lips = surface.points, surface.lips
    albedo = np.tile(np.array(look['skin'], float), (len(points), 1))
    mottling = 0.030 * cloud(points, 0.45, 1) + 0.022 * cloud(points, 0.16, 2)
    albedo *= (1 + mottling)[:, None]
    cheeks = face_spot(surface, 0.46, -0.42, 0.26)
    nose = face_spot(surface, 0.0, -0.40, 0.17)
    chin = face_spot(surface, 0.0, -1.08, 0.18)
    blush = look['blush'] * (cheeks + 0.7 * nose + 0.35 * chin) + 0.03 * cloud(points, 0.3, 3)
    albedo *= 1 + np.clip(blush, 0, 1)[:, None] * (BLUSH - 1)
    shade = face_spot(surface, 0.30, -0.10, 0.17, 1.5) + 0.6 * face_spot(
        surface, 0.30, 0.12, 0.15, 1.6
    )
    albedo *= 1 + look['eye_shade'] * np.clip(shade, 0, 1)[:, None] * (EYE_SHADE - 1)
    for seed in range(look['freckles']):
        albedo *= (
            1
            - 0.28
            * np.clip((cloud(points, 0.045, 10 + seed) - 2.0) * 1.5, 0, 1)[:, None]
            * (face_spot(surface, 0.35, -0.35, 0.4) > 0.2)[:, None]
        )
    lip_colour = np.array(look['lip']) * (1 + 0.05 * cloud(points, 0.08, 5))[:, None]
    albedo = albedo * (1 - lips[:, None]) + lip_colour * lips[:, None]
    for mask, colour in shadows:
        albedo = albedo * (1 - mask[:, None]) + np.array(colour) * mask[:, None]
    set_attribute(surface.obj.data, 'albedo', np.clip(albedo, 0.005, 0.95))
    oily = face_spot(surface, 0.0, 0.6, 0.4) + face_spot(surface, 0.0, -0.3, 0.22)
    set_attribute(
        surface.obj.data, 'gloss', np.clip(0.10 * oily + look['lip_gloss'] * lips, 0, 0.3)
    )


def skin_material(look: dict):
    nodes = Nodes('skin')
    rough = nodes.math('SUBTRACT', look['roughness'], nodes.attribute('gloss'))
    pores = nodes.bump(nodes.noise(60, 3), look['pores'], 0.010)
    creases = nodes.bump(nodes.noise(16, 2), 0.05, 0.03, pores)
    nodes.principled(
        Base_Color=nodes.attribute('albedo', 'Color'),
        Roughness=nodes.math('ADD', rough, nodes.math('MULTIPLY', nodes.noise(30), 0.06)),
        Specular_IOR_Level=0.40,
        Subsurface_Weight=0.75,
        Subsurface_Radius=(1.0, 0.32, 0.16),
        Subsurface_Scale=look.get('subsurface_dm', 0.045),
        Normal=creases,
    )
    return nodes.material
