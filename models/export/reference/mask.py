"""The soft mask of the jaw, from a parsing map (19 CelebAMask-HQ classes, 512 x 512)."""
import cv2
import numpy as np
from PIL import Image

from .box import Box, crop_square

PARSING_SIZE = 512
_SKIN, _NOSE, _INNER = 1, 10, (11, 12, 13)
CHEEK_WIDTH = 90


def parser_picture(frame: np.ndarray, box: Box) -> np.ndarray:
    """What the face parser sees: the square around the box, black outside the frame, RGB [512, 512, 3]."""
    square = Image.fromarray(frame[:, :, ::-1]).crop(crop_square(box))
    return np.array(square.resize((PARSING_SIZE, PARSING_SIZE), Image.BILINEAR))


def jaw_kernel() -> np.ndarray:
    """33 x 33: rows 10..20 a triangle of width 1, 3 .. 21, rows 21..32 a bar of width 21."""
    kernel = np.zeros((33, 33), np.uint8)
    for row in range(10, 33):
        half = min(row - 10, 10)
        kernel[row, 16 - half : 17 + half] = 1
    return kernel


def jaw_mask(parsing: np.ndarray, cheek_width: int = CHEEK_WIDTH) -> np.ndarray:
    """Mode `jaw` of the parsing map, uint8 512 x 512 of 0 and 255."""
    skin = np.where(parsing == _SKIN, 255, 0).astype(np.uint8)
    grown = cv2.dilate(skin, jaw_kernel(), iterations=1)
    cheeks = cv2.erode(grown, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (35, 3)), iterations=2)
    middle = PARSING_SIZE // 2
    left, right = middle - cheek_width, middle + cheek_width
    mask = grown.copy()
    mask[:, : left + 1] = cheeks[:, : left + 1]  # both edge columns belong to the cheeks
    mask[:, right:] = cheeks[:, right:]
    mask[parsing == _NOSE] = 0
    mask[np.isin(parsing, _INNER)] = 255
    return mask


def resize_mask(mask: np.ndarray, side: int) -> np.ndarray:
    """Pillow's bicubic resize of an 8-bit mask to side x side."""
    return np.array(Image.fromarray(mask).resize((side, side)))


def cut_mask(mask: np.ndarray, box: Box, upper_boundary_ratio: float = 0.5) -> np.ndarray:
    """Only what lies in the face box and in the lower half of the square (mask: the whole square)."""
    x1, y1, x2, y2 = box
    left, top, _, _ = crop_square(box)
    kept = np.zeros_like(mask)
    rows, columns = slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)
    kept[rows, columns] = mask[rows, columns]
    kept[: int(mask.shape[0] * upper_boundary_ratio)] = 0
    return kept


def blur_size(side: int, factor: float = 0.1) -> int:
    """Width of the Gaussian kernel: factor 0.1 for prepared avatars, 0.05 in the offline script."""
    return int(factor * side // 2 * 2) + 1


def blur_mask(mask: np.ndarray, factor: float = 0.1) -> np.ndarray:
    """cv2's Gaussian blur with automatic sigma, 8 bit."""
    size = blur_size(mask.shape[0], factor)
    return cv2.GaussianBlur(mask, (size, size), 0)


def blend_mask(parsing: np.ndarray, box: Box, factor: float = 0.1) -> np.ndarray:
    """The whole way from the parsing map of the square around `box` to the blend mask of that square."""
    left, _, right, _ = crop_square(box)
    return blur_mask(cut_mask(resize_mask(jaw_mask(parsing), right - left), box), factor)
