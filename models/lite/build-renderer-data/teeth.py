"""Teeth and gums from measures alone: every crown is a closed shell on an arch, gums follow the necks in scallops."""

import numpy as np

from meshes import Part, grid_quads, triangulate, vertex_normals

ENAMEL, NECK, EDGE = np.array([226, 216, 198.0]), np.array([206, 184, 150.0]), np.array([206, 205, 198.0])
GUM = np.array([178, 92, 90.0])
AROUND, ALONG = 14, 5
# Crowns from the middle outwards (mean measures of adult teeth in dm, 10 % smaller as the mean face's mouth is):
# width, visible height, how much the biting edge is thick, edge height above the first incisor's, point in the middle.
UPPER = [(0.0770, 0.096, 0.010, 0.000, 0.000), (0.0600, 0.084, 0.010, 0.006, 0.000), (0.0680, 0.092, 0.016, 0.000, 0.012),
         (0.0620, 0.078, 0.034, 0.007, 0.008), (0.0610, 0.072, 0.038, 0.013, 0.006), (0.0900, 0.064, 0.044, 0.018, 0.004)]
LOWER = [(0.0480, 0.080, 0.010, 0.000, 0.000), (0.0530, 0.082, 0.010, -0.001, 0.000), (0.0610, 0.090, 0.016, 0.003, 0.010),
         (0.0620, 0.076, 0.034, 0.002, 0.008), (0.0640, 0.070, 0.038, 0.006, 0.004), (0.0980, 0.062, 0.044, 0.012, 0.003)]


class Arch:
    """A half superellipse |x/a|^p + |(z − z0)/b|^p = 1 seen from above, walked by its length from the middle."""

    def __init__(self, half_width, depth, front_z, power=2.5):
        phi = np.linspace(0, np.pi / 2, 2000)
        x = half_width * np.sin(phi) ** (2 / power)
        z = front_z - depth + depth * np.cos(phi) ** (2 / power)
        self.length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
        self.x, self.z = x, z

    def at(self, s):
        """(x, z, outward normal x, z) at arc length s; negative s lies on the other side."""
        sign, s = np.where(np.asarray(s) < 0, -1.0, 1.0), np.abs(s)
        x, z = np.interp(s, self.length, self.x), np.interp(s, self.length, self.z)
        ahead = np.interp(s + 0.006, self.length, self.x), np.interp(s + 0.006, self.length, self.z)
        back = np.interp(s - 0.006, self.length, self.x), np.interp(s - 0.006, self.length, self.z)
        tx, tz = ahead[0] - back[0], ahead[1] - back[1]
        # Next to the middle the mirrored half takes over.
        tx = np.where(s < 0.006, 1.0, tx)
        tz = np.where(s < 0.006, 0.0, tz)
        norm = np.hypot(tx, tz)
        return sign * x, z, sign * -tz / norm, tx / norm


