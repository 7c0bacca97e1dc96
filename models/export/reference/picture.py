"""Pixels: the crop for the network, its normalisation, and the paste back into the frame."""
import cv2
import numpy as np
from PIL import Image

from .box import Box, crop_square

NETWORK_SIZE = 256


def crop_for_network(frame: np.ndarray, box: Box) -> np.ndarray:
    """Lanczos4 resize of the box of a BGR frame to 256 x 256, aspect not kept."""
    x1, y1, x2, y2 = box
    return cv2.resize(frame[y1:y2, x1:x2], (NETWORK_SIZE, NETWORK_SIZE), interpolation=cv2.INTER_LANCZOS4)


def encoder_inputs(crop: np.ndarray) -> np.ndarray:
    """[2, 3, 256, 256] float32 RGB: the crop with its lower half masked (-1), then the whole crop; both in -1..1."""
    picture = crop[:, :, ::-1].astype(np.float32).transpose(2, 0, 1) / np.float32(255)
    masked = picture.copy()
    masked[:, NETWORK_SIZE // 2 :] = 0
    half = np.float32(0.5)
    return (np.stack([masked, picture]) - half) / half


def resize_to_box(face: np.ndarray, box: Box) -> np.ndarray:
    """cv2's bilinear resize of the network's picture to the box."""
    x1, y1, x2, y2 = box
    return cv2.resize(face, (x2 - x1, y2 - y1))


def composite(frame: np.ndarray, face: np.ndarray, box: Box, mask: np.ndarray) -> np.ndarray:
    """The frame with `face` (already of the size of the box) pasted through `mask` (of the square), Pillow's rounding."""
    x1, y1, _, _ = box
    square = crop_square(box)
    body = Image.fromarray(frame)
    patch = body.crop(square)
    patch.paste(Image.fromarray(face), (x1 - square[0], y1 - square[1]))
    body.paste(patch, square[:2], Image.fromarray(mask))
    return np.array(body)
