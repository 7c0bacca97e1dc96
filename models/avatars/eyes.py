"""The eyeballs: MakeHuman's high-poly eyes with an iris drawn here."""

from __future__ import annotations

import bpy
import numpy as np
from scipy.ndimage import gaussian_filter

from blender import Nodes, add_mesh, subdivided
from makehuman import MakeHuman

# Where the mesh's uv layout has both irises and the clear corneas (uv units, v upwards).
IRIS_CENTRES = ((0.2915, 0.2900), (0.7070, 0.7030))
IRIS_RADIUS = 0.112
CORNEA = (0.934, 0.068, 0.075)
IMAGE_PX = 1024
# Alpha of the drawn image tells the shader what a pixel is.
WHITE, IRIS, CLEAR = 1.0, 0.6, 0.0


def add_eyes(human: MakeHuman, vertices: np.ndarray, look: dict) -> bpy.types.Object:
    proxy = human.eyes()
    obj = add_mesh('eyes', proxy.fit(vertices), proxy.mesh.faces, eye_material(look))
    layer = obj.data.uv_layers.new(name='uv')
    corners = np.array([uv for face in proxy.mesh.face_uvs for uv in face])
    layer.data.foreach_set('uv', proxy.mesh.uvs[corners].ravel())
    return subdivided(obj, 1)


def ramp(x: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def iris_pixels(look: dict) -> np.ndarray:
    """(px, px, 4) linear: whites that redden outwards, radial fibres, dark rim, black pupil."""
    axis = (np.arange(IMAGE_PX) + 0.5) / IMAGE_PX
    u, v = np.meshgrid(axis, axis)
    size, pupil = look.get('iris_size', 1.0), look.get('pupil', 0.34)
    rgba = np.zeros((IMAGE_PX, IMAGE_PX, 4))
    nearest = np.full(u.shape, 9.0)
    for centre in IRIS_CENTRES:
        du, dv = u - centre[0], v - centre[1]
        nearest = np.minimum(nearest, np.hypot(du, dv) / (IRIS_RADIUS * size))
    white = np.array(look.get('eye_white', (0.80, 0.76, 0.73)))
    red = ramp(nearest * size, 1.1, 2.6)[..., None]
    rgba[..., :3] = white * (1 - red * np.array([0.10, 0.30, 0.30]))
    for centre in IRIS_CENTRES:
        du, dv = u - centre[0], v - centre[1]
        r, angle = np.hypot(du, dv) / (IRIS_RADIUS * size), np.arctan2(dv, du)
        colour = np.array(look['iris']) * iris_shade(r, angle, pupil, look)[..., None]
        colour = colour * (1 + 0.5 * np.clip(1.2 - 2 * np.abs(r - pupil - 0.12), 0, 1)[..., None]
                           * np.array([0.5, 0.2, 0.0]))
        inside = ramp(r, 1.05, 0.93)[..., None]
        rgba[..., :3] = rgba[..., :3] * (1 - inside) + colour * inside
    rgba[..., 3] = np.where(nearest < 1.02, IRIS, WHITE)
    rgba[np.hypot(u - CORNEA[0], v - CORNEA[1]) < CORNEA[2], 3] = CLEAR
    return np.clip(rgba, 0, 1)


def iris_shade(r: np.ndarray, angle: np.ndarray, pupil: float, look: dict) -> np.ndarray:
    """Brightness of the iris: fibres, a dark rim, lighter below (light gathers opposite the key)."""
    noise = gaussian_filter(np.random.default_rng(7).normal(size=(64, 720)), (6, 1.2), mode='wrap')
    noise /= noise.std()
    fibre = noise[
        np.clip(r * 40, 0, 63).astype(int), ((angle / (2 * np.pi) + 1) * 720).astype(int) % 720
    ]
    shade = 1 + look.get('fibres', 0.22) * fibre
    shade *= 1 + 0.45 * np.clip(-np.sin(angle), -0.6, 1) * ramp(r, pupil, 0.8)
    shade *= 1 - 0.85 * ramp(r, 0.72, 1.0)
    return shade * ramp(r, pupil - 0.04, pupil + 0.06)


def eye_material(look: dict) -> bpy.types.Material:
    """Opaque eyeball where alpha is high, in front of the iris a clear cornea that shines."""
    image = bpy.data.images.new('iris', IMAGE_PX, IMAGE_PX, alpha=True, float_buffer=True)
    image.colorspace_settings.name = 'Linear Rec.709'
    image.alpha_mode = 'CHANNEL_PACKED'
    image.pixels.foreach_set(iris_pixels(look).astype('f4').ravel())
    image.update()
    nodes = Nodes('eye')
    texture = nodes.add('ShaderNodeTexImage', image=image)
    is_white = nodes.math('GREATER_THAN', texture.outputs['Alpha'], 0.8)
    nodes.principled(
        Base_Color=texture.outputs['Color'],
        Roughness=0.14,
        # The iris is a hollow: its own shine would sit on the wrong side.
        Specular_IOR_Level=nodes.math('MULTIPLY', is_white, 0.5),
        Subsurface_Weight=nodes.math('MULTIPLY', is_white, 0.2),
    )
    nodes.shader.inputs['Subsurface Scale'].default_value = 0.03
    clear = nodes.add('ShaderNodeBsdfTransparent').outputs[0]
    gloss = nodes.add('ShaderNodeBsdfGlossy', {'Roughness': 0.05}).outputs[0]
    cornea = nodes.add('ShaderNodeMixShader', {0: 0.16, 1: clear, 2: gloss}).outputs[0]
    opaque = nodes.math('GREATER_THAN', texture.outputs['Alpha'], 0.3)
    surface = {0: opaque, 1: cornea, 2: nodes.shader.outputs[0]}
    nodes.put(nodes.output.inputs['Surface'], nodes.add('ShaderNodeMixShader', surface).outputs[0])
    return nodes.material
