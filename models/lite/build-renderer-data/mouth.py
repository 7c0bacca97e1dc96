"""The mouth interior: teeth, gums, tongue and walls as one coloured triangle mesh that follows the jaw."""

import numpy as np

from teeth import LOWER, UPPER, Arch, row_of_teeth
from tongue import tongue, walls

# Upper incisors hang 3 mm below the line of closed lips; the lower ones bite 1 mm higher, behind them.
UPPER_EDGE_Y, LOWER_EDGE_Y = 6.822, 6.812


def jaw_movement(positions):
    """Displacement for jawOpen = 1: a turn about the jaw joint with its glide, linear in place (fitted to jawOpen)."""
    y, z = positions[:, 1], positions[:, 2]
    return np.stack([0 * y, -0.42 * (z - 0.693), -0.131 + 0.16 * (1.307 - z) + 0.42 * (y - 6.775)], 1)


def depth_shade(positions):
    """Less light reaches the back of the mouth, and what does is red from the flesh around."""
    shade = np.clip(1.04 - 2.3 * (1.36 - positions[:, 2]), 0.12, 1.0)[:, None]
    return shade ** np.array([0.9, 1.15, 1.2])


def build_mouth():
    """Vertices, normals, colours (with depth shade), jaw and tongue displacement, triangles, number of tooth vertices."""
    upper, upper_gum = row_of_teeth(Arch(0.208, 0.335, 1.384), UPPER, UPPER_EDGE_Y, True)
    lower, lower_gum = row_of_teeth(Arch(0.190, 0.300, 1.330), LOWER, LOWER_EDGE_Y, False)
    tongue_part, tongue_up = tongue()
    wall, wall_jaw = walls()
    still = [(part, 0.0, None, 0.0) for part in upper]
    moving = [(part, 1.0, None, 0.0) for part in lower]
    flesh = [(upper_gum, 0.0, None, 0.0), (lower_gum, 1.0, None, 0.0),
             (tongue_part, 1.0, tongue_up, 0.17), (wall, wall_jaw[:, None], None, None)]
    rows, offset = [], 0
    for part, follows, up, lighter in still + moving + flesh:
        pos = part.positions
        # The walls' colours hold their depth already.
        shade = 1.0 if lighter is None else depth_shade(pos + [0, 0, lighter])
        rows.append((pos, part.normals, part.colours * shade, jaw_movement(pos) * follows,
                     np.zeros_like(pos) if up is None else up, part.triangles + offset))
        offset += len(pos)
    teeth_count = sum(len(part.positions) for part in upper + lower)
    return (*(np.concatenate([row[k] for row in rows]) for k in range(6)), teeth_count)
