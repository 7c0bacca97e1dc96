"""The reference arithmetic keeps the facts that MuseTalk is known by, and the committed golden vectors are its answers."""
import json
from pathlib import Path

import numpy as np
from golden_audio import write_audio
from golden_files import GoldenWriter, run_lengths
from golden_pictures import write_pictures
from reference import audio, mask, scene
from reference.box import crop_square, face_box

GOLDEN = Path(__file__).resolve().parent.parent / "musetalk-v15" / "fixtures" / "golden"


def test_a_frame_sees_four_features_before_and_five_after_its_start():
    indices = audio.window_indices(16_000 * 4, 25)
    assert indices.shape == (100, 10)
    for frame in (2, 10, 50):
        assert indices[frame].tolist() == list(range(2 * frame - 4, 2 * frame + 6))
    assert indices[0].tolist() == [-1] * 4 + list(range(6))
    assert indices[99].tolist() == [194, 195, 196, 197, 198, 199, -1, -1, -1, -1]


def test_tokens_are_ordered_by_time_then_by_state():
    features = np.arange(20 * 5 * 3, dtype=np.float32).reshape(20, 5, 3)
    tokens = audio.windows(features, np.arange(4, 14)[None])
    assert tokens.shape == (1, 50, 3)
    assert np.array_equal(tokens[0, 7 * 5 + 2], features[4 + 7, 2])


def test_the_box_is_symmetric_about_point_29():
    (x1, y1, x2, y2), uses_detector = face_box(scene.landmarks(), (0, 0, 9, 9), 0, 0, 352)
    assert not uses_detector
    assert y2 - scene.landmarks()[29, 1] == scene.landmarks()[29, 1] - y1
    shifted, _ = face_box(scene.landmarks(), (0, 0, 9, 9), 5, 0, 352)
    assert shifted == (x1, y1 + 10, x2, y2)


def test_one_skin_pixel_grows_upwards_and_to_the_sides():
    parsing = np.zeros((512, 512), np.uint8)
    parsing[300, 256] = 1
    rows, columns = np.nonzero(mask.jaw_mask(parsing))
    assert (rows.min() - 300, rows.max() - 300) == (-16, 6)
    assert (columns.min() - 256, columns.max() - 256) == (-10, 10)


def test_the_blend_mask_stays_below_the_middle_but_for_its_blur():
    box = (74, 70, 214, 288)
    left, _, right, _ = crop_square(box)
    soft = mask.blend_mask(scene.parsing(), box)
    edge = (right - left) // 2 - mask.blur_size(right - left) // 2
    assert soft[:edge].max() == 0 < soft[edge : edge + 4].max()


def test_run_lengths_unroll_to_the_picture():
    labels = scene.parsing()
    runs = run_lengths(labels)
    assert np.array_equal(np.repeat(runs[:, 0], runs[:, 1]), labels.reshape(-1))


def test_the_committed_vectors_are_what_the_libraries_answer(tmp_path):
    committed = json.loads((GOLDEN / "index.json").read_text())["tensors"]
    golden = GoldenWriter(tmp_path)
    write_audio(golden)
    painted = np.fromfile(GOLDEN / committed["painted-face"]["file"], np.uint8).reshape(256, 256, 3)
    write_pictures(golden, painted)
    golden.close()
    made = json.loads((tmp_path / "index.json").read_text())["tensors"]
    assert made == {name: committed[name] for name in made}
    for name, entry in made.items():
        assert (tmp_path / entry["file"]).read_bytes() == (GOLDEN / entry["file"]).read_bytes(), name
    for name in ("boxes", "windows", "resizes", "composites"):
        assert (tmp_path / f"{name}.json").read_bytes() == (GOLDEN / f"{name}.json").read_bytes(), name
