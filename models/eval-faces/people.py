"""Who is drawn: people made at random from a fixed seed, none of them an avatar of the product."""

from __future__ import annotations

import numpy as np

SEED = 20_417
# Sex, age (0 young … 1 old), ancestry, skin, lips (linear RGB), and light from beside the camera
# (W; it reaches into the mouth): what must vary on purpose. The rest is drawn at random.
FRAMES: list[tuple] = [
    (0.0, 0.05, {'african': 0.9, 'caucasian': 0.1}, (0.16, 0.075, 0.042), (0.17, 0.062, 0.055), 60),
    (1.0, 0.15, {'caucasian': 1.0}, (0.62, 0.38, 0.28), (0.46, 0.20, 0.17), 120),
    (0.0, 0.75, {'caucasian': 0.8, 'asian': 0.2}, (0.66, 0.43, 0.33), (0.47, 0.22, 0.19), 200),
    (1.0, 0.65, {'asian': 0.9, 'african': 0.1}, (0.50, 0.29, 0.18), (0.38, 0.18, 0.14), 90),
    (0.0, 0.25, {'asian': 1.0}, (0.63, 0.42, 0.30), (0.50, 0.20, 0.17), 150),
    (1.0, 0.40, {'african': 0.55, 'asian': 0.45}, (0.29, 0.155, 0.092), (0.26, 0.12, 0.10), 240),
    (0.35, 0.30, {'caucasian': 0.5, 'african': 0.5}, (0.42, 0.24, 0.155), (0.36, 0.16, 0.13), 40),
]
# Targets a face may get: opposite ends of a feature, and how far it may go.
FEATURES = [
    ('mouth/mouth-scale-horiz-decr', 'mouth/mouth-scale-horiz-incr', 0.45),
    ('mouth/mouth-upperlip-volume-decr', 'mouth/mouth-upperlip-volume-incr', 0.6),
    ('mouth/mouth-lowerlip-volume-decr', 'mouth/mouth-lowerlip-volume-incr', 0.6),
    ('mouth/mouth-trans-down', 'mouth/mouth-trans-up', 0.35),
    ('mouth/mouth-cupidsbow-decr', 'mouth/mouth-cupidsbow-incr', 0.5),
    ('chin/chin-height-decr', 'chin/chin-height-incr', 0.5),
    ('chin/chin-width-decr', 'chin/chin-width-incr', 0.5),
    ('chin/chin-prominent-decr', 'chin/chin-prominent-incr', 0.5),
    ('cheek/cheek-volume-decr', 'cheek/cheek-volume-incr', 0.6),
    ('cheek/cheek-bones-decr', 'cheek/cheek-bones-incr', 0.6),
    ('nose/nose-scale-horiz-decr', 'nose/nose-scale-horiz-incr', 0.5),
    ('nose/nose-scale-vert-decr', 'nose/nose-scale-vert-incr', 0.5),
    ('nose/nose-hump-decr', 'nose/nose-hump-incr', 0.6),
    ('head/head-scale-horiz-decr', 'head/head-scale-horiz-incr', 0.3),
    ('head/head-scale-vert-decr', 'head/head-scale-vert-incr', 0.3),
    ('head/head-oval', 'head/head-square', 0.5),
    ('head/head-round', 'head/head-triangular', 0.5),
    ('eyes/eye-scale-decr', 'eyes/eye-scale-incr', 0.4),
    ('forehead/forehead-scale-vert-decr', 'forehead/forehead-scale-vert-incr', 0.5),
]
TEETH = ['teeth_base', *(f'teeth_shape0{k}' for k in range(1, 6))]
MAX_YAW_DEG, MAX_PITCH_DEG, MAX_ROLL_DEG = 20.0, 8.0, 4.0


def person(index: int) -> dict:
    """Look of one person, in the form the modules of models/avatars take, with `pose_deg`."""
    male, old, ancestry, skin, lip, front = FRAMES[index]
    rng = np.random.default_rng([SEED, index])
    details = {}
    for low, high, most in FEATURES:
        if rng.random() < 0.6:
            amount = rng.uniform(-most, most)
            details[high if amount > 0 else low] = abs(float(amount))
    # Yaws spread evenly over the range, in random order of people.
    order = np.random.default_rng(SEED).permutation(len(FRAMES))
    yaw = (2 * order[index] / (len(FRAMES) - 1) - 1) * MAX_YAW_DEG
    hair = tuple(np.array([0.05, 0.03, 0.02]) * rng.uniform(0.4, 2.2))
    backdrop = rng.uniform(0.08, 0.30, 3)
    return {
        'name': f'p{index + 1}',
        'male': male,
        'old': old,
        'ancestry': ancestry,
        'weight': float(rng.uniform(-0.4, 0.6)),
        'details': details,
        'expression': {},
        'skin': tuple(np.array(skin) * rng.uniform(0.92, 1.08, 3)),
        'lip': tuple(np.array(lip) * rng.uniform(0.95, 1.05, 3)),
        'lip_height': (float(rng.uniform(0.068, 0.085)), float(rng.uniform(0.11, 0.145))),
        'lip_gloss': float(rng.uniform(0.03, 0.10)),
        'blush': float(rng.uniform(0.2, 0.6)),
        'eye_shade': 0.4,
        'freckles': int(rng.integers(0, 3)),
        'roughness': float(rng.uniform(0.42, 0.52)),
        'pores': float(rng.uniform(0.14, 0.24)),
        'brows': {
            'colour': hair,
            'rise': 0.03,
            'inner': 0.13,
            'outer': 0.50,
            'height': float(rng.uniform(0.15, 0.19)),
            'arch': float(rng.uniform(0.02, 0.05)),
            'droop': 0.02,
            'thick': float(rng.uniform(0.05, 0.075)),
        },
        'light': float(rng.uniform(0.75, 1.1)),
        'fill': float(rng.uniform(0.4, 1.2)),
        'rim': float(rng.uniform(0.3, 1.0)),
        'front': front,
        'backdrop': (tuple(backdrop), tuple(np.minimum(1, 2 * backdrop))),
        'teeth': TEETH[index % len(TEETH)],
        'enamel': float(rng.uniform(0.82, 1.0)),
        'pose_deg': (
            float(yaw),
            float(rng.uniform(-MAX_PITCH_DEG, MAX_PITCH_DEG)),
            float(rng.uniform(-MAX_ROLL_DEG, MAX_ROLL_DEG)),
        ),
    }
