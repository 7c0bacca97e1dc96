"""The two people, entirely in numbers. Colours are linear RGB; lengths are decimetres."""

from __future__ import annotations

LOOKS: dict[str, dict] = {
    'ava': {
        'male': 0.0,
        'old': 0.10,
        'ancestry': {'caucasian': 0.65, 'asian': 0.35},
        'weight': -0.15,
        'details': {
            'head/head-oval': 0.35,
            'mouth/mouth-upperlip-volume-incr': 0.35,
            'mouth/mouth-lowerlip-volume-incr': 0.30,
            'eyes/eye-scale-incr': 0.25,
            'nose/nose-scale-horiz-decr': 0.2,
        },
        'expression': {
            'expression/units/caucasian/mouth-corner-puller': 0.25,
        },
        'skin': (0.66, 0.41, 0.29),
        'lip': (0.52, 0.20, 0.17),
        'lip_gloss': 0.12,
        'blush': 0.55,
        'eye_shade': 0.5,
        'freckles': 0,
        'roughness': 0.47,
        'iris': (0.62, 0.52, 0.30),
        'frame_dm': 4.0,
        'backdrop': ((0.16, 0.21, 0.26), (0.42, 0.50, 0.55)),
    },
    'leo': {
        'male': 1.0,
        'old': 0.30,
        'ancestry': {'african': 0.55, 'caucasian': 0.45},
        'weight': 0.0,
        'details': {'head/head-square': 0.25},
        'expression': {
            'expression/units/african/mouth-corner-puller': 0.20,
        },
        'skin': (0.30, 0.165, 0.10),
        'lip': (0.27, 0.125, 0.10),
        'lip_gloss': 0.08,
        'blush': 0.35,
        'eye_shade': 0.5,
        'freckles': 0,
        'roughness': 0.45,
        'iris': (0.45, 0.28, 0.16),
        'frame_dm': 4.0,
        'backdrop': ((0.20, 0.17, 0.14), (0.52, 0.45, 0.38)),
    },
}
