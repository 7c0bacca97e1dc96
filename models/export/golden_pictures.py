"""Golden vectors of boxes, resizes, mask and composite."""
import numpy as np
from golden_files import GoldenWriter, run_lengths
from reference import mask as masks
from reference import picture, scene
from reference.box import Box, crop_square, face_box

_DETECTOR = (60, 80, 220, 290)
# The face in the middle of the frame, and one whose square leaves the frame on the left and below.
_INSIDE = scene.landmarks()
_AT_THE_EDGE = scene.landmarks((62, 262), 52, 74)


def _box_case(name: str, points: np.ndarray, shift: int = 0, margin: int = 10, **changed) -> dict:
    width, height = changed.get("width", scene.FRAME_WIDTH), changed.get("height", scene.FRAME_HEIGHT)
    box, uses_detector = face_box(points, _DETECTOR, shift, margin, height)
    return {
        "name": name,
        "frameWidth": width,
        "frameHeight": height,
        "detectorBox": _DETECTOR,
        "bboxShiftPx": shift,
        "extraMarginPx": margin,
        "landmarks": points.tolist(),
        "box": box,
        "usesDetectorBox": uses_detector,
        "square": crop_square(box),
    }


def box_cases() -> list[dict]:
    """The rule at work, at the borders, and where the detector's box stands in."""
    tilted = _INSIDE.copy()
    tilted[:, 0] += (tilted[:, 1] - 180) // 5
    return [
        _box_case("v1.5", _INSIDE),
        _box_case("v1.5, edge of the frame", _AT_THE_EDGE),
        _box_case("v1.5, tilted", tilted),
        _box_case("v1.5, margin cut at the bottom", _INSIDE, height=283),
        _box_case("v1.5, no room for the margin", _INSIDE, height=278),
        _box_case("v1.5, top above the frame", _INSIDE - [0, 90]),
        _box_case("v1.5, beyond the right side", _INSIDE + [100, 0]),
        _box_case("v1.0", _INSIDE, margin=0),
        _box_case("v1.0, shifted down 9", _INSIDE, shift=9, margin=0),
        _box_case("v1.0, shifted up 9", _INSIDE, shift=-9, margin=0),
        _box_case("v1.0, shifted up so far that the top is cut", _INSIDE, shift=-110, margin=0),
        _box_case("beyond the left side", _INSIDE - [90, 0]),
        _box_case("no width", _INSIDE * [0, 1] + [100, 0]),
    ]


def _write_resizes(golden: GoldenWriter, frame: np.ndarray, inside: Box) -> None:
    """Both resizes; of most outputs only some rows are kept."""
    crops = {"down": (4, 6, 284, 346), "face": inside, "narrow": (90, 40, 190, 340)}
    cases = []
    for name, (x1, y1, x2, y2) in crops.items():
        out = picture.crop_for_network(frame, (x1, y1, x2, y2))
        step = 1 if name == "face" else 8
        output = golden.tensor(f"lanczos4-{name}", out[::step], rowStep=step)
        cases.append({"name": output, "kind": "lanczos4", "input": "frame", "crop": (x1, y1, x2, y2), "output": output})
    face = picture.crop_for_network(frame, inside)
    for name, (width, height) in {"small": (141, 157), "large": (301, 340), "same": (256, 256)}.items():
        step = 4 if name == "small" else 16
        out = picture.resize_to_box(face, (0, 0, width, height))
        output = golden.tensor(f"bilinear-{name}", out[::step], rowStep=step)
        case = {"name": output, "kind": "bilinear", "input": "lanczos4-face", "width": width, "height": height}
        cases.append({**case, "output": output})
    golden.cases("resizes", cases)


def _write_masks(golden: GoldenWriter, inside: Box, edge: Box) -> dict[str, np.ndarray]:
    """Parsing map to blend mask, stage by stage for `inside`; the result only for `edge`."""
    parsing = scene.parsing()
    jaw = masks.jaw_mask(parsing)
    golden.tensor("parsing", run_lengths(parsing), runLengthsOf=list(parsing.shape))
    golden.tensor("jaw-kernel", masks.jaw_kernel(), anchor=(16, 16))
    golden.tensor("jaw-mask", run_lengths(jaw), runLengthsOf=list(jaw.shape), cheekWidthPx=masks.CHEEK_WIDTH)
    left, _, right, _ = crop_square(inside)
    resized = masks.resize_mask(jaw, right - left)
    cut = masks.cut_mask(resized, inside)
    golden.tensor("mask-resized", run_lengths(resized), runLengthsOf=list(resized.shape))
    golden.tensor("mask-cut", run_lengths(cut), runLengthsOf=list(cut.shape), box=inside)
    golden.tensor("mask-blurred", masks.blur_mask(cut), kernelPx=masks.blur_size(right - left), box=inside)
    offline = masks.blur_mask(cut, 0.05)
    golden.tensor("mask-blurred-offline", offline[::8], rowStep=8, kernelPx=masks.blur_size(right - left, 0.05))
    golden.tensor("mask-edge", masks.blend_mask(parsing, edge), box=edge)
    return {"inside": masks.blend_mask(parsing, inside), "edge": masks.blend_mask(parsing, edge)}


def write_pictures(golden: GoldenWriter, painted: np.ndarray) -> None:
    """Everything about pixels around the networks; `painted` is the tensor `painted-face`, what a network gave."""
    cases = box_cases()
    golden.cases("boxes", cases)
    inside, edge = cases[0]["box"], cases[1]["box"]
    frame = scene.frame()
    golden.tensor("frame", frame)
    _write_resizes(golden, frame, inside)
    blend = _write_masks(golden, inside, edge)
    composites = []
    for name, box, mask_name in (("inside", inside, "mask-blurred"), ("edge", edge, "mask-edge")):
        out = picture.composite(frame, picture.resize_to_box(painted, box), box, blend[name])
        left, top, _, _ = crop_square(box)
        rows, columns = np.nonzero(blend[name])  # outside, the frame is untouched
        x1, x2 = max(0, left + columns.min()), min(scene.FRAME_WIDTH, left + columns.max() + 1)
        y1, y2 = max(0, top + rows.min()), min(scene.FRAME_HEIGHT, top + rows.max() + 1)
        rest = out.copy()
        rest[y1:y2, x1:x2] = frame[y1:y2, x1:x2]
        assert np.array_equal(rest, frame)
        output = golden.tensor(f"composite-{name}", out[y1:y2, x1:x2])
        facts = {"box": box, "square": crop_square(box), "mask": mask_name, "region": [int(edge) for edge in (x1, y1, x2, y2)]}
        composites.append({"name": output, "frame": "frame", "face": "painted-face", **facts, "output": output})
    golden.cases("composites", composites)
