"""One person in Blender: skin, eyes and mouth that take any mouth shape, before a fixed camera."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import bpy
import mathutils
import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).parent.parent / 'avatars'))

from blender import Nodes, add_mesh, link, mesh_arrays, set_attribute, subdivided, to_blender
from body import (
    EYE_SOCKETS,
    LOWER_LIP,
    MOUTH_LINING,
    UPPER_LIP,
    Surface,
    bust_faces,
    close_lips,
    lip_mask,
    patch_rim,
)
from facehair import brow_mask
from makehuman import DATA, EYE_VERTICES, MakeHuman, load_proxy
from skin import paint_skin, skin_material
from stage import SENSOR_MM, add_backdrop, area_light, set_lights

from mouth import FLESH, Mouth
from lips import FrontSkin, inner_rows, outer_rows
from shapes import PARAMETERS, read_targets
from subdivision import SmoothSkin

SIZE_PX = 352
# The box around the landmarks of the closed mouth has this longer side: the '256 px face crop'.
FACE_PX = 256
CAMERA_DM = 11.0


@dataclass
class Camera:
    """Perspective along -z. `offset`: where it stands beside the pivot; `frame_dm` is seen there."""

    pivot: np.ndarray
    turn: np.ndarray
    offset: np.ndarray
    frame_dm: float

    def project(self, points: np.ndarray) -> np.ndarray:
        """x, y in px from the top left, z in px (smaller = nearer) of unturned points."""
        seen = (points - self.pivot) @ self.turn.T
        px_per_dm = SIZE_PX / self.frame_dm
        growth = CAMERA_DM / (CAMERA_DM - seen[:, 2])
        out = np.empty_like(seen)
        out[:, 0] = SIZE_PX / 2 + (seen[:, 0] - self.offset[0]) * growth * px_per_dm
        out[:, 1] = SIZE_PX / 2 - (seen[:, 1] - self.offset[1]) * growth * px_per_dm
        out[:, 2] = -seen[:, 2] * px_per_dm
        return out


def turn_of(pose_deg: tuple[float, float, float]) -> np.ndarray:
    """Rotation by yaw (y), then pitch (x), then roll (z)."""
    yaw, pitch, roll = np.radians(pose_deg)
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def aim(landmarks: np.ndarray, pose_deg: tuple[float, float, float]) -> Camera:
    """The camera that shows the box of the landmarks in the middle, FACE_PX on its longer side."""
    camera = Camera(landmarks.mean(0), turn_of(pose_deg), np.zeros(2), 2.2)
    for _ in range(20):
        seen = camera.project(landmarks)[:, :2]
        low, high = seen.min(0), seen.max(0)
        off = ((low + high) / 2 - SIZE_PX / 2) * camera.frame_dm / SIZE_PX
        camera.offset += off * [1, -1]
        camera.frame_dm *= float((high - low).max()) / FACE_PX
    return camera


MEAN_LOOK = {'male': 0.5, 'old': 0.0, 'ancestry': {'caucasian': 1.0}, 'details': {}, 'expression': {}}


class World:
    """What all people share: MakeHuman's data, targets and the place of the landmarks."""

    def __init__(self, assets: Path) -> None:
        self.assets = assets
        self.human = MakeHuman(assets)
        self.targets = read_targets(assets, len(self.human.base.vertices))
        self.landmarks = self._landmarks()

    def mean_face(self) -> np.ndarray:
        """Base vertices of the mean face with closed lips."""
        return close_lips(self.human, self.human.shape(MEAN_LOOK))[0]

    def landmark_shapes(self) -> np.ndarray:
        """What each parameter does to the landmarks, parameters × 468 × 3, dm."""
        return np.stack([self.landmarks @ target for target in self.targets])

    def _landmarks(self) -> sparse.csr_matrix:
        """468 × base vertices: as measured, the lips as lips.py finds them on the mean face."""
        base, line = close_lips(self.human, self.human.shape(MEAN_LOOK))
        skin = SmoothSkin(bust_faces(self.human), len(base))
        rows = skin.measured_landmarks().tolil()
        centre = np.array([0, line.height(np.zeros(1))[0], 0])
        middles = (skin.weights @ base[skin.used])[skin.fine].mean(1) - centre
        mouth = (np.abs(middles[:, :2]) < [0.45, 0.3]).all(1) & (middles[:, 2] > 1.0)
        quads = skin.fine[mouth]
        vertices, local = np.unique(quads, return_inverse=True)
        local = local.reshape(quads.shape)
        triangles = np.concatenate([local[:, [0, 1, 2]], local[:, [0, 2, 3]]])
        front = FrontSkin(base, skin.limit(vertices), triangles)
        drop = self.targets[PARAMETERS.index('jawOpen'), :, 1]
        found = inner_rows(front, line, drop, lining(self.human))
        found |= outer_rows(front, line, (UPPER_LIP, LOWER_LIP))
        for landmark, row in found.items():
            rows[landmark] = row
        return rows.tocsr()


