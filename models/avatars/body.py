"""The bust: skin surface of head, neck and shoulders, and the eyes."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from scipy.spatial import cKDTree

from blender import Nodes, add_mesh, get_attribute, mesh_arrays, set_attribute, subdivided
from makehuman import EYE_VERTICES, MakeHuman

BUST_FLOOR_DM = 4.0
BUST_HALF_WIDTH_DM = 2.6


@dataclass
class Surface:
    """The subdivided skin as arrays, and where the eyes are (the anchor of all placements)."""

    obj: bpy.types.Object
    points: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    lips: np.ndarray
    eyes: np.ndarray
    tree: cKDTree

    def nearest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Nearest skin point, its normal, and the signed distance (outside is positive)."""
        index = self.tree.query(points)[1]
        offset = points - self.points[index]
        return self.points[index], self.normals[index], (offset * self.normals[index]).sum(-1)


def bust_faces(human: MakeHuman) -> list[list[int]]:
    rest = human.base.vertices
    kept = []
    for face, group in zip(human.base.faces, human.base.groups):
        corners = rest[face]
        inside = corners[:, 1].min() > BUST_FLOOR_DM
        if group == 'body' and inside and np.abs(corners[:, 0]).max() < BUST_HALF_WIDTH_DM:
            kept.append(face)
    return kept


def lip_mask(human: MakeHuman) -> np.ndarray:
    """1 on the red of the lips: where MakeHuman's lip-volume targets move the base mesh."""
    mask = np.zeros(len(human.base.vertices))
    across = np.abs(human.base.vertices[:, 0])
    for lip in ('upperlip', 'lowerlip'):
        move = np.abs(human.target(f'mouth/mouth-{lip}-volume-incr')).sum(1)
        # The targets fade towards the corners; the red of the lips does not: compare per column.
        edges = np.arange(0, 0.40, 0.03)
        peaks = [move[np.abs(across - x) < 0.04].max(initial=0) for x in edges]
        peak = np.maximum(np.interp(across, edges, peaks), 0.015 * move.max())
        mask = np.maximum(mask, np.minimum(move / peak, 1))
    return mask


def build_bust(human: MakeHuman, vertices: np.ndarray, material) -> Surface:
    faces = bust_faces(human)
    used = np.unique([v for face in faces for v in face])
    renumber = np.full(len(vertices), -1)
    renumber[used] = np.arange(len(used))
    obj = add_mesh('bust', vertices[used], [renumber[f] for f in faces], material)
    set_attribute(obj.data, 'lips', lip_mask(human)[used])
    subdivided(obj, 2)
    points, normals, triangles = mesh_arrays(obj.data)
    eyes = vertices[EYE_VERTICES].mean(0)
    lips = get_attribute(obj.data, 'lips')
    return Surface(obj, points, normals, triangles, lips, eyes, cKDTree(points))


def add_eyes(human: MakeHuman, vertices: np.ndarray, look: dict) -> bpy.types.Object:
    proxy = human.eyes()
    obj = add_mesh('eyes', proxy.fit(vertices), proxy.mesh.faces, eye_material(human, look))
    layer = obj.data.uv_layers.new(name='uv')
    corners = np.array([uv for face in proxy.mesh.face_uvs for uv in face])
    layer.data.foreach_set('uv', proxy.mesh.uvs[corners].ravel())
    return subdivided(obj, 1)


def iris_image(human: MakeHuman, look: dict) -> bpy.types.Image:
    """MakeHuman's brown iris with the look's colour on what is saturated, whiter and softer sclera."""
    image = bpy.data.images.load(str(human.eye_texture()))
    rgba = np.array(image.pixels[:], 'f4').reshape(-1, 4)
    rgb = rgba[:, :3]
    value = rgb.max(1, keepdims=True)
    saturation = 1 - rgb.min(1, keepdims=True) / np.maximum(value, 0.02)
    iris = np.clip((saturation - 0.45) / 0.25, 0, 1)
    tinted = np.maximum(value - 0.05, 0) * np.array(look['iris']) * 2.6
    sclera = 0.92 * (0.35 * rgb + 0.65 * rgb.mean(1, keepdims=True))
    rgba[:, :3] = np.clip(sclera * (1 - iris) + tinted * iris, 0, 1)
    image.pixels.foreach_set(rgba.ravel())
    image.update()
    image.pack()
    return image


def eye_material(human: MakeHuman, look: dict) -> bpy.types.Material:
    """Opaque eyeball where the texture is, a clear cornea in front of it where alpha is low."""
    nodes = Nodes('eye')
    texture = nodes.add('ShaderNodeTexImage', image=iris_image(human, look))
    nodes.principled(Base_Color=texture.outputs['Color'], Roughness=0.12, Subsurface_Weight=0.15)
    nodes.shader.inputs['Subsurface Scale'].default_value = 0.03
    clear = nodes.add('ShaderNodeBsdfTransparent').outputs[0]
    gloss = nodes.add('ShaderNodeBsdfGlossy', {'Roughness': 0.02}).outputs[0]
    cornea = nodes.add('ShaderNodeMixShader', {0: 0.06, 1: clear, 2: gloss}).outputs[0]
    opaque = nodes.math('GREATER_THAN', texture.outputs['Alpha'], 0.5)
    skin = {0: opaque, 1: cornea, 2: nodes.shader.outputs[0]}
    nodes.put(nodes.output.inputs['Surface'], nodes.add('ShaderNodeMixShader', skin).outputs[0])
    return nodes.material
