"""MakeHuman's CC0 data: base mesh, shape targets and the eyes fitted to it.

Coordinates are MakeHuman's own: decimetres, x to the person's left, y up, z forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

DATA = Path('makehuman/makehuman/data')
# Helper eyeballs of the base mesh (left and right): their mean is the point between the eyes.
EYE_VERTICES = slice(14598, 14742)


@dataclass
class ObjMesh:
    """Faces keep their own length (quads mostly); `groups` names each face's `g` line."""

    vertices: np.ndarray
    uvs: np.ndarray
    faces: list[list[int]]
    face_uvs: list[list[int]]
    groups: list[str]


@dataclass
class Proxy:
    """A mesh bound to the base mesh: per vertex three base vertices, weights and an offset."""

    mesh: ObjMesh
    base_index: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray
    scales: dict[int, tuple[int, int, float]]

    def fit(self, base: np.ndarray) -> np.ndarray:
        """Vertex positions on a body of any shape (`base`: all base-mesh vertices)."""
        scale = np.ones(3)
        for axis, (a, b, rest_length) in self.scales.items():
            scale[axis] = abs(base[a, axis] - base[b, axis]) / rest_length
        return (base[self.base_index] * self.weights[:, :, None]).sum(1) + self.offsets * scale


def load_obj(path: Path) -> ObjMesh:
    mesh = ObjMesh(np.zeros(0), np.zeros(0), [], [], [])
    vertices, uvs, group = [], [], ''
    for line in path.read_text().splitlines():
        kind, _, rest = line.partition(' ')
        if kind == 'v':
            vertices.append([float(x) for x in rest.split()[:3]])
        elif kind == 'vt':
            uvs.append([float(x) for x in rest.split()[:2]])
        elif kind == 'g':
            group = rest.strip()
        elif kind == 'f':
            corners = [corner.split('/') for corner in rest.split()]
            mesh.faces.append([int(c[0]) - 1 for c in corners])
            mesh.face_uvs.append([int(c[1]) - 1 if len(c) > 1 and c[1] else 0 for c in corners])
            mesh.groups.append(group)
    mesh.vertices, mesh.uvs = np.array(vertices), np.array(uvs)
    return mesh


def load_proxy(path: Path) -> Proxy:
    """Reads a `.mhclo` file. Other lines may stand between `verts 0` and the data."""
    obj, rows, scales, in_vertices = '', [], {}, False
    for line in path.read_text().splitlines():
        words = line.split()
        if not words or words[0].startswith('#'):
            continue
        if words[0] == 'obj_file':
            obj = words[1]
        elif words[0] in ('x_scale', 'y_scale', 'z_scale'):
            scales['xyz'.index(words[0][0])] = (int(words[1]), int(words[2]), float(words[3]))
        elif words[0] == 'verts':
            in_vertices = True
        elif words[0] == 'delete_verts':
            in_vertices = False
        elif in_vertices and words[0].isdigit():
            if len(words) == 1:
                rows.append([int(words[0])] * 3 + [1.0, 0, 0, 0, 0, 0])
            elif len(words) >= 9:
                rows.append([int(w) for w in words[:3]] + [float(w) for w in words[3:9]])
    table = np.array(rows, dtype=float)
    mesh = load_obj(path.parent / obj)
    if len(table) != len(mesh.vertices):
        raise SystemExit(f'{path}: {len(table)} bindings for {len(mesh.vertices)} vertices')
    return Proxy(mesh, table[:, :3].astype(int), table[:, 3:6], table[:, 6:9], scales)


class MakeHuman:
    """Everything the renders need from one assets folder (see fetch-assets.py)."""

    def __init__(self, assets: Path) -> None:
        self.assets = assets
        base = assets / DATA / '3dobjs/base.obj'
        if not base.is_file():
            raise SystemExit(f'{base} is missing: run fetch-assets.py --assets {assets} first')
        self.base = load_obj(base)
        self.target = lru_cache(maxsize=None)(self._load_target)

    def _load_target(self, name: str) -> np.ndarray:
        """Displacement of every base vertex; a name without `l-`/`r-` finds the pair of both."""
        folder, _, leaf = name.rpartition('/')
        root = self.assets / DATA / 'targets' / folder
        names = [leaf] if (root / f'{leaf}.target').is_file() else [f'l-{leaf}', f'r-{leaf}']
        move = np.zeros_like(self.base.vertices)
        for part in names:
            path = root / f'{part}.target'
            if not path.is_file():
                raise SystemExit(f'{name}: no such target ({path})')
            for line in path.read_text().splitlines():
                words = line.split()
                if len(words) >= 4 and not line.startswith('#'):
                    move[int(words[0])] += [float(w) for w in words[1:4]]
        return move

    def shape(self, look: dict) -> np.ndarray:
        """Base vertices of one person: gender, age and ancestry blended, then details on top."""
        vertices = self.base.vertices.copy()
        male, old = look['male'], look['old']
        for gender, g in (('male', male), ('female', 1 - male)):
            for age, a in (('old', old), ('young', 1 - old)):
                if g * a == 0:
                    continue
                for people, share in look['ancestry'].items():
                    vertices += g * a * share * self.target(f'macrodetails/{people}-{gender}-{age}')
                weight = look.get('weight', 0.0)
                extreme = 'maxweight' if weight > 0 else 'minweight'
                stem = f'macrodetails/universal-{gender}-{age}-averagemuscle-'
                vertices += g * a * (1 - abs(weight)) * self.target(stem + 'averageweight')
                vertices += g * a * abs(weight) * self.target(stem + extreme)
        for name, amount in {**look['details'], **look['expression']}.items():
            vertices += amount * self.target(name)
        return vertices

    def eyes(self) -> Proxy:
        return load_proxy(self.assets / DATA / 'eyes/high-poly/high-poly.mhclo')
