"""The written-out integer filters equal the libraries' bytes."""
import cv2
import numpy as np
import pytest
from reference import exact, mask, picture, scene

FRAME = scene.frame()
NOISE = np.random.default_rng(1).integers(0, 256, (97, 143, 3)).astype(np.uint8)
SIZES = [(256, 256), (131, 157), (60, 301), (143, 97), (40, 31)]


@pytest.mark.parametrize("width,height", SIZES)
@pytest.mark.parametrize("source", [FRAME, NOISE], ids=["scene", "noise"])
def test_resizes_equal_cv2(source, width, height):
    for flag, ours in ((cv2.INTER_LANCZOS4, exact.lanczos4), (cv2.INTER_LINEAR, exact.bilinear)):
        theirs = cv2.resize(source, (width, height), interpolation=flag)
        difference = np.abs(theirs.astype(int) - ours(source, width, height).astype(int))
        assert difference.max() == 0, (flag, difference.max(), (difference > 0).mean())


@pytest.mark.parametrize("side", [120, 224, 450, 512, 700])
def test_mask_filters_equal_the_libraries(side):
    small = mask.resize_mask(mask.jaw_mask(scene.parsing()), side)
    assert np.array_equal(small, exact.bicubic(mask.jaw_mask(scene.parsing()), side))
    for factor in (0.1, 0.05):
        assert np.array_equal(mask.blur_mask(small, factor), exact.gaussian_blur(small, mask.blur_size(side, factor)))


@pytest.mark.parametrize("size", range(1, 152, 2))
def test_every_blur_size_equals_cv2(size):
    assert np.array_equal(cv2.GaussianBlur(NOISE[:, :, 0], (size, size), 0), exact.gaussian_blur(NOISE[:, :, 0], size))


def test_blend_is_the_rounded_quotient():
    rng = np.random.default_rng(5)
    frame, face = rng.integers(0, 256, (2, 256, 256, 3)).astype(np.uint8)
    soft = rng.integers(0, 256, (256, 256)).astype(np.uint8)
    box = (0, 0, 256, 256)
    whole = np.pad(soft, 64)
    out = picture.composite(frame, face, box, whole)
    weight = soft[:, :, None].astype(int)
    total = face * weight + frame * (255 - weight) + 128
    assert np.array_equal(out, ((total >> 8) + total) >> 8)
