"""Small helpers between numpy and Blender's data (bpy 4.2), one thread only.

Everything outside this file works in MakeHuman axes (y up, z forward); Blender has z up and the
person looking along -y.
"""

from __future__ import annotations

import bpy
import numpy as np


def to_blender(points: np.ndarray) -> np.ndarray:
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1)


def from_blender(points: np.ndarray) -> np.ndarray:
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)


def link(name: str, data) -> bpy.types.Object:
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    return obj


def add_mesh(name: str, points: np.ndarray, faces: list, material=None) -> bpy.types.Object:
    """A smooth-shaded mesh object from MakeHuman coordinates."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(to_blender(points).tolist(), [], [list(map(int, f)) for f in faces])
    mesh.polygons.foreach_set('use_smooth', np.ones(len(mesh.polygons), bool))
    if material is not None:
        mesh.materials.append(material)
    return link(name, mesh)


def set_attribute(mesh, name: str, values: np.ndarray) -> None:
    """Per-vertex float (n,) or linear colour (n, 3)."""
    if values.ndim == 1:
        mesh.attributes.new(name, 'FLOAT', 'POINT').data.foreach_set('value', values.astype('f4'))
        return
    rgba = np.concatenate([values, np.ones((len(values), 1))], 1).astype('f4')
    mesh.attributes.new(name, 'FLOAT_COLOR', 'POINT').data.foreach_set('color', rgba.ravel())


def get_attribute(mesh, name: str) -> np.ndarray:
    values = np.zeros(len(mesh.vertices), 'f4')
    mesh.attributes[name].data.foreach_get('value', values)
    return values


def subdivided(obj: bpy.types.Object, levels: int) -> bpy.types.Object:
    """Replaces an object by its Catmull-Clark subdivision (attributes are carried along)."""
    modifier = obj.modifiers.new('subdivide', 'SUBSURF')
    modifier.levels = modifier.render_levels = levels
    graph = bpy.context.evaluated_depsgraph_get()
    mesh = bpy.data.meshes.new_from_object(obj.evaluated_get(graph))
    obj.modifiers.clear()
    obj.data = mesh
    return obj


def mesh_arrays(mesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices and vertex normals in MakeHuman axes, and the triangles."""
    points = np.zeros(len(mesh.vertices) * 3, 'f4')
    normals = np.zeros_like(points)
    mesh.vertices.foreach_get('co', points)
    mesh.vertex_normals.foreach_get('vector', normals)
    mesh.calc_loop_triangles()
    triangles = np.zeros(len(mesh.loop_triangles) * 3, 'i4')
    mesh.loop_triangles.foreach_get('vertices', triangles)
    shape = (-1, 3)
    return (
        from_blender(points.reshape(shape)).astype(float),
        from_blender(normals.reshape(shape)).astype(float),
        triangles.reshape(shape),
    )


class Nodes:
    """Terse shader-node building: `nodes.math('ADD', a, b)` returns an output socket."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.shader = self.tree.nodes['Principled BSDF']
        self.output = self.tree.nodes['Material Output']

    def put(self, socket, value) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        else:
            socket.default_value = value

    def add(self, kind: str, inputs: dict | None = None, **properties):
        node = self.tree.nodes.new(kind)
        for key, value in properties.items():
            setattr(node, key, value)
        for key, value in (inputs or {}).items():
            self.put(node.inputs[key], value)
        return node

    def principled(self, **inputs) -> None:
        """Inputs by name with `_` for spaces, e.g. Base_Color."""
        for key, value in inputs.items():
            self.put(self.shader.inputs[key.replace('_', ' ')], value)

    def math(self, operation: str, *values):
        node = self.add('ShaderNodeMath', operation=operation)
        for index, value in enumerate(values):
            self.put(node.inputs[index], value)
        return node.outputs[0]

    def attribute(self, name: str, output: str = 'Fac'):
        return self.add('ShaderNodeAttribute', attribute_name=name).outputs[output]

    def position(self):
        return self.add('ShaderNodeTexCoord').outputs['Object']

    def noise(self, scale: float, detail: float = 3.0):
        inputs = {'Vector': self.position(), 'Scale': scale, 'Detail': detail}
        return self.add('ShaderNodeTexNoise', inputs).outputs['Fac']

    def bump(self, height, strength: float, distance: float, normal=None):
        inputs = {'Height': height, 'Strength': strength, 'Distance': distance}
        if normal is not None:
            inputs['Normal'] = normal
        return self.add('ShaderNodeBump', inputs).outputs[0]


def reset(threads: int) -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.threads_mode = 'FIXED'
    scene.render.threads = threads
    return scene
