"""Renders one avatar's portrait.

    python render.py ava --assets DIR --out source.png [--size 512] [--samples 64] [--threads 1]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import bpy

from blender import reset
from caricature import caricature
from body import build_bust, close_lips
from eyes import add_eyes
from facehair import (
    add_beard,
    add_brows,
    add_lashes,
    beard_mask,
    brow_mask,
    lash_line_mask,
)
from garment import dress
from looks import LOOKS
from makehuman import MakeHuman
from cuts import add_hair
from scalp import scalp_mask
from skin import paint_skin, skin_material
from stage import add_backdrop, set_camera, set_lights, set_renderer
from worn import add_worn


def hair_shadows(human: MakeHuman, vertices, surface, look: dict) -> list:
    brows, hair = look['brows'], look['hair']
    shadows = [
        (hair['shadow'] * scalp_mask(surface, look), hair['colour']),
        (0.55 * brow_mask(surface, brows), brows['colour']),
        (lash_line_mask(human, vertices, surface), (0.03, 0.02, 0.015)),
    ]
    if 'beard' in look:
        beard = look['beard']
        shadows.append((0.6 * beard_mask(surface, beard), beard['colour']))
    return shadows


def build(scene: bpy.types.Scene, human: MakeHuman, look: dict) -> None:
    vertices, mouth = close_lips(human, caricature(human, human.shape(look), look))
    surface = build_bust(human, vertices, mouth, look, skin_material(look))
    paint_skin(surface, look, hair_shadows(human, vertices, surface, look))
    add_eyes(human, vertices, look)
    add_hair(surface, look)
    add_brows(surface, look)
    add_lashes(human, vertices, look)
    add_beard(surface, look)
    dress(surface, look)
    add_worn(surface, look)
    set_lights(surface.eyes, look)
    add_backdrop(surface.eyes, look)
    set_camera(surface.eyes, look)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('avatar', choices=sorted(LOOKS))
    parser.add_argument('--assets', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--size', type=int, default=512)
    parser.add_argument('--samples', type=int, default=64)
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args()
    started = time.monotonic()
    scene = reset(args.threads)
    build(scene, MakeHuman(args.assets), LOOKS[args.avatar])
    built = time.monotonic()
    set_renderer(scene, args.samples, args.size)
    scene.render.filepath = str(args.out.resolve())
    bpy.ops.render.render(write_still=True)
    done = time.monotonic()
    print(f'{args.out}: built in {built - started:.0f} s, rendered in {done - built:.0f} s')


if __name__ == '__main__':
    main()
