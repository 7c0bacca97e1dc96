"""Tongue and the walls of the mouth from measures alone."""

import numpy as np

from meshes import Part, grid_quads, triangulate, vertex_normals
from teeth import smooth

TONGUE, UNDERSIDE = np.array([198, 104, 100.0]), np.array([192, 94, 96.0])
THROAT, CHEEK, FLOOR = np.array([50, 17, 17.0]), np.array([124, 50, 48.0]), np.array([146, 64, 62.0])
AROUND, ALONG = 20, 13
# Middle line of the back of the tongue from root to tip: y, z.
SPINE_Y = [6.770, 6.850, 6.868, 6.850, 6.800]
SPINE_Z = [0.800, 0.930, 1.070, 1.180, 1.268]


def tongue():
    """The part, and its displacement for tongueUp = 1: the front half rises, its tip to the ridge behind the teeth."""
    stations = 1 - (1 - np.linspace(0, 1, ALONG)) ** 1.7
    angle = 2 * np.pi * np.arange(AROUND) / AROUND
    c, s = np.cos(angle), np.sin(angle)
    knots = np.linspace(0, 1, len(SPINE_Y))
    points, colours, ups = [], [], []
    for t in stations:
        round_off = np.sqrt(max(1e-4, 1 - smooth(0.60, 1.0, t) ** 1.3))
        half = (0.185 - 0.055 * t) * round_off
        thick = (0.085 - 0.045 * t) * (0.25 + 0.75 * round_off)
        spine_y, spine_z = np.interp(t, knots, SPINE_Y), np.interp(t, knots, SPINE_Z)
        x = half * np.sign(c) * np.abs(c) ** 0.85
        u = x / half
        top = s >= 0
        y = spine_y - thick + np.where(top, thick, 0.8 * thick) * np.sign(s) * np.abs(s) ** 0.8
        groove = np.exp(-((u / 0.22) ** 2)) * top * np.clip(s, 0, 1) ** 2 * smooth(0.15, 0.4, t) * (1 - smooth(0.8, 0.97, t))
        y -= 0.014 * groove
        points.append(np.stack([x, y, np.full(AROUND, spine_z)], 1))
        colour = np.where(top[:, None], TONGUE, UNDERSIDE)
        shade = (1 - 0.10 * groove) * (1 - 0.30 * smooth(0.7, 1.0, np.abs(u)) * (1 - smooth(0.75, 1, t))) * (0.94 + 0.06 * smooth(0.6, 1, t))
        colours.append(colour * shade[:, None])
        w = smooth(0.30, 1.0, t)
        ups.append(np.tile([0.0, 0.125 * w, 0.095 * w], (AROUND, 1)) - np.stack([0.18 * w * x, 0 * x, 0 * x], 1))
    tip = ALONG * AROUND
    points.append(np.array([[0, points[-1][:, 1].mean(), SPINE_Z[-1] + 0.006]]))
    colours.append(TONGUE[None] * 0.97)
    ups.append(ups[-1][:1] * [0, 1, 1])
    faces = [(r * AROUND + k, r * AROUND + (k + 1) % AROUND, (r + 1) * AROUND + (k + 1) % AROUND, (r + 1) * AROUND + k)
             for r in range(ALONG - 1) for k in range(AROUND)]
    faces += [((ALONG - 1) * AROUND + k, (ALONG - 1) * AROUND + (k + 1) % AROUND, tip) for k in range(AROUND)]
    tris = triangulate(faces)
    pos = np.concatenate(points)
    normals = vertex_normals(pos, tris)
    # What is seen of the underside is the blade when it rises, and then it faces the light.
    normals += 0.9 * smooth(0.1, -0.6, normals[:, 1:2]) * [0, 0.5, 1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Part(pos, normals, np.concatenate(colours), tris), np.concatenate(ups)


def walls():
    """A bag around everything: cheeks, floor and throat; and how much of the jaw's movement each vertex takes over."""
    columns, rows = 13, 9
    angle, height = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(0, 1, rows))
    angle, height = angle.ravel(), height.ravel()
    # From cheek to cheek around the back; the floor in front closes the bag behind the lower teeth.
    x = 0.235 * np.sin(angle * np.pi / 2)
    z = 0.78 + 0.50 * (1 - np.cos(angle * np.pi / 2)) ** 1.2
    y = 7.00 - 0.36 * height
    floor = smooth(0.62, 1.0, height)
    z = z + (1.285 - z) * floor
    x = x * (1 - 0.45 * floor)
    pos = np.stack([x, y, z], 1)
    tris = triangulate(grid_quads(rows, columns))
    normals = vertex_normals(pos, tris)
    if normals[len(pos) // 2, 2] < 0:
        tris = tris[:, ::-1]
        normals = -normals
    side = np.abs(angle)
    colour = THROAT + (CHEEK - THROAT) * smooth(0.35, 0.95, side)[:, None]
    colour = colour + (FLOOR - colour) * floor[:, None]
    # The roof of the mouth lies in the teeth's shadow.
    colour = colour * (0.7 + 0.3 * smooth(0.0, 0.35, height))[:, None]
    return Part(pos, normals, colour, tris), smooth(0.1, 0.75, height)
