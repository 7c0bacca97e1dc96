"""Where the face crop lies, from 68 landmarks."""
import numpy as np

Box = tuple[int, int, int, int]


def face_box(
    landmarks: np.ndarray, detector_box: Box, bbox_shift_px: int, extra_margin_px: int, frame_height: int
) -> tuple[Box, bool]:
    """Crop box (x1, y1, x2, y2) of 68 int landmarks, and whether the detector's box stood in for it.

    bbox_shift_px: MuseTalk v1.0's shift of the middle line (v1.5 always uses 0);
    extra_margin_px: room below the chin in source pixels (v1.5: 10, v1.0: 0).
    """
    points = landmarks.astype(np.int64).copy()
    points[29, 1] += bbox_shift_px
    middle = points[29, 1]
    chin = points[:, 1].max()
    top = max(0, middle - (chin - middle))
    x1, y1, x2, y2 = int(points[:, 0].min()), int(top), int(points[:, 0].max()), int(chin)
    uses_detector = y2 - y1 <= 0 or x2 - x1 <= 0 or x1 < 0
    if uses_detector:
        x1, y1, x2, y2 = detector_box
    return (x1, y1, x2, min(y2 + extra_margin_px, frame_height)), uses_detector


def crop_square(box: Box, expand: float = 1.5) -> Box:
    """The square around a face box in which mask and paste happen; it may leave the frame."""
    x1, y1, x2, y2 = box
    centre_x, centre_y = (x1 + x2) // 2, (y1 + y2) // 2
    half = int(max(x2 - x1, y2 - y1) // 2 * expand)
    return centre_x - half, centre_y - half, centre_x + half, centre_y + half
