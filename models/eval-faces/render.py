"""Draws people who speak, with the true place of every face landmark.

    python render.py --assets DIR --out data [--people 7] [--samples 10] [--threads 1] [--only p3,p4]

DIR: makehuman/, makehuman-assets/ and talkinghead/ as in ../lite/build-renderer-data/README.md.
Pictures that exist are not drawn again; the numbers are always written.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import bpy
import numpy as np
from PIL import Image

from people import FRAMES, person
from lips import INNER_LOOP
from scene import FACE_PX, SIZE_PX, Person, World
from shapes import PARAMETERS, drawn_shapes

from blender import Nodes, reset
from stage import set_renderer

TONGUE_UP = PARAMETERS.index('tongueUp')
NOSE_TIP = 1
# How far below the closed mouth's chin the jaw may drop.
DROP_PX = 40
MASK_SAMPLES = 16
MOUTH_TIMES = 10
PICTURE_QUALITY = 94


def polygon_area(points: np.ndarray) -> float:
    x, y = points[:, 0], points[:, 1]
    return float(np.abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def lower_face(points: np.ndarray) -> tuple[int, int, int, int]:
    """What speech moves: from the nose's tip to below the chin (left, top, right, bottom in px)."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    left, right = int(low[0]) - 4, int(high[0]) + 4
    return left, int(points[NOSE_TIP, 1]), right, min(SIZE_PX, int(high[1]) + DROP_PX)


def mouth_box(points: np.ndarray) -> tuple[int, int, int, int]:
    """The opening with a little lip around it: the denoiser needs more samples for teeth than for skin."""
    low, high = points[INNER_LOOP, :2].min(0) - 5, points[INNER_LOOP, :2].max(0) + 5
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def limit_to(box: tuple[int, int, int, int]) -> None:
    render = bpy.context.scene.render
    # The denoiser knows less at a border, and Blender rounds it: some px around the box are drawn.
    left, top, right, bottom = box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4
    render.use_border = True
    render.border_min_x, render.border_max_x = left / SIZE_PX, right / SIZE_PX
    render.border_min_y, render.border_max_y = 1 - bottom / SIZE_PX, 1 - top / SIZE_PX


def draw(raw: Path, samples: int, box: tuple) -> Image.Image:
    """The part `box` of the picture."""
    scene = bpy.context.scene
    set_renderer(scene, samples, SIZE_PX)
    scene.cycles.max_bounces = 4
    limit_to(box)
    scene.render.filepath = str(raw)
    bpy.ops.render.render(write_still=True)
    picture = Image.open(raw).convert('RGB').crop(box)
    raw.unlink()
    return picture


def draw_picture(path: Path, samples: int, points: np.ndarray, rest: np.ndarray) -> None:
    """Draws what speech moves onto the picture of the closed mouth, the opening with more samples."""
    raw = path.with_suffix('.png')
    if points is rest:
        whole = draw(raw, samples, (0, 0, SIZE_PX, SIZE_PX))
    else:
        whole = Image.open(path.with_name(path.name.split('-')[0] + '-rest.webp')).convert('RGB')
        for box, times in ((lower_face(rest), 1), (mouth_box(points), MOUTH_TIMES)):
            whole.paste(draw(raw, samples * times, box), box[:2])
    whole.save(path, quality=PICTURE_QUALITY, method=6)


def inside_material() -> bpy.types.Material:
    """White where teeth, tongue or lining are seen, black elsewhere."""
    nodes = Nodes('inside')
    inside = nodes.math('GREATER_THAN', nodes.attribute('inside'), 0.5)
    emission = nodes.add('ShaderNodeEmission', {'Strength': inside}).outputs[0]
    nodes.put(nodes.output.inputs['Surface'], emission)
    return nodes.material


def draw_mask(path: Path, material: bpy.types.Material, box: tuple) -> None:
    """Coverage of the mouth's inside, 0–255 per pixel."""
    scene = bpy.context.scene
    layer = bpy.context.view_layer
    set_renderer(scene, MASK_SAMPLES, SIZE_PX)
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.render.dither_intensity = 0
    limit_to(box)
    scene.view_settings.view_transform, scene.view_settings.look = 'Raw', 'None'
    scene.render.image_settings.color_mode = 'BW'
    strength = scene.world.node_tree.nodes['Background'].inputs[1]
    world, strength.default_value = strength.default_value, 0
    layer.material_override = material
    raw = path.with_suffix('.mask.png')
    scene.render.filepath = str(raw)
    bpy.ops.render.render(write_still=True)
    layer.material_override = None
    strength.default_value = world
    Image.open(raw).convert('L').save(path, lossless=True, method=6)
    raw.unlink()


