"""The bust: skin surface of head, neck and shoulders, and the eyes."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from scipy.spatial import cKDTree

from blender import (
    add_mesh,
    get_attribute,
    mesh_arrays,
    set_attribute,
    subdivided,
    to_blender,
)
from creases import crease_depth
from makehuman import EYE_VERTICES, MakeHuman

BUST_FLOOR_DM = 4.0
BUST_HALF_WIDTH_DM = 2.6
HEAD_FLOOR_DM = 6.0


@dataclass
class Surface:
    """The subdivided skin as arrays, and where the eyes are (the anchor of all placements)."""

    obj: bpy.types.Object
    points: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    lips: np.ndarray
    ears: np.ndarray
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


# UV patches of MakeHuman's base mesh: (lowest u, highest u, lowest v, highest v).
MOUTH_LINING = (0.755, 0.93, -0.01, 0.145)
EYE_SOCKETS = (-0.01, 0.16, 0.54, 0.64)


def patch_rim(human: MakeHuman, patch: tuple) -> np.ndarray:
    """Base vertices where the face's skin meets a hidden patch: lips' line, lids' edges."""
    hidden, skin = set(), set()
    for face, uv, group in zip(human.base.faces, human.base.face_uvs, human.base.groups):
        if group != 'body' or human.base.vertices[face][:, 1].min() < HEAD_FLOOR_DM:
            continue
        u, v = human.base.uvs[uv].mean(0)
        inside = patch[0] < u < patch[1] and patch[2] < v < patch[3]
        (hidden if inside else skin).update(face)
    return np.array(sorted(hidden & skin))


@dataclass
class Mouth:
    """The line between the lips: height as a polynomial of |x|, and the corners' |x|."""

    line: np.ndarray
    corner: float

    def height(self, x: np.ndarray) -> np.ndarray:
        return np.polyval(self.line, np.minimum(np.abs(x), self.corner))


def close_lips(human: MakeHuman, vertices: np.ndarray) -> tuple[np.ndarray, Mouth]:
    """Brings both lips onto one line: MakeHuman's neutral mouth gapes at the corners."""
    rim = patch_rim(human, MOUTH_LINING)
    points = vertices[rim]
    x = np.abs(points[:, 0])
    mouth = Mouth(np.polyfit(x, points[:, 1], 4), float(x.max()))
    move = mouth.height(x) - points[:, 1]
    distance, index = cKDTree(points).query(vertices, k=3)
    weight = 1 / (distance + 1e-6)
    pull = (move[index] * weight).sum(1) / weight.sum(1)
    closed = vertices.copy()
    closed[:, 1] += pull * np.exp(-((distance[:, 0] / 0.035) ** 2))
    return fill_corners(closed, rim, mouth), mouth


# How full the groove between the lips is, by share of |x| to the corner.
CORNER_FILL = np.array([(0.62, 0), (0.88, 1), (1.0, 1), (1.07, 0)])
GROOVE_HALF_HEIGHT_DM = 0.022


def fill_corners(vertices: np.ndarray, rim: np.ndarray, mouth: Mouth) -> np.ndarray:
    """Brings the groove between the lips forward near the corners.

    There it would be a dark line as long as the mouth is wide, and a mouth that opens would pull
    it apart into two brown patches.
    """
    across, height = np.abs(vertices[:, 0]), mouth.height(vertices[:, 0])
    near_rim = cKDTree(vertices[rim]).query(vertices)[0] < 0.06
    front = vertices[:, 2] > vertices[rim, 2].min() - 0.01
    groove = np.flatnonzero(near_rim & front)
    tree = cKDTree(vertices[groove, :2])
    filled = vertices.copy()
    for index in groove:
        around = groove[tree.query_ball_point(vertices[index, :2], 0.03)]
        depth = max(0.0, np.quantile(vertices[around, 2], 0.85) - vertices[index, 2])
        share = np.interp(across[index] / mouth.corner, *CORNER_FILL.T)
        rise = vertices[index, 1] - height[index]
        near = share * np.exp(-((rise / GROOVE_HALF_HEIGHT_DM) ** 2))
        filled[index, 2] += depth * near
        filled[index, 1] -= rise * near
    return filled


# Height of the lips from corner-to-corner: share of |x| to the corner, share of the full height.
UPPER_LIP = np.array([(0, 0.86), (0.16, 1.0), (0.45, 0.80), (0.75, 0.48), (0.92, 0.22), (1.0, 0.0)])
LOWER_LIP = np.array([(0, 1.0), (0.3, 0.97), (0.6, 0.76), (0.82, 0.45), (0.95, 0.18), (1.0, 0.0)])


def lip_mask(points: np.ndarray, eyes: np.ndarray, mouth: Mouth, look: dict) -> np.ndarray:
    """1 on the red of the lips, with a soft edge."""
    share = np.abs(points[:, 0]) / mouth.corner
    rise = points[:, 1] - mouth.height(points[:, 0])
    upper, lower = look['lip_height']
    full = np.where(
        rise > 0, upper * np.interp(share, *UPPER_LIP.T), lower * np.interp(share, *LOWER_LIP.T)
    )
    edge = np.clip((full + 0.006 - np.abs(rise)) / 0.018, 0, 1)
    return edge * (share < 1.02) * (points[:, 2] > eyes[2] - 0.35)


def ear_mask(human: MakeHuman) -> np.ndarray:
    """1 on the ears: where MakeHuman's ear-wing target moves the base mesh."""
    move = np.linalg.norm(human.target('ears/ear-wing-incr'), axis=1)
    return np.minimum(1, 5 * move / move.max())


def press_creases(mesh: bpy.types.Mesh, eyes: np.ndarray, look: dict) -> None:
    points, normals, _ = mesh_arrays(mesh)
    depth = crease_depth(points, eyes, look.get('creases', {}))
    moved = points + normals * depth[:, None]
    mesh.vertices.foreach_set('co', to_blender(moved).astype('f4').ravel())
    mesh.update()


def build_bust(
    human: MakeHuman, vertices: np.ndarray, mouth: Mouth, look: dict, material
) -> Surface:
    faces = bust_faces(human)
    used = np.unique([v for face in faces for v in face])
    renumber = np.full(len(vertices), -1)
    renumber[used] = np.arange(len(used))
    obj = add_mesh('bust', vertices[used], [renumber[f] for f in faces], material)
    set_attribute(obj.data, 'ears', ear_mask(human)[used])
    subdivided(obj, 2)
    eyes = vertices[EYE_VERTICES].mean(0)
    press_creases(obj.data, eyes, look)
    points, normals, triangles = mesh_arrays(obj.data)
    lips = lip_mask(points, eyes, mouth, look)
    ears = get_attribute(obj.data, 'ears')
    return Surface(obj, points, normals, triangles, lips, ears, eyes, cKDTree(points))
