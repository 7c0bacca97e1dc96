"""The networks of MuseTalk v1.5 as libraries' configurations: at full size, and tiny with the same topology."""
from dataclasses import dataclass

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperEncoder

VAE_SCALING = 0.18215
LATENT_SIZE = 32
AUDIO_TOKENS = 50
MEL_BINS = 80

_DOWN = ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D")
_UP = ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D")


@dataclass(frozen=True)
class Architecture:
    """Configurations of the four networks. Keys are those of the libraries' config.json."""

    name: str
    unet: dict
    vae: dict
    whisper: dict
    taesd: dict

    @property
    def audio_width(self) -> int:
        """Numbers per audio token: Whisper's width, 384 in the published model."""
        return self.whisper["d_model"]


def _unet(channels: tuple[int, ...], audio_width: int, groups: int) -> dict:
    return {
        "sample_size": 64,
        "in_channels": 8,
        "out_channels": 4,
        "down_block_types": _DOWN,
        "up_block_types": _UP,
        "block_out_channels": channels,
        "layers_per_block": 2,
        "cross_attention_dim": audio_width,
        "attention_head_dim": 8,  # in this library's history: the number of heads
        "norm_num_groups": groups,
        "norm_eps": 1e-5,
        "act_fn": "silu",
        "downsample_padding": 1,
        "mid_block_scale_factor": 1,
        "center_input_sample": False,
        "flip_sin_to_cos": True,
        "freq_shift": 0,
    }


def _vae(channels: tuple[int, ...], groups: int) -> dict:
    return {
        "in_channels": 3,
        "out_channels": 3,
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "block_out_channels": channels,
        "layers_per_block": 2,
        "latent_channels": 4,
        "norm_num_groups": groups,
        "sample_size": 256,
        "act_fn": "silu",
        "scaling_factor": VAE_SCALING,
    }


def _whisper(width: int, feed_forward: int) -> dict:
    return {
        "d_model": width,
        "encoder_layers": 4,
        "encoder_attention_heads": 6,
        "encoder_ffn_dim": feed_forward,
        "num_mel_bins": MEL_BINS,
        "max_source_positions": 1500,
        "activation_function": "gelu",
    }


def _taesd(channels: int) -> dict:
    width = (channels,) * 4
    return {"encoder_block_out_channels": width, "decoder_block_out_channels": width, "scaling_factor": 1.0}


FULL = Architecture(
    "full", _unet((320, 640, 1280, 1280), 384, 32), _vae((128, 256, 512, 512), 32), _whisper(384, 1536), _taesd(64)
)
TINY = Architecture("tiny", _unet((8, 8, 8, 8), 12, 4), _vae((8, 8, 8, 8), 4), _whisper(12, 24), _taesd(4))
ARCHITECTURES = {"full": FULL, "tiny": TINY}


def empty_unet(config: dict) -> UNet2DConditionModel:
    """The UNet without weights (on torch's meta device)."""
    with torch.device("meta"):
        return UNet2DConditionModel(**config).eval()


def empty_vae(config: dict) -> AutoencoderKL:
    """The VAE without weights."""
    with torch.device("meta"):
        return AutoencoderKL(**config).eval()


def empty_whisper(config: dict) -> WhisperEncoder:
    """Whisper's encoder without weights."""
    with torch.device("meta"):
        return WhisperEncoder(WhisperConfig(**config, attn_implementation="eager")).eval()


def empty_taesd(config: dict) -> AutoencoderTiny:
    """The small stand-in for the VAE's decoder, without weights."""
    with torch.device("meta"):
        return AutoencoderTiny(**config).eval()
