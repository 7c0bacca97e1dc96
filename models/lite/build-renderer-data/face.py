"""The face part: mean face, mouth shapes on the 468 landmarks, and the fine mesh that carries the pixels."""

import csv
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

UPPER = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]
LOWER = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308]
OUTER_UPPER = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291]
OUTER_LOWER = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291]
OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
# Name and row in basis.npz; the order is the order of the audio network's outputs.
SHAPES = [("jawOpen", 0), ("mouthClose", 1), ("mouthFunnel", 2), ("mouthPucker", 3),
          ("mouthRollUpper", 4), ("mouthRollLower", 5), ("mouthUpperUp", 8),
          ("mouthLowerDown", 9), ("mouthStretch", 10), ("mouthPress", 13), ("tongueUp", 17),
          ("mouthShrugLower", 7), ("mouthSmile", 11), ("mouthFrown", 12)]
# Shapes behind the network's: an avatar's own expression.
EXTRA = ["mouthSmile", "mouthFrown"]


def mirror_map(triangles):
    """Left-right partner of every landmark, from a Tutte drawing of the (nearly symmetric) triangulation.

    The outline goes on a circle, every other landmark to the mean of its neighbours; mirrored places then match.
    """
    weights = np.zeros((468, 468))
    for a, b, c in triangles:
        for u, v in ((a, b), (b, c), (c, a)):
            weights[u, v] = weights[v, u] = 1
    system = np.diag(weights.sum(1)) - weights
    angle = 2 * np.pi * np.arange(len(OVAL)) / len(OVAL)
    target = np.zeros((468, 2))
    system[OVAL] = np.eye(468)[OVAL]
    target[OVAL] = np.stack([np.sin(angle), np.cos(angle)], 1)
    drawing = np.linalg.solve(system, target)
    distance = np.linalg.norm(drawing[:, None] * [-1, 1] - drawing[None], axis=2)
    out = linear_sum_assignment(distance**2)[1]
    if (out[out] != np.arange(468)).any() or out[33] != 263 or out[61] != 291:
        raise SystemExit("tess.npy: the triangulation is not symmetric")
    return out


def smooth_loop(field, loop, rounds):
    for _ in range(rounds):
        values = field[loop]
        field[loop] = 0.5 * values + 0.25 * (np.roll(values, 1, 0) + np.roll(values, -1, 0))


def below_lip(rest):
    """Landmarks of the chin between lower lip and jaw line: the skin that gives way when the lip moves."""
    lips = set(UPPER + LOWER + OUTER_UPPER + OUTER_LOWER)
    return [v for v in range(468) if v not in lips and v not in OVAL
            and rest[v, 1] < 6.80 and abs(rest[v, 0]) < 0.4]


def spread_below_lip(field, rest, neighbours):
    """Relax the chin between lower lip and jaw line, so that no face is squeezed into a crease under its lip.

    Near neighbours count more: short edges (they differ most from face to face) then carry little of the difference.
    The renderer repeats this with the distances of the avatar's own face.
    """
    relax(field, rest, neighbours, below_lip(rest))


def relax(field, rest, neighbours, free):
    rows = {v: sorted(neighbours[v]) for v in free}
    weights = {v: 1 / np.maximum(((rest[rows[v]] - rest[v]) ** 2).sum(1), 4e-4) for v in free}
    for _ in range(60):
        for v in free:
            field[v] = weights[v] @ field[rows[v]] / weights[v].sum()


def within_lips(neighbours):
    """Landmarks of the red between the line of the lips and its edge: what is reached without crossing either."""
    lines = set(UPPER + LOWER + OUTER_UPPER + OUTER_LOWER)
    found, ahead = set(), [v for line in (UPPER, LOWER) for k in line[1:-1] for v in neighbours[k]]
    while ahead:
        v = ahead.pop()
        if v not in lines and v not in found:
            found.add(v)
            ahead += neighbours[v]
    return sorted(found)


def neighbours_of(triangles):
    out = [set() for _ in range(468)]
    for tri in triangles:
        for v in tri:
            out[v].update(int(u) for u in tri if u != v)
    return out


