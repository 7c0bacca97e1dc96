"""What the libraries' own networks answer, called as MuseTalk calls them: the yardstick of every exported graph."""
from dataclasses import dataclass

import numpy as np
import torch
from architectures import AUDIO_TOKENS, VAE_SCALING
from face_parsing import DEVIATION, MEAN
from golden_audio import synthetic_mel
from golden_pictures import box_cases
from networks import Networks
from reference import audio, mask, picture, scene

# Video frames of the synthetic sound that are computed: its start, speech, the silence in it, its end.
FRAMES = (0, 30, 42, 73)
SHORT_MEL_FRAMES = 320


@dataclass(frozen=True)
class Answers:
    """Inputs and outputs of all networks in float32; `bgr` and `bgr_taesd` are bytes."""

    mel: np.ndarray
    hidden: np.ndarray
    hidden_short: np.ndarray
    windows: np.ndarray
    crop: np.ndarray
    latents: np.ndarray
    prediction: np.ndarray
    bgr: np.ndarray
    bgr_taesd: np.ndarray | None
    parser_picture: np.ndarray
    classes: np.ndarray | None


def _hidden(encoder, mel: np.ndarray) -> np.ndarray:
    """All states of Whisper's encoder for its own window of 3000 mel frames, [features, 5, width]."""
    states = encoder(torch.from_numpy(mel)[None], output_hidden_states=True).hidden_states
    return torch.stack(states, dim=2)[0].numpy()


def _hidden_short(encoder, mel: np.ndarray) -> np.ndarray:
    """The same for fewer frames: the library's encoder with its table of positions cut to the length."""
    whole, length = encoder.embed_positions, mel.shape[1] // 2
    limit = encoder.config.max_source_positions
    encoder.embed_positions = torch.nn.Embedding.from_pretrained(whole.weight[:length])
    encoder.max_source_positions = encoder.config.max_source_positions = length
    try:
        return _hidden(encoder, mel)
    finally:
        encoder.embed_positions = whole
        encoder.max_source_positions = encoder.config.max_source_positions = limit


def _to_picture(image: torch.Tensor) -> np.ndarray:
    """Decoder output in -1..1 RGB -> BGR bytes [batch, 256, 256, 3]."""
    scaled = (image / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    return (scaled * 255).round().astype(np.uint8)[..., ::-1].copy()


def _classes(parser, rgb: np.ndarray) -> np.ndarray:
    """What MuseTalk does with the square it parses: normalise, score, take the best class; uint8 [512, 512]."""
    normalised = (rgb / np.float32(255) - np.float32(MEAN)) / np.float32(DEVIATION)
    scores = parser.scores(torch.from_numpy(normalised.transpose(2, 0, 1))[None].float())
    return scores[0].numpy().argmax(0).astype(np.uint8)


@torch.no_grad()
def answers(networks: Networks, frames: tuple[int, ...] = FRAMES) -> Answers:
    """Run everything once in float32. The networks must not be baked."""
    assert not networks.baked
    parts = networks.parts
    pcm, mel = synthetic_mel()
    hidden = _hidden(parts["whisper"], mel)
    indices = audio.window_indices(len(pcm), 25)[list(frames)]
    windows = audio.windows(hidden[: audio.feature_count(len(pcm))], indices)
    box = box_cases()[0]["box"]
    crop = picture.crop_for_network(scene.frame(), box)
    parser_picture = mask.parser_picture(scene.frame(), box)
    moments = parts["vae"].encode(torch.from_numpy(picture.encoder_inputs(crop))).latent_dist
    latents = (moments.mode() * VAE_SCALING).reshape(8, 32, 32).numpy()
    positions = audio.positional_encoding(AUDIO_TOKENS, networks.architecture.audio_width)
    prediction = parts["unet"](
        torch.from_numpy(latents).expand(len(frames), -1, -1, -1),
        torch.tensor([0]),
        encoder_hidden_states=torch.from_numpy(windows + positions),
    ).sample
    taesd = parts.get("taesd")
    return Answers(
        mel=mel,
        hidden=hidden,
        hidden_short=_hidden_short(parts["whisper"], mel[:, :SHORT_MEL_FRAMES]),
        windows=windows,
        crop=crop,
        latents=latents,
        prediction=prediction.numpy(),
        bgr=_to_picture(parts["vae"].decode(prediction / VAE_SCALING).sample),
        bgr_taesd=_to_picture(taesd.decode(prediction).sample) if taesd else None,
        parser_picture=parser_picture,
        classes=_classes(parts["parsing"], parser_picture) if "parsing" in parts else None,
    )
