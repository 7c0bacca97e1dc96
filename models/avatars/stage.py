"""Camera, lights and backdrop of the portrait."""

from __future__ import annotations

import math

import bpy
import mathutils
import numpy as np

from blender import Nodes, link, to_blender

LENS_MM = 100.0
SENSOR_MM = 36.0


def area_light(at, target, watts: float, size: float, colour, shine: bool) -> None:
    """`shine`: also seen in reflections; only the key makes a catchlight in the eyes."""
    light = bpy.data.lights.new('area', 'AREA')
    light.energy, light.size, light.color = watts, size, colour
    obj = link('area', light)
    obj.visible_glossy = shine
    obj.location = to_blender(at)
    direction = mathutils.Vector(to_blender(target - at))
    obj.rotation_euler = direction.to_track_quat('-Z', 'Y').to_euler()


def set_lights(eyes: np.ndarray, look: dict) -> None:
    """Soft key from the camera's left, wide fill, two rims behind, a cool sky."""
    target = eyes + np.array([0, -0.4, 0])
    gain, rim, fill = look.get('light', 1.0), look.get('rim', 1.0), look.get('fill', 1.0)
    lights = [
        ((-4.5, 3.8, 7.0), 640, 3.0, (1.0, 0.955, 0.90), True),
        ((6.0, 0.8, 6.5), 200 * fill, 6.0, (0.90, 0.95, 1.0), False),
        ((0.0, -4.5, 6.0), 70 * fill, 5.0, (1.0, 0.95, 0.92), False),
        ((4.5, 3.5, -5.0), 360 * rim, 2.5, (1.0, 0.97, 0.93), True),
        ((-5.0, 2.5, -5.0), 180 * rim, 3.0, (0.86, 0.93, 1.0), True),
    ]
    for offset, watts, size, colour, shine in lights:
        area_light(eyes + np.array(offset), target, watts * gain, size, colour, shine)
    world = bpy.data.worlds.new('sky')
    world.use_nodes = True
    background = world.node_tree.nodes['Background']
    background.inputs[0].default_value = (0.80, 0.88, 1.0, 1)
    background.inputs[1].default_value = 0.22
    world.cycles_visibility.glossy = False
    bpy.context.scene.world = world


def add_backdrop(eyes: np.ndarray, look: dict) -> None:
    """A far wall that glows by itself: a soft gradient, brighter beside the head."""
    nodes = Nodes('backdrop')
    split = nodes.add('ShaderNodeSeparateXYZ', {0: nodes.position()})
    x = nodes.math('MULTIPLY', nodes.math('SUBTRACT', split.outputs[0], 1.6), 0.20)
    y = nodes.math('MULTIPLY', nodes.math('SUBTRACT', split.outputs[1], 0.6), 0.24)
    radius = nodes.math('ADD', nodes.math('POWER', x, 2.0), nodes.math('POWER', y, 2.0))
    glow = nodes.math('EXPONENT', nodes.math('MULTIPLY', radius, -1.0))
    mix = nodes.add('ShaderNodeMix', {'Factor': glow}, data_type='RGBA')
    mix.inputs[6].default_value = (*look['backdrop'][0], 1)
    mix.inputs[7].default_value = (*look['backdrop'][1], 1)
    emission = nodes.add('ShaderNodeEmission', {'Color': mix.outputs[2]})
    nodes.put(nodes.output.inputs['Surface'], emission.outputs[0])
    bpy.ops.mesh.primitive_plane_add(size=60, rotation=(math.pi / 2, 0, 0))
    wall = bpy.context.object
    wall.location = to_blender(eyes + np.array([0, 0, -9.0]))
    wall.data.materials.append(nodes.material)
    wall.visible_diffuse = wall.visible_glossy = wall.visible_shadow = False


def set_camera(eyes: np.ndarray, look: dict) -> None:
    """`look['frame_dm']` is the picture's height at the eyes, which stand 42 % from the top."""
    height = look['frame_dm']
    camera = bpy.data.cameras.new('camera')
    camera.lens, camera.sensor_width = LENS_MM, SENSOR_MM
    distance = height * LENS_MM / SENSOR_MM
    camera.dof.use_dof = True
    camera.dof.focus_distance = distance - 0.25
    camera.dof.aperture_fstop = 2.0
    camera.shift_y = -0.08
    obj = link('camera', camera)
    obj.location = to_blender(eyes + np.array([0, 0, distance]))
    obj.rotation_euler = (math.pi / 2, 0, 0)
    bpy.context.scene.camera = obj


def set_renderer(scene: bpy.types.Scene, samples: int, size_px: int) -> None:
    scene.render.engine = 'CYCLES'
    scene.cycles.device = 'CPU'
    scene.cycles.samples = samples
    scene.cycles.seed = 1
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.adaptive_threshold = 0.02
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = 'OPENIMAGEDENOISE'
    scene.cycles.max_bounces = 8
    scene.cycles.transparent_max_bounces = 16
    scene.render.resolution_x = scene.render.resolution_y = size_px
    scene.render.image_settings.file_format = 'PNG'
    scene.render.image_settings.color_mode = 'RGB'
    scene.view_settings.view_transform = 'AgX'
    scene.view_settings.look = 'AgX - High Contrast'
    scene.view_settings.exposure = 0.15
