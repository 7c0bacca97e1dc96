"""The mouth interior: front teeth, gums and tongue as one coloured triangle mesh that follows the jaw."""

import numpy as np

from meshes import Proxy, read_obj, read_target, read_zipped_target, triangulate, vertex_normals

# Upper-jaw bindings have parent vertices from this number on (MakeHuman base mesh).
FIRST_UPPER_PARENT = 15060
MEAN_IDENTITY = ("caucasian-male-young", "caucasian-female-young",
                 "universal-male-young-averagemuscle-averageweight",
                 "universal-female-young-averagemuscle-averageweight")
ENAMEL, ENAMEL_NECK = np.array([224, 214, 196]), np.array([204, 180, 146])
GUM, TONGUE, FLOOR = np.array([176, 92, 88]), np.array([190, 100, 94]), np.array([150, 66, 62])


def mean_base(assets):
    """Base mesh of the average face the landmark basis was measured on, in decimetres."""
    base, _ = read_obj(f"{assets}/makehuman/makehuman/data/3dobjs/base.obj")
    folder = f"{assets}/makehuman/makehuman/data/targets/macrodetails"
    return base + sum(0.5 * read_target(f"{folder}/{k}.target", len(base)) for k in MEAN_IDENTITY)


def build_mouth(assets):
    """Vertices, normals, colours (with depth shade), jaw and tongue displacement, triangles."""
    base = mean_base(assets)
    jaw_open = read_zipped_target(f"{assets}/talkinghead/talkinghead-targets.zip",
                                  "final-talkinghead/jawOpen.target", len(base))
    parts = [teeth(assets, base, jaw_open), tongue(assets, base, jaw_open), floor()]
    shift = np.cumsum([0] + [len(p[0]) for p in parts[:-1]])
    arrays = [np.concatenate([p[k] for p in parts]) for k in range(5)]
    triangles = np.concatenate([p[5] + s for p, s in zip(parts, shift)])
    return (*arrays, triangles)


def depth_shade(positions):
    """Less light reaches the back of the mouth, and what does is red from the flesh around."""
    shade = np.clip(1.04 - 2.3 * (1.36 - positions[:, 2]), 0.12, 1.0)[:, None]
    return shade ** np.array([0.9, 1.15, 1.2])


def teeth(assets, base, jaw_open):
    mesh = Proxy(f"{assets}/makehuman-assets/base/teeth/teeth_base/teeth_base.mhclo")
    raw, jaw, part = mesh.fit(base), mesh.follow(jaw_open), mesh.components()
    upper = mesh.parents[:, 0] >= FIRST_UPPER_PARENT
    gum = part == np.argmax(np.bincount(part))
    centre = np.array([0, 6.88, 1.16])
    pos = (raw - centre) * [0.93, 1.0, 0.95] + centre
    # Upper edges hang 3 mm below the lip line; the lower arch closes a little behind them.
    pos += np.where(upper, 1.0, 0.0)[:, None] * [0, -0.040, 0.0]
    pos += np.where(upper, 0.0, 1.0)[:, None] * [0, -0.070, -0.035]
    triangles = triangulate(mesh.faces)
    normals = vertex_normals(pos, triangles)
    colour = np.tile(GUM.astype(float), (len(pos), 1))
    for k in np.unique(part[~gum]):
        m = part == k
        y = pos[m, 1]
        t = (y - y.min()) / np.ptp(y)
        neck = np.clip((t if upper[m][0] else 1 - t) * 1.5 - 0.45, 0, 1)[:, None]
        colour[m] = ENAMEL + (ENAMEL_NECK - ENAMEL) * neck
    colour *= depth_shade(pos)
    jaw = np.where(upper[:, None], 0, jaw)
    # Keep the incisors to first molars and what can be seen from the front.
    face_z = normals[triangles].mean(1)[:, 2]
    mean = pos[triangles].mean(1)
    is_gum = gum[triangles[:, 0]]
    # Lower teeth are also seen from above, upper teeth from below.
    keep = (mean[:, 2] > 1.10) & ((face_z > -0.12) | (~is_gum & (face_z > -0.35)))
    return compact(pos, normals, colour, jaw, np.zeros_like(pos), triangles[keep])


def tongue(assets, base, jaw_open):
    mesh = Proxy(f"{assets}/makehuman-assets/base/tongue/tongue01/tongue01.mhclo")
    raw, jaw = mesh.fit(base), mesh.follow(jaw_open)
    pos = raw + [0, -0.085, -0.06]
    triangles = triangulate(mesh.faces)
    normals = vertex_normals(pos, triangles)
    z = pos[:, 2]
    front = np.clip((z - z.min()) / np.ptp(z), 0, 1)[:, None] ** 2
    up = front * [0, 0.26, -0.05]
    colour = np.tile(TONGUE.astype(float), (len(pos), 1)) * depth_shade(pos + [0, 0, 0.14])
    # A middle groove: the dorsum is a little darker along the centre line.
    colour *= 1 - 0.09 * np.exp(-(pos[:, :1] / 0.025) ** 2)
    return compact(pos, normals, colour, jaw, up, triangles)


def floor():
    """Floor of the mouth under the tongue: a curved sheet between the lower teeth that moves with the jaw."""
    columns, rows = 9, 6
    u, v = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(0, 1, rows))
    u, v = u.ravel(), v.ravel()
    # Narrow and low in front (behind the incisors), wide and rising behind, as seen from the front.
    pos = np.stack([u * (0.10 + 0.10 * v), 6.75 + 0.16 * v + 0.02 * u * u, 1.27 - 0.36 * v], 1)
    normals = np.tile([0.0, 0.8, 0.6], (len(pos), 1))
    colour = np.tile(FLOOR.astype(float), (len(pos), 1)) * depth_shade(pos + [0, 0, 0.06])
    # The jaw turns about its joint: the front drops most (as the lower incisors do).
    jaw = np.stack([0 * u, -0.24 + 0.25 * (1.27 - pos[:, 2]), -0.125 + 0 * u], 1)
    quads = [(r * columns + c, r * columns + c + 1, (r + 1) * columns + c + 1, (r + 1) * columns + c)
             for r in range(rows - 1) for c in range(columns - 1)]
    return compact(pos, normals, colour, jaw, np.zeros_like(pos), triangulate(quads))


def compact(pos, normals, colour, jaw, up, triangles):
    used, index = np.unique(triangles, return_inverse=True)
    return pos[used], normals[used], colour[used], jaw[used], up[used], index.reshape(-1, 3)