class Person:
    """Base vertices of the closed mouth, and the objects in the scene that follow `show`."""

    def __init__(self, world: 'World', look: dict) -> None:
        human, assets, self.targets = world.human, world.assets, world.targets
        self.neutral, line = close_lips(human, human.shape(look))
        faces = bust_faces(human)
        self.used = np.unique(faces)
        renumber = np.full(len(self.neutral), -1)
        renumber[self.used] = np.arange(len(self.used))
        self.faces = [renumber[f] for f in faces]
        self.landmarks = world.landmarks
        self.mouth = Mouth(assets, self.neutral, look)
        self.skin = self._skin(human, look, line)
        eyes = self._eyes(human, assets)
        self.camera = aim(self.landmarks @ self.neutral, look['pose_deg'])
        self._place([self.skin, eyes, *self.mouth.objects])
        self._stage(look)

    def move(self, parameters: np.ndarray) -> np.ndarray:
        """Displacement of all base vertices."""
        return np.tensordot(parameters, self.targets, 1)

    def landmarks_px(self, parameters: np.ndarray) -> np.ndarray:
        """468 × (x, y, z) as `Camera.project` gives them."""
        return self.camera.project(self.landmarks @ (self.neutral + self.move(parameters)))

    def show(self, parameters: np.ndarray, tongue_up: float) -> None:
        """Bring the scene's meshes into a mouth shape."""
        move = self.move(parameters)
        posed = add_mesh('posed', (self.neutral + move)[self.used], self.faces)
        points = mesh_arrays(subdivided(posed, 2).data)[0]
        bpy.data.objects.remove(posed)
        _set_points(self.skin, points)
        for obj, vertices in zip(self.mouth.objects, self.mouth.at(move, tongue_up)):
            _set_points(obj, vertices)

    def _skin(self, human: MakeHuman, look: dict, line) -> bpy.types.Object:
        obj = add_mesh('skin', self.neutral[self.used], self.faces, skin_material(look))
        set_attribute(obj.data, 'inside', lining(human)[self.used])
        subdivided(obj, 2)
        points, normals, triangles = mesh_arrays(obj.data)
        eyes = self.neutral[EYE_VERTICES].mean(0)
        lips = lip_mask(points, eyes, line, look)
        ears = np.zeros(len(points))
        surface = Surface(obj, points, normals, triangles, lips, ears, eyes, cKDTree(points))
        inside = np.zeros(len(points), 'f4')
        obj.data.attributes['inside'].data.foreach_get('value', inside)
        # The lining is flesh from where the red of the lips ends.
        flesh = np.clip((inside - 0.5) * 2, 0, 1) * (points[:, 2] > eyes[2] - 1.2)
        lids = patch_rim(human, EYE_SOCKETS)
        lash = np.exp(-((cKDTree(self.neutral[lids]).query(points)[0] / 0.012) ** 2))
        shadows = [
            (0.75 * brow_mask(surface, look['brows']), look['brows']['colour']),
            (0.6 * lash, (0.03, 0.02, 0.015)),
            (flesh, FLESH),
        ]
        paint_skin(surface, look, shadows)
        set_attribute(obj.data, 'rest', to_blender(points))
        _pin_texture(obj.data.materials[0])
        return obj

    def _eyes(self, human: MakeHuman, assets: Path) -> bpy.types.Object:
        proxy = load_proxy(assets / DATA / 'eyes/high-poly/high-poly.mhclo')
        nodes = Nodes('eye')
        image = bpy.data.images.load(str(assets / DATA / 'eyes/materials/brown_eye.png'))
        texture = nodes.add('ShaderNodeTexImage', image=image)
        nodes.principled(Base_Color=texture.outputs['Color'], Roughness=0.15)
        clear = nodes.add('ShaderNodeBsdfTransparent').outputs[0]
        opaque = nodes.math('GREATER_THAN', texture.outputs['Alpha'], 0.5)
        either = {0: opaque, 1: clear, 2: nodes.shader.outputs[0]}
        mix = nodes.add('ShaderNodeMixShader', either).outputs[0]
        nodes.put(nodes.output.inputs['Surface'], mix)
        obj = add_mesh('eyes', proxy.fit(self.neutral), proxy.mesh.faces, nodes.material)
        layer = obj.data.uv_layers.new(name='uv')
        corners = np.array([uv for face in proxy.mesh.face_uvs for uv in face])
        layer.data.foreach_set('uv', proxy.mesh.uvs[corners].ravel())
        return obj

    def _place(self, objects: list[bpy.types.Object]) -> None:
        axes = to_blender(np.eye(3)).T
        turn = mathutils.Matrix((axes @ self.camera.turn @ axes.T).tolist()).to_4x4()
        there = mathutils.Matrix.Translation(to_blender(self.camera.pivot))
        for obj in objects:
            obj.matrix_world = there @ turn @ there.inverted()

    def _stage(self, look: dict) -> None:
        camera = bpy.data.cameras.new('camera')
        camera.sensor_width = SENSOR_MM
        camera.lens = SENSOR_MM * CAMERA_DM / self.camera.frame_dm
        obj = link('camera', camera)
        obj.location = to_blender(self.camera.pivot + [*self.camera.offset, CAMERA_DM])
        obj.rotation_euler = (math.pi / 2, 0, 0)
        bpy.context.scene.camera = obj
        eyes = self.neutral[EYE_VERTICES].mean(0)
        set_lights(eyes, look)
        beside = eyes + np.array([0.5, -0.6, 9.0])
        area_light(beside, eyes, look['front'], 2.0, (1.0, 0.97, 0.94), False)
        add_backdrop(eyes, look)


def lining(human: MakeHuman) -> np.ndarray:
    """Per base vertex: 1 inside the mouth, 0.5 on the line where the lips meet it, 0 outside."""
    inside = np.zeros(len(human.base.vertices))
    low_u, high_u, low_v, high_v = MOUTH_LINING
    for face, uv, group in zip(human.base.faces, human.base.face_uvs, human.base.groups):
        u, v = human.base.uvs[uv].mean(0)
        if group == 'body' and low_u < u < high_u and low_v < v < high_v:
            inside[face] = 1
    inside[patch_rim(human, MOUTH_LINING)] = 0.5
    return inside


def _set_points(obj: bpy.types.Object, points: np.ndarray) -> None:
    obj.data.vertices.foreach_set('co', to_blender(points).astype('f4').ravel())
    obj.data.update()


def _pin_texture(material: bpy.types.Material) -> None:
    """Pores and blotches stay where they are on the skin when it moves."""
    tree = material.node_tree
    rest = tree.nodes.new('ShaderNodeAttribute')
    rest.attribute_name = 'rest'
    for old in [link for link in tree.links if link.from_node.type == 'TEX_COORD']:
        tree.links.new(rest.outputs['Vector'], old.to_socket)
