"""Golden vectors of the audio stages that need no network."""
import numpy as np
from golden_files import GoldenWriter
from reference import audio

# The sound lasts 2.96 s; from this mel frame on, every value is the floor.
MEL_FRAMES_KEPT = 304


def synthetic_mel() -> tuple[np.ndarray, np.ndarray]:
    """The int16 sound and its float32 mel [80, 3000]."""
    pcm = audio.synthetic_speech()
    return pcm, audio.log_mel(pcm / 32768)


def write_audio(golden: GoldenWriter) -> None:
    """Sound, mel, window indices and positional encodings."""
    pcm, mel = synthetic_mel()
    rest = mel[:, MEL_FRAMES_KEPT:]
    assert (rest == rest[0, 0]).all()
    golden.tensor("audio-pcm", pcm, sampleRateHz=audio.SAMPLE_RATE_HZ)
    golden.tensor("mel", mel[:, :MEL_FRAMES_KEPT], frames=mel.shape[1], restValue=float(rest[0, 0]))
    lengths = [(len(pcm), 25.0), (len(pcm), 30.0), (len(pcm), 29.97), (16_000, 25.0), (640, 25.0), (639, 25.0)]
    golden.cases(
        "windows",
        [
            {
                "name": f"{samples} samples at {fps:g} fps",
                "samples": samples,
                "fps": fps,
                "features": audio.feature_count(samples),
                "frames": audio.frame_count(samples, fps),
                "indices": audio.window_indices(samples, fps).tolist() if audio.frame_count(samples, fps) else [],
            }
            for samples, fps in lengths
        ],
    )
    golden.tensor("positional-encoding", audio.positional_encoding(50, 384)[::7], rowStep=7)