def smooth(low, high, value):
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def crown(width, height, thick, point, is_upper):
    """One tooth about its middle: across, up from the biting edge to the neck, outwards; and its colours."""
    rows = np.array([0, 0.12, 0.36, 0.68, 1.0])
    angle = 2 * np.pi * np.arange(AROUND) / AROUND
    c, s = np.cos(angle), np.sin(angle)
    incisor = thick < 0.02
    points, colours = [], []
    for v in rows:
        half = 0.5 * width * (1 - 0.05 * (1 - smooth(0, 0.25, v)) - 0.08 * smooth(0.45, 1.0, v))
        front = thick * 0.5 + 0.018 * smooth(0, 0.45, v) + (0.006 if incisor else 0.012) * np.sin(np.pi * v)
        back = thick * 0.5 + 0.045 * smooth(0.1, 1.0, v)
        across = half * np.sign(c) * np.abs(c) ** 0.75
        out = np.where(s > 0, front, back) * np.sign(s) * np.abs(s) ** 0.9
        side = np.abs(across) / (0.5 * width)
        lift = (0.10 * width * side**4 + point * side**1.5) * (1 - v) ** 2
        points.append(np.stack([across, v * height + lift, out - 0.012 * smooth(0.5, 1, 1 - v) * incisor], 1))
        enamel = ENAMEL + (NECK - ENAMEL) * smooth(0.55, 1.0, v)
        if incisor:
            enamel = enamel + (EDGE - enamel) * 0.7 * (1 - smooth(0.0, 0.3, v))
        # Neighbours shade each other's sides, the gum the neck.
        shade = 1 - 0.34 * smooth(0.70, 0.98, side) * (0.5 + 0.5 * smooth(0.0, 0.5, v)) - 0.10 * smooth(0.8, 1.0, v)
        colours.append(enamel * shade[:, None])
    # The biting edge is a little lower in its middle line.
    points.append(np.array([[0.0, 0.10 * thick, points[0][:, 2].mean()]]))
    colours.append(np.array([EDGE if incisor else ENAMEL * 0.9]))
    tip = ALONG * AROUND
    faces = [(r * AROUND + k, r * AROUND + (k + 1) % AROUND, (r + 1) * AROUND + (k + 1) % AROUND, (r + 1) * AROUND + k)
             # What faces the tongue is seen near the biting edge only.
             for r in range(ALONG - 1) for k in range(AROUND) if r < 2 or s[k] + s[(k + 1) % AROUND] > -0.7]
    faces += [(tip, (k + 1) % AROUND, k) for k in range(AROUND)]
    points = np.concatenate(points)
    if not is_upper:
        points[:, 1] *= -1
    return points, np.concatenate(colours), faces, (-1 if is_upper else 1)


def row_of_teeth(arch, measures, edge_y, is_upper):
    """All crowns of one jaw and its gum: list of parts (teeth first), without jaw movement."""
    teeth, columns = [], []
    start = 0.0
    for width, height, thick, rise, point in measures:
        middle, start = start + 0.5 * width, start + width + 0.0008
        up = edge_y + (rise if is_upper else rise)
        for sign in (1, -1):
            x, z, nx, nz = (float(value) for value in arch.at(sign * middle))
            local, colour, faces, turn = crown(width, height, thick, point, is_upper)
            # Mirrored teeth are mirrored about their own middle as well.
            across, out = local[:, 0] * sign, local[:, 2]
            tangent = np.array([nz, -nx])
            pos = np.stack([x + across * tangent[0] + (out - 0.018) * nx,
                            up + local[:, 1], z + across * tangent[1] + (out - 0.018) * nz], 1)
            flip = sign * turn
            tris = triangulate([f if flip > 0 else f[::-1] for f in faces])
            teeth.append(Part(pos, vertex_normals(pos, tris), colour, tris))
        neck = up + (height if is_upper else -height)
        columns += [(middle + u * 0.5 * width, neck, abs(u)) for u in (-1, -0.5, 0, 0.5)]
    return teeth, gum(arch, columns, is_upper)


def gum(arch, columns, is_upper):
    half = [c for c in columns if c[0] > 1e-6]
    line = [(-s, y, u) for s, y, u in reversed(half)] + [(0.0, columns[0][1], 1.0)] + half
    s, neck, u = (np.array(column) for column in zip(*line))
    side = -1.0 if is_upper else 1.0
    # Between two teeth the gum reaches towards the biting edge.
    margin = neck + side * (0.004 + 0.030 * u**2)
    x, z, nx, nz = arch.at(s)
    rows = [(-0.014, 0.004), (0.002, 0.0), (0.013, -0.022), (0.010, -0.065), (-0.010, -0.12)]
    pos = np.concatenate([np.stack([x + out * nx, margin + side * up, z + out * nz], 1) for out, up in rows])
    level = np.repeat([0.80, 0.93, 1.0, 0.95, 0.8], len(s))[:, None]
    quads = grid_quads(len(rows), len(s))
    tris = triangulate(quads if is_upper else [q[::-1] for q in quads])
    return Part(pos, vertex_normals(pos, tris), np.tile(GUM, (len(pos), 1)) * level, tris)
