"""A synthetic picture, landmarks and parsing map: smooth shapes with a little noise, the same on every machine."""
import cv2
import numpy as np

from .mask import PARSING_SIZE

FRAME_WIDTH, FRAME_HEIGHT = 288, 352
_SKIN, _LEFT_BROW, _RIGHT_BROW, _NOSE, _MOUTH, _UPPER_LIP, _LOWER_LIP, _NECK, _HAIR = 1, 2, 3, 10, 11, 12, 13, 14, 17


def frame(seed: int = 3) -> np.ndarray:
    """BGR uint8 [352, 288, 3]: a schematic face over a gradient."""
    y, x = np.mgrid[0:FRAME_HEIGHT, 0:FRAME_WIDTH]
    picture = np.stack([90 + x // 4, 60 + y // 3, 120 + (x + y) // 8], axis=2).astype(np.uint8)
    cv2.ellipse(picture, (144, 180), (70, 98), 0, 0, 360, (140, 170, 215), -1)
    for centre in ((115, 155), (173, 155)):
        cv2.ellipse(picture, centre, (13, 7), 0, 0, 360, (240, 240, 240), -1)
        cv2.circle(picture, centre, 5, (40, 30, 20), -1)
    cv2.ellipse(picture, (144, 195), (11, 16), 0, 0, 180, (110, 140, 190), 3)
    cv2.ellipse(picture, (144, 236), (26, 10), 0, 0, 360, (70, 60, 160), -1)
    cv2.line(picture, (122, 236), (166, 236), (30, 20, 60), 2)
    noise = np.random.default_rng(seed).integers(-6, 7, picture.shape)
    return np.clip(picture.astype(np.int64) + noise, 0, 255).astype(np.uint8)


def landmarks(centre: tuple[int, int] = (144, 180), width: int = 70, height: int = 98) -> np.ndarray:
    """68 int points [68, 2] in the iBUG order around an upright face of these half axes."""
    cx, cy = centre
    points = np.zeros((68, 2))
    angle = np.linspace(np.pi, 0, 17)
    points[0:17] = np.stack([cx + width * np.cos(angle), cy + height * np.sin(angle)], axis=1)
    for start, side in ((17, -1), (22, 1)):
        points[start : start + 5] = [(cx + side * (20 + 10 * i), cy - 45 - 4 * (2 - abs(i - 2))) for i in range(5)]
    points[27:31] = [(cx, cy - 30 + 12 * i) for i in range(4)]
    points[31:36] = [(cx - 12 + 6 * i, cy + 22) for i in range(5)]
    for start, side in ((36, -1), (42, 1)):
        eye = np.linspace(0, 2 * np.pi, 6, endpoint=False)
        points[start : start + 6] = np.stack([cx + side * 29 + 13 * np.cos(eye), cy - 25 + 7 * np.sin(eye)], axis=1)
    for start, count, rx, ry in ((48, 12, 26, 10), (60, 8, 20, 4)):
        lips = np.linspace(np.pi, 3 * np.pi, count, endpoint=False)
        points[start : start + count] = np.stack([cx + rx * np.cos(lips), cy + 56 + ry * np.sin(lips)], axis=1)
    return points.astype(np.int32)


def parsing() -> np.ndarray:
    """uint8 [512, 512]: classes of a schematic face as a face parser would label the square around it."""
    labels = np.zeros((PARSING_SIZE, PARSING_SIZE), np.uint8)
    cv2.ellipse(labels, (256, 200), (190, 190), 0, 180, 360, _HAIR, -1)
    cv2.rectangle(labels, (190, 380), (322, 511), _NECK, -1)
    cv2.ellipse(labels, (258, 250), (150, 205), 4, 0, 360, _SKIN, -1)
    cv2.ellipse(labels, (195, 190), (35, 8), 0, 0, 360, _LEFT_BROW, -1)
    cv2.ellipse(labels, (320, 190), (35, 8), 0, 0, 360, _RIGHT_BROW, -1)
    cv2.ellipse(labels, (258, 270), (28, 60), 0, 0, 360, _NOSE, -1)
    cv2.ellipse(labels, (258, 365), (55, 24), 0, 180, 360, _UPPER_LIP, -1)
    cv2.ellipse(labels, (258, 365), (55, 26), 0, 0, 180, _LOWER_LIP, -1)
    cv2.ellipse(labels, (258, 366), (38, 8), 0, 0, 360, _MOUTH, -1)
    return labels