def lip_shapes(partner):
    """Displacement of the lip landmarks by shape: the map from landmarks to vertices is 2 mm off at the mouth."""
    rows = [row for row in Path(__file__).with_name("lip-shapes.csv").read_text().splitlines() if row[0] != "#"]
    out = {}
    for row in csv.DictReader(rows):
        moved = np.array([float(row[axis]) for axis in "xyz"])
        of_shape, landmark = out.setdefault(row["shape"], {}), int(row["landmark"])
        of_shape[landmark] = moved
        of_shape[int(partner[landmark])] = moved * [-1, 1, 1]
    return out


def clean_shapes(basis, rest, triangles):
    """Mirror, smooth and mask the measured shapes: the landmark → vertex map has 2 mm of noise."""
    partner = mirror_map(triangles)
    flip = np.array([-1.0, 1.0, 1.0])
    rest = 0.5 * (rest + rest[partner] * flip)
    neighbours = neighbours_of(triangles)
    inner = UPPER + LOWER[-2:0:-1]
    outer = OUTER_UPPER + OUTER_LOWER[-2:0:-1]
    lips = set(inner) | set(outer)
    mask = np.clip((7.36 - rest[:, 1]) / 0.30, 0, 1)
    mask = mask * mask * (3 - 2 * mask)
    measured = lip_shapes(partner)
    shapes = np.zeros((len(SHAPES), 468, 3))
    for row, (name, source) in enumerate(SHAPES):
        field = basis[source].copy()
        field = 0.5 * (field + field[partner] * flip)
        for landmark, moved in measured.get(name, {}).items():
            field[landmark] = moved
        for line in (inner, outer):
            smooth_loop(field, line, {"mouthFunnel": 1}.get(name, 0) if name in measured else 2)
        if name in ("jawOpen", "mouthClose"):
            # Smoothing flattened the middle of the lower lip; give it its travel back.
            for line in (LOWER, OUTER_LOWER):
                full = np.linalg.norm(measured[name][line[5]])
                bump = np.interp(np.arange(11), [0, 5, 10], [0, 1, 0])[:, None]
                field[line] *= 1 + bump * (full / np.linalg.norm(field[line[5]]) - 1)
        if name == "mouthFunnel":
            # Lips that turn outwards look full: the red keeps most of its height.
            for red, line in ((OUTER_UPPER, UPPER), (OUTER_LOWER, LOWER)):
                field[red] += 0.2 * (field[line] - field[red])
        for _ in range({"jawOpen": 3, "mouthClose": 3, "mouthFunnel": 10}.get(name, 6)):
            mean = np.array([field[list(n)].mean(0) for n in neighbours])
            free = [v for v in range(468) if v not in lips]
            field[free] = 0.5 * field[free] + 0.5 * mean[free]
        if name == "mouthPucker":
            # The measured shape narrows the mouth too little; pursed lips also turn full and cover the teeth.
            field[:, 0] *= 1.12
            for line, lift in ((UPPER, -0.005), (LOWER, 0.004)):
                field[line, 1] += lift * np.clip(1 - (rest[line, 0] / 0.2) ** 2, 0, 1)
        if name == "jawOpen":
            # Lips are thick enough to be seen when they stretch: half of their measured thinning is taken back.
            for red, line in ((OUTER_UPPER, UPPER), (OUTER_LOWER, LOWER)):
                thinning = 0.08 * (field[red[1:-1], 1] - field[line[1:-1], 1])
                middle = np.clip(1 - (rest[line[1:-1], 0] / 0.17) ** 2, 0, 1)
                field[red[1:-1], 1] -= thinning * middle
                field[line[1:-1], 1] += thinning * middle
        # The red between the measured lines follows them evenly.
        relax(field, rest, neighbours, within_lips(neighbours))
        spread_below_lip(field, rest, neighbours)
        shapes[row] = field * mask[:, None]
    return rest, shapes


