"""Write models/lite/renderer.bin: everything the mouth renderer needs that is not code.

    python build.py --assets DIR [--out ../renderer.bin]

DIR holds basis.npz (mean face and shapes measured on the landmarks) and tess.npy (MediaPipe's triangles), see
NOTICE-renderer.txt; teeth, tongue and shading come from measures in these scripts.
The layout of the file is described in README.md of this folder.
"""

import argparse
import json
import os
import struct

import numpy as np

import shading
from face import LOWER, UPPER, EXTRA, SHAPES, below_lip, clean_shapes, coarse_mesh, neighbours_of, subdivide, within_lips
from mouth import build_mouth


def fnv1a(data):
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def quantised(array):
    """int16 with one scale for the whole array."""
    scale = float(np.abs(array).max()) / 32767 or 1.0
    return np.round(array / scale).astype("<i2"), scale


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--assets", required=True)
    parser.add_argument("--out", default=os.path.join(here, "..", "renderer.bin"))
    args = parser.parse_args()
    stored = np.load(f"{args.assets}/basis.npz")
    triangles = np.load(f"{args.assets}/tess.npy").astype(int)
    rest, shapes = clean_shapes(stored["B"], stored["rest"], triangles)
    stable = np.where((rest[:, 1] > 6.98) & (np.linalg.norm(stored["B"][0], axis=1) < 0.012))[0]
    rings, face, fan, ring_of, ring_reach, ring_gain = coarse_mesh(rest, shapes, triangles)
    stencils, (ring_tris, face_tris, fan_tris), loop = subdivide([rings, face, fan], 468 + len(ring_of))
    taps = np.zeros((len(stencils), 8), "<u2")
    weights = np.zeros((len(stencils), 8), "<f4")
    for k, stencil in enumerate(stencils):
        for j, (vertex, weight) in enumerate(stencil.items()):
            taps[k, j], weights[k, j] = vertex, weight
    pos, normal, colour, jaw, up, mouth_tris, tooth_count = build_mouth()
    neighbours = neighbours_of(triangles)
    # The red of the lips gives way as the chin does.
    chin = within_lips(neighbours) + below_lip(rest)
    around = [sorted(neighbours[v]) for v in chin]
    shape_q, shape_scale = quantised(shapes)
    jaw_q, jaw_scale = quantised(jaw)
    up_q, up_scale = quantised(up)
    sections = [
        ("restFace", rest.astype("<f4")),
        ("shapes", shape_q),
        ("stable", stable.astype("<u2")),
        ("upperLip", np.array(UPPER, "<u2")),
        ("lowerLip", np.array(LOWER, "<u2")),
        ("ringOf", ring_of.astype("<u2")),
        ("ringReach", ring_reach.astype("<f4")),
        ("ringGain", ring_gain.astype("<f4")),
        ("taps", taps),
        ("tapWeights", weights),
        ("meshTriangles", np.array(ring_tris + face_tris + fan_tris, "<u2")),
        ("lipLoop", np.array(loop, "<u2")),
        ("chin", np.array(chin, "<u2")),
        ("chinStart", np.cumsum([0] + [len(row) for row in around]).astype("<u2")),
        ("chinNeighbours", np.array([v for row in around for v in row], "<u2")),
        ("shadeMasks", np.round(shading.masks() * 127).astype("i1")),
        ("mouthPositions", pos.astype("<f4")),
        ("mouthNormals", np.round(normal * 127).astype("i1")),
        ("mouthColours", np.clip(np.round(colour), 0, 255).astype("u1")),
        ("mouthJaw", jaw_q),
        ("mouthTongue", up_q),
        ("mouthTriangles", mouth_tris.astype("<u2")),
    ]
    names = {"<f4": "f32", "<i2": "i16", "<u2": "u16", "|i1": "i8", "|u1": "u8"}
    table, body = [], b""
    for name, array in sections:
        body += b"\0" * (-len(body) % 4)
        table.append({"name": name, "type": names[array.dtype.str], "offset": len(body), "length": int(array.size)})
        body += np.ascontiguousarray(array).tobytes()
    head = json.dumps({
        "version": 2,
        "parameterNames": [name for name, _ in SHAPES if name not in EXTRA],
        "extraShapeNames": EXTRA,
        "scales": {"shapes": shape_scale, "mouthJaw": jaw_scale, "mouthTongue": up_scale},
        "fanTriangleCount": len(fan_tris),
        "toothVertexCount": tooth_count,
        "shadeMap": {"names": shading.NAMES, "width": shading.WIDTH, "height": shading.HEIGHT, "x": shading.X,
                     "low": shading.LOW, "high": shading.HIGH},
        "sections": table,
    }, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 4)
    payload = struct.pack("<I", len(head)) + head + body
    data = b"LRD1" + struct.pack("<I", fnv1a(payload)) + payload
    with open(args.out, "wb") as file:
        file.write(data)
    print(f"{len(data)} bytes; fine mesh {len(stencils)} vertices, "
          f"{len(ring_tris) + len(face_tris) + len(fan_tris)} triangles; "
          f"mouth {len(pos)} vertices, {len(mouth_tris)} triangles; {len(stable)} stable landmarks")


if __name__ == "__main__":
    main()
