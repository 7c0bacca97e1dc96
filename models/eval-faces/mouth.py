"""Teeth, gums and tongue of a drawn person: MakeHuman's meshes, moved by the same targets as the skin."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from blender import Nodes, add_mesh, set_attribute
from makehuman import Proxy, load_proxy

TEETH = Path('makehuman-assets/base/teeth')
TONGUE = Path('makehuman-assets/base/tongue/tongue01/tongue01.mhclo')
# Bindings of the upper jaw have parents from this base vertex on.
FIRST_UPPER_PARENT = 15060
# MakeHuman's arches stand too far forward and high: lower teeth would pierce the lip.
UPPER_SHIFT, LOWER_SHIFT = np.array([0, -0.025, -0.02]), np.array([0, -0.055, -0.05])
TONGUE_SHIFT = np.array([0, -0.03, -0.02])
# What tongueUp = 1 does to the tip.
TONGUE_LIFT = np.array([0, 0.26, -0.05])
ENAMEL, GUM, FLESH = (0.78, 0.70, 0.58), (0.42, 0.13, 0.12), (0.58, 0.21, 0.19)


class Mouth:
    """Positions of teeth and tongue for a neutral base mesh and any displacement of it."""

    def __init__(self, assets: Path, neutral: np.ndarray, look: dict) -> None:
        name = look['teeth']
        self.teeth = load_proxy(assets / TEETH / name / f'{name}.mhclo')
        self.tongue = load_proxy(assets / TONGUE)
        upper = self.teeth.base_index[:, :1] >= FIRST_UPPER_PARENT
        shift = np.where(upper, UPPER_SHIFT, LOWER_SHIFT)
        self.rest_teeth = self.teeth.fit(neutral) + shift
        self.rest_tongue = self.tongue.fit(neutral) + TONGUE_SHIFT
        depth = self.rest_tongue[:, 2]
        self.tip = ((depth - depth.min()) / np.ptp(depth))[:, None] ** 2
        gum = component_sizes(self.teeth)
        colour = np.where(gum[:, None], GUM, np.array(ENAMEL) * look['enamel'])
        self.objects = [
            _flesh('teeth', self.rest_teeth, self.teeth, colour, 0.18),
            _flesh('tongue', self.rest_tongue, self.tongue, np.tile(FLESH, (len(depth), 1)), 0.35),
        ]

    def at(self, move: np.ndarray, tongue_up: float) -> list[np.ndarray]:
        """Vertices of teeth and tongue when the base mesh has moved by `move`."""
        teeth = self.rest_teeth + follow(self.teeth, move)
        tongue = self.rest_tongue + follow(self.tongue, move) + tongue_up * self.tip * TONGUE_LIFT
        return [teeth, tongue]


def follow(proxy: Proxy, move: np.ndarray) -> np.ndarray:
    """A displacement of the base mesh carried over to a mesh bound to it."""
    return (move[proxy.base_index] * proxy.weights[:, :, None]).sum(1)


def component_sizes(proxy: Proxy) -> np.ndarray:
    """True on the largest connected part: the gums (each tooth is a part of its own)."""
    parent = list(range(len(proxy.base_index)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for face in proxy.mesh.faces:
        for vertex in face[1:]:
            parent[root(vertex)] = root(face[0])
    roots = np.array([root(i) for i in range(len(parent))])
    return roots == np.argmax(np.bincount(roots))


def _flesh(name: str, points, proxy: Proxy, colour, roughness: float) -> bpy.types.Object:
    nodes = Nodes(name)
    nodes.principled(
        Base_Color=nodes.attribute('albedo', 'Color'),
        Roughness=roughness,
        Subsurface_Weight=0.4,
        Subsurface_Radius=(1.0, 0.4, 0.25),
        Subsurface_Scale=0.02,
    )
    obj = add_mesh(name, points, proxy.mesh.faces, nodes.material)
    set_attribute(obj.data, 'albedo', colour)
    set_attribute(obj.data, 'inside', np.ones(len(points)))
    return obj
