"""Readers for MakeHuman files: Wavefront meshes, proxies (.mhclo) and sparse targets."""

import io
import os
import zipfile

import numpy as np


def read_obj(path):
    """Return (vertices n×3, faces as lists of vertex numbers)."""
    vertices, faces = [], []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("v "):
                vertices.append([float(x) for x in line.split()[1:4]])
            elif line.startswith("f "):
                faces.append([int(x.split("/")[0]) - 1 for x in line.split()[1:]])
    return np.array(vertices), faces


def parse_target(lines, count):
    """Displacements count×3 of a MakeHuman target (vertex number and three numbers per line)."""
    out = np.zeros((count, 3))
    for line in lines:
        parts = line.split()
        if len(parts) >= 4 and not parts[0].startswith("#"):
            out[int(parts[0])] = [float(x) for x in parts[1:4]]
    return out


def read_target(path, count):
    with open(path, encoding="utf-8") as file:
        return parse_target(file, count)


def read_zipped_target(archive, name, count):
    with zipfile.ZipFile(archive) as bundle, bundle.open(name) as raw:
        return parse_target(io.TextIOWrapper(raw, encoding="utf-8"), count)


class Proxy:
    """A mesh that hangs on the base mesh: each vertex is a weighted triangle of base vertices plus an offset."""

    def __init__(self, path):
        self.scales, rows, in_vertices, obj = {}, [], False, None
        with open(path, encoding="utf-8") as file:
            for line in file:
                parts = line.split()
                if not parts or parts[0].startswith("#"):
                    continue
                if parts[0] == "obj_file":
                    obj = parts[1]
                elif parts[0] in ("x_scale", "y_scale", "z_scale"):
                    self.scales["xyz".index(parts[0][0])] = (
                        int(parts[1]), int(parts[2]), float(parts[3]))
                elif parts[0] == "verts":
                    in_vertices = True
                elif parts[0] == "delete_verts":
                    in_vertices = False
                elif in_vertices and parts[0].lstrip("-").isdigit():
                    if len(parts) == 1:
                        rows.append([int(parts[0])] * 3 + [1, 0, 0, 0, 0, 0])
                    elif len(parts) >= 9:
                        rows.append([float(x) for x in parts[:9]])
        table = np.array(rows, float)
        own, self.faces = read_obj(os.path.join(os.path.dirname(path), obj))
        if len(table) != len(own):
            raise SystemExit(f"{path}: {len(table)} bindings for {len(own)} vertices")
        self.parents = table[:, :3].astype(int)
        self.weights = table[:, 3:6]
        self.offsets = table[:, 6:9]

    def fit(self, base):
        """Vertex positions on the given base mesh."""
        scale = np.ones(3)
        for axis, (a, b, length) in self.scales.items():
            scale[axis] = abs(base[a, axis] - base[b, axis]) / length
        return self.follow(base) + self.offsets * scale

    def follow(self, field):
        """A per-vertex field of the base mesh carried over to the proxy."""
        return (field[self.parents] * self.weights[:, :, None]).sum(1)

    def components(self):
        """Number of the connected component of every vertex."""
        parent = list(range(len(self.parents)))

        def root(i):
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        for face in self.faces:
            for vertex in face[1:]:
                parent[root(vertex)] = root(face[0])
        roots = np.array([root(i) for i in range(len(parent))])
        return np.unique(roots, return_inverse=True)[1]


def triangulate(faces):
    """Fan triangulation, m×3."""
    return np.array([[f[0], f[k], f[k + 1]] for f in faces for k in range(1, len(f) - 1)])


def vertex_normals(vertices, triangles):
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    out = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(out, triangles[:, k], face)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
