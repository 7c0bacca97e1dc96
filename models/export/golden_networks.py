"""Golden vectors of the networks, from the libraries' own modules in float32."""
import numpy as np
from golden_files import GoldenWriter
from reference import picture
from yardstick import FRAMES, SHORT_MEL_FRAMES, Answers

# Features of the 2.96 s of sound, and some of the padding after it.
_FEATURES_KEPT = 160
_FIRST_MASKED_ROW = 128


def write_networks(golden: GoldenWriter, found: Answers, frames: tuple[int, ...] = FRAMES) -> None:
    """Features, windows, the crop encoder's input and latents, predictions and pictures."""
    golden.tensor("features", found.hidden[:_FEATURES_KEPT], melFrames=found.mel.shape[1])
    golden.tensor("features-short", found.hidden_short, melFrames=SHORT_MEL_FRAMES)
    golden.tensor("audio-windows", found.windows, frames=frames)
    rows = slice(_FIRST_MASKED_ROW - 2, _FIRST_MASKED_ROW + 2)
    golden.tensor("encoder-input", picture.encoder_inputs(found.crop)[:, :, rows], firstRow=rows.start)
    golden.tensor("latents", found.latents)
    golden.tensor("prediction", found.prediction[1], frame=frames[1])
    golden.tensor("painted-face", found.bgr[1], frame=frames[1])
    golden.tensor("painted-faces", found.bgr[:, ::32], frames=frames, rowStep=32)
    if found.bgr_taesd is not None:
        golden.tensor("painted-face-taesd", np.ascontiguousarray(found.bgr_taesd[1, ::8]), frame=frames[1], rowStep=8)