def coverage(path: Path) -> float:
    """Area of a mask in px."""
    return float(np.asarray(Image.open(path).convert('L'), float).sum() / 255)


def draw_person(index: int, world: World, args) -> tuple[dict, list, Person]:
    look = person(index)
    reset(args.threads)
    started = time.process_time()
    someone = Person(world, look)
    material = inside_material()
    print(f'{look["name"]}: built in {time.process_time() - started:.0f} CPU-s', flush=True)
    pictures, landmarks = [], []
    rest_points = someone.landmarks_px(np.zeros(len(PARAMETERS)))
    for name, parameters in drawn_shapes().items():
        path = args.out / f'{look["name"]}-{name}.webp'
        mask = args.out / f'{look["name"]}-{name}-inside.webp'
        if (args.only is None or look['name'] in args.only.split(',')) and not (path.exists() and mask.exists()):
            started = time.process_time()
            someone.show(parameters, parameters[TONGUE_UP])
            draw_mask(mask, material, lower_face(rest_points))
            points = rest_points if name == 'rest' else someone.landmarks_px(parameters)
            draw_picture(path, args.samples, points, rest_points)
            print(f'{path}: {time.process_time() - started:.0f} CPU-s', flush=True)
        points = someone.landmarks_px(parameters)
        seen = coverage(mask) if mask.exists() else 0.0
        pictures.append(
            {
                'shape': name,
                'picture': path.name,
                'inside': mask.name,
                'parameters': [round(float(p), 4) for p in parameters],
                'lipPolygonAreaPx2': round(polygon_area(points[INNER_LOOP]), 2),
                'insideAreaPx2': round(float(seen), 2),
            }
        )
        landmarks.append(points)
    about = {
        'name': look['name'],
        'male': look['male'],
        'old': look['old'],
        'poseDeg': [round(a, 2) for a in look['pose_deg']],
        'pictures': pictures,
    }
    return about, landmarks, someone


def openings(out: Path, about: dict, someone: Person) -> list[dict]:
    """Area between one person's lips every 10 ms of each utterance of speak.py, px²."""
    found = []
    for speech in json.loads((out / 'speech.json').read_text()):
        curve = np.fromfile(out / f'{speech["name"]}.f32', '<f4').reshape(-1, len(PARAMETERS))
        areas = [polygon_area(someone.landmarks_px(step)[INNER_LOOP]) for step in curve]
        found.append({**speech, 'person': about['name'], 'openingPx2': np.round(areas, 1).tolist()})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--assets', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--people', type=int, default=len(FRAMES))
    parser.add_argument('--samples', type=int, default=10)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--only', help='draw only these people, e.g. p3,p4')
    args = parser.parse_args()
    args.assets, args.out = args.assets.resolve(), args.out.resolve()
    args.out.mkdir(parents=True, exist_ok=True)
    world = World(args.assets)
    people, landmarks, frontal = [], [], None
    for index in range(args.people):
        about, points, someone = draw_person(index, world, args)
        missing = [one for one in about['pictures'] if not (args.out / one['picture']).exists()]
        if missing:
            print(f'{about["name"]} is left out: {len(missing)} pictures are not drawn', flush=True)
            continue
        people.append(about)
        landmarks += points
        if frontal is None or abs(about['poseDeg'][0]) < abs(frontal[0]['poseDeg'][0]):
            frontal = (about, someone)
    (args.out / 'landmarks.f32').write_bytes(np.array(landmarks).astype('<f4').tobytes())
    (args.out / 'shapes.f32').write_bytes(world.landmark_shapes().astype('<f4').tobytes())
    table = {
        'sizePx': SIZE_PX,
        'facePx': FACE_PX,
        'parameters': PARAMETERS,
        'people': people,
        'speech': openings(args.out, *frontal),
    }
    (args.out / 'faces.json').write_text(json.dumps(table, indent=2) + '\n')


if __name__ == '__main__':
    main()
