"""Clothes cut out of the body's own surface: a shell with a neckline and a sewn-on band."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np

from blender import Nodes, add_mesh, mesh_arrays, to_blender
from body import Surface
from fields import cloud
from strands import unit


def cloth_material(layer: dict):
    nodes = Nodes('cloth')
    weave = nodes.bump(nodes.noise(layer.get('weave', 90), 2), 0.35, 0.008)
    folds = nodes.bump(nodes.noise(3.0, 2), 0.25, 0.08, weave)
    tone = nodes.add('ShaderNodeMix', {'Factor': nodes.noise(40, 4)}, data_type='RGBA')
    colour = np.array(layer['colour'])
    tone.inputs[6].default_value = (*(colour * 0.86), 1)
    tone.inputs[7].default_value = (*np.minimum(colour * 1.14, 1), 1)
    nodes.principled(
        Base_Color=tone.outputs[2],
        Roughness=0.85,
        Specular_IOR_Level=0.2,
        Sheen_Weight=layer.get('sheen', 0.25),
        Normal=folds,
    )
    return nodes.material


def cut_planes(eyes: np.ndarray, layer: dict) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Planes as (point, normal of what goes away, side); a round neck has one, a v one per side."""
    front, back = np.array(layer['front'], float), np.array(layer['back'], float)
    lean = unit(np.cross(front - back, np.array([1.0, 0, 0])))
    lean = lean if lean[1] > 0 else -lean
    if layer['neck'] == 'round':
        return [(eyes + front, lean, 0)]
    tilt = np.array([layer['v_tilt'], 0, 0])
    return [(eyes + front, unit(lean - side * tilt), side) for side in (-1, 1)]


def cut_shell(surface: Surface, layer: dict) -> bmesh.types.BMesh:
    shell = bmesh.new()
    shell.from_mesh(surface.obj.data)
    for point, normal, side in cut_planes(surface.eyes, layer):
        if side:
            everything = [*shell.verts, *shell.edges, *shell.faces]
            bmesh.ops.bisect_plane(
                shell,
                geom=everything,
                plane_co=(0, 0, 0),
                plane_no=(1, 0, 0),
            )
        faces = [f for f in shell.faces if not side or f.calc_center_median().x * side > 0]
        edges = list({e for f in faces for e in f.edges})
        verts = list({v for f in faces for v in f.verts})
        bmesh.ops.bisect_plane(
            shell,
            geom=verts + edges + faces,
            plane_co=to_blender(point),
            plane_no=to_blender(normal),
            clear_outer=True,
            dist=1e-5,
        )
    for _ in range(layer.get('smooth', 6)):
        bmesh.ops.smooth_vert(
            shell,
            verts=[v for v in shell.verts if not v.is_boundary],
            factor=0.5,
            use_axis_x=True,
            use_axis_y=True,
            use_axis_z=True,
        )
    return shell


def neck_loop(shell: bmesh.types.BMesh) -> list:
    """The boundary loop that runs around the neck: the highest one."""
    left = dict.fromkeys(e for e in shell.edges if e.is_boundary)
    loops = []
    while left:
        edge = next(iter(left))
        del left[edge]
        loop = [edge.verts[0], edge.verts[1]]
        while True:
            step = next((e for e in loop[-1].link_edges if e in left), None)
            if step is None:
                break
            del left[step]
            loop.append(step.other_vert(loop[-1]))
        loops.append(loop[:-1] if loop[0] is loop[-1] else loop)
    return max((l for l in loops if len(l) > 20), key=lambda l: np.mean([v.co.z for v in l]))


def add_layer(surface: Surface, layer: dict) -> None:
    shell = cut_shell(surface, layer)
    shell.normal_update()
    loop = neck_loop(shell)
    rim = np.array([v.co for v in loop])
    normals = np.array([v.normal for v in loop])
    mesh = bpy.data.meshes.new('garment')
    shell.to_mesh(mesh)
    shell.free()
    obj = bpy.data.objects.new('garment', mesh)
    points, out, _ = mesh_arrays(mesh)
    drape = layer['offset'] + layer.get('drape', 0.02) * cloud(points, 0.5, 50)
    points = points + out * drape[:, None]
    mesh.vertices.foreach_set('co', to_blender(points).astype('f4').ravel())
    bpy.context.scene.collection.objects.link(obj)
    mesh.materials.clear()
    material = cloth_material(layer)
    mesh.materials.append(material)
    thick = obj.modifiers.new('thickness', 'SOLIDIFY')
    thick.thickness, thick.offset = 0.05, -1
    add_band(rim, normals, layer, material)


def resample(loop: np.ndarray, count: int) -> np.ndarray:
    closed = np.vstack([loop, loop[:1]])
    at = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    want = np.linspace(0, at[-1], count, endpoint=False)
    return np.stack([np.interp(want, at, closed[:, k]) for k in range(3)], -1)


def relax(loop: np.ndarray, rounds: int) -> np.ndarray:
    for _ in range(rounds):
        loop = 0.5 * loop + 0.25 * (np.roll(loop, 1, 0) + np.roll(loop, -1, 0))
    return loop


def rounded(c: np.ndarray) -> np.ndarray:
    """Cosine or sine of a circle made squarer: a flat band with round edges."""
    return np.sign(c) * np.abs(c) ** 0.6


def add_band(rim: np.ndarray, normals: np.ndarray, layer: dict, material) -> None:
    """A flat rounded band swept along the neckline (Blender axes in, converted at the end)."""
    count = 420
    centre = relax(resample(rim, count), layer.get('relax', 6))
    outward = unit(relax(resample(normals, count), 25))
    tangent = unit(np.roll(centre, -1, 0) - np.roll(centre, 1, 0))
    upward = unit(np.cross(outward, tangent))
    upward = np.where(upward[:, 2:3] < 0, -upward, upward)
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    wide, thick = layer['band'], layer.get('band_thick', 0.035)
    rings = (
        centre[:, None]
        + upward[:, None] * (wide * 0.5 * (rounded(np.cos(angle)) - 0.35))[None, :, None]
        + outward[:, None] * (layer['offset'] + thick * rounded(np.sin(angle)))[None, :, None]
    )
    if layer.get('ribs'):
        rib = 0.006 * np.sin(np.arange(count) * 2 * np.pi / 3.5)
        rings += outward[:, None] * (rib[:, None] * (np.sin(angle) > 0))[..., None]
    m = len(angle)
    index = np.arange(count * m).reshape(count, m)
    right, below = np.roll(index, -1, 0), np.roll(index, -1, 1)
    faces = np.stack([index, right, np.roll(right, -1, 1), below], -1).reshape(-1, 4)
    points = rings.reshape(-1, 3)
    add_mesh('band', np.stack([points[:, 0], points[:, 2], -points[:, 1]], -1), faces, material)


def dress(surface: Surface, look: dict) -> None:
    for layer in look['clothes']:
        add_layer(surface, layer)