def coarse_mesh(rest, shapes, triangles):
    """Triangles that can move, plus two rings outside the jaw line (indices from 468) and a fan inside the lips."""
    reach = np.linalg.norm(shapes, axis=2).max(0)
    moving = reach > 1e-3
    face = [tuple(int(v) for v in t) for t in triangles if moving[t].any()]
    start = next(k for k, v in enumerate(OVAL) if rest[v, 1] < 7.3 and moving[v])
    chain = [v for v in OVAL[start - 1:] if rest[v, 1] < 7.4]
    while not moving[chain[-1]] and not moving[chain[-2]]:
        chain.pop()
    # How far the rings lie beyond the jaw line, as a part of the distance to the upper lip:
    # far below the chin (the neck gives way), near at the sides (the background stays).
    down = np.clip((6.95 - rest[chain, 1]) / 0.4, 0, 1)
    far = 0.22 + 0.75 * down
    n = len(chain)
    ring_of = chain + chain
    ring_reach = np.concatenate([0.45 * far, far])
    ring_gain = np.concatenate([np.full(n, 0.5), np.zeros(n)])
    rings = []
    for k in range(n - 1):
        for inner, outer in (((chain[k], chain[k + 1]), (468 + k, 468 + k + 1)),
                             ((468 + k, 468 + k + 1), (468 + n + k, 468 + n + k + 1))):
            rings.append((inner[0], inner[1], outer[0]))
            rings.append((inner[1], outer[1], outer[0]))
    fan = []
    for k in range(10):
        a, b, c, d = UPPER[k], UPPER[k + 1], LOWER[k], LOWER[k + 1]
        if a != c:
            fan.append((a, b, c))
        if b != d:
            fan.append((b, d, c))
    return rings, face, fan, np.array(ring_of), ring_reach, ring_gain


def subdivide(groups, coarse_count):
    """One butterfly subdivision: (stencils as {coarse vertex: weight}, list of fine triangle groups)."""
    triangles = [t for g in groups for t in g]
    across = {}
    for a, b, c in triangles:
        for e, third in (((a, b), c), ((b, c), a), ((c, a), b)):
            across.setdefault(frozenset(e), []).append(third)
    inner = UPPER + LOWER[-2:0:-1]
    crease = {frozenset((inner[k], inner[k - 1])): k for k in range(len(inner))}

    def stencil(a, b):
        edge = frozenset((a, b))
        if edge in crease:
            k = crease[edge]
            run = [inner[(k + o) % len(inner)] for o in (-2, -1, 0, 1)]
            # The lip line is a smooth curve that ends at the two corners.
            if run[1] in (78, 308):
                run[0] = run[1]
            if run[2] in (78, 308):
                run[3] = run[2]
            taps = zip(run, (-1 / 16, 9 / 16, 9 / 16, -1 / 16))
        else:
            taps = [(a, 0.5), (b, 0.5)]
            thirds = across[edge]
            if len(thirds) == 2:
                wings = []
                for third in thirds:
                    for end in (a, b):
                        w = [v for v in across[frozenset((third, end))] if v != (b if end == a else a)]
                        wings += w[:1]
                on_crease = any(frozenset((t, e)) in crease for t in thirds for e in (a, b))
                if len(wings) == 4 and not on_crease:
                    taps += [(t, 1 / 8) for t in thirds] + [(w, -1 / 16) for w in wings]
        out = {}
        for vertex, weight in taps:
            out[vertex] = out.get(vertex, 0) + weight
        return out

    stencils, number, fine = [], {}, []

    def vertex(key, make):
        if key not in number:
            number[key] = len(stencils)
            stencils.append(make())
        return number[key]

    for group in groups:
        part = []
        for a, b, c in group:
            p, q, r = (vertex(v, lambda v=v: {v: 1.0}) for v in (a, b, c))
            x, y, z = (vertex(frozenset(e), lambda e=e: stencil(*e)) for e in ((a, b), (b, c), (c, a)))
            part += [(p, x, z), (x, q, y), (z, y, r), (x, y, z)]
        fine.append(part)
    loop = [number[inner[0]]]
    for k in range(1, len(inner) + 1):
        loop.append(number[frozenset((inner[k - 1], inner[k % len(inner)]))])
        if k < len(inner):
            loop.append(number[inner[k]])
    return stencils, fine, loop + loop[:1]
