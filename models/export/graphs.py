"""What is exported: the networks with the arithmetic around them, as torch modules of tensors only.

`wide` is the type of the arithmetic on bytes and mel: float32, or float64 in a graph that onnx_half.py will demote.
"""
import torch
from architectures import AUDIO_TOKENS, VAE_SCALING
from diffusers.models.resnet import ResnetBlock2D
from reference.audio import positional_encoding
from torch import Tensor, nn

_RGB_BGR = (2, 1, 0)


class PlainAttention:
    """Attention of diffusers' blocks as two products and a softmax, all reshapes free of the batch size."""

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None, **_):
        x = hidden_states
        spatial = x.shape[2:] if x.ndim == 4 else None
        if spatial:
            x = x.flatten(2).transpose(1, 2)
        if attn.group_norm is not None:
            x = attn.group_norm(x.transpose(1, 2)).transpose(1, 2)
        context = x if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            part.unflatten(2, (attn.heads, -1)).transpose(1, 2)
            for part in (attn.to_q(x), attn.to_k(context), attn.to_v(context))
        )
        half_scale = query.shape[-1] ** -0.25  # on both sides: products stay small in fp16
        weights = ((query * half_scale) @ (key * half_scale).transpose(2, 3)).softmax(-1)
        x = attn.to_out[0]((weights @ value).transpose(1, 2).flatten(2))
        if spatial:
            x = x.transpose(1, 2).unflatten(2, spatial)
        return (x + hidden_states if attn.residual_connection else x) / attn.rescale_output_factor


class _NoTime(nn.Module):
    def forward(self, *_):
        return None


@torch.no_grad()
def bake_timestep(unet: nn.Module) -> nn.Module:
    """Fold the embedding of timestep 0, which is all MuseTalk uses, into the biases it is added to. In place."""
    zero = torch.zeros(1, dtype=torch.int64)
    embedding = unet.time_embedding(unet.time_proj(zero).to(unet.dtype))
    for block in (module for module in unet.modules() if isinstance(module, ResnetBlock2D)):
        block.conv1.bias = nn.Parameter(block.conv1.bias + block.time_emb_proj(block.nonlinearity(embedding))[0], False)
        block.time_emb_proj = None
    unet.time_embedding = _NoTime()
    unet.set_attn_processor(PlainAttention())
    return unet


class SoundStates(nn.Module):
    """mel [batch, 80, frames] float32 -> hidden [batch, frames / 2, 5, width]: all states of Whisper's encoder.

    3000 frames are Whisper's own window; fewer take the first positions only.
    """

    def __init__(self, encoder: nn.Module):
        super().__init__()
        self.encoder = encoder  # the mel may come in a wider type

    def forward(self, mel: Tensor) -> Tensor:
        encoder = self.encoder
        x = nn.functional.gelu(encoder.conv1(mel.to(encoder.conv1.weight.dtype)))
        x = nn.functional.gelu(encoder.conv2(x)).transpose(1, 2)
        x = x + encoder.embed_positions.weight[: x.shape[1]]
        states = [x]
        for layer in encoder.layers:
            x = layer(x, attention_mask=None, layer_head_mask=None)[0]
            states.append(x)
        states[-1] = encoder.layer_norm(x)
        return torch.stack(states, dim=2)


class CropLatents(nn.Module):
    """crop [batch, 256, 256, 3] uint8 BGR -> latents [batch, 8, 32, 32]: masked | whole, posterior mean, scaled."""

    def __init__(self, vae: nn.Module, wide: torch.dtype):
        super().__init__()
        self.encoder, self.quant_conv, self.wide = vae.encoder, vae.quant_conv, wide
        upper = torch.zeros(1, 1, 256, 1, dtype=wide)
        upper[:, :, :128] = 1
        self.register_buffer("upper", upper)

    def forward(self, crop: Tensor) -> Tensor:
        picture = crop.to(self.wide)[..., _RGB_BGR].permute(0, 3, 1, 2) / 255
        both = torch.stack([picture * self.upper, picture], dim=1).reshape(-1, 3, 256, 256)
        both = ((both - 0.5) / 0.5).to(self.quant_conv.weight.dtype)
        mean = self.quant_conv(self.encoder(both))[:, :4]
        return (mean * VAE_SCALING).reshape(-1, 8, 32, 32)


class Unet(nn.Module):
    """latents [batch, 8, 32, 32], audio [batch, 50, width] (no positions yet) -> prediction [batch, 4, 32, 32], scaled."""

    def __init__(self, unet: nn.Module):
        super().__init__()
        self.unet = unet
        table = positional_encoding(AUDIO_TOKENS, unet.config.cross_attention_dim)
        self.register_buffer("positions", torch.from_numpy(table)[None])

    def forward(self, latents: Tensor, audio: Tensor) -> Tensor:
        return self.unet(latents, 0, encoder_hidden_states=audio + self.positions, return_dict=False)[0]


def _to_bytes(image: Tensor, wide: torch.dtype) -> Tensor:
    """Image in -1..1, RGB, [batch, 3, 256, 256] -> uint8 BGR [batch, 256, 256, 3]."""
    image = (image / 2 + 0.5).clamp(0, 1)
    return (image.permute(0, 2, 3, 1)[..., _RGB_BGR].to(wide) * 255).round().to(torch.uint8)


class VaeDecoder(nn.Module):
    """prediction [batch, 4, 32, 32], scaled -> bgr [batch, 256, 256, 3] uint8."""

    def __init__(self, vae: nn.Module, wide: torch.dtype):
        super().__init__()
        self.post_quant_conv, self.decoder, self.wide = vae.post_quant_conv, vae.decoder, wide

    def forward(self, prediction: Tensor) -> Tensor:
        return _to_bytes(self.decoder(self.post_quant_conv(prediction / VAE_SCALING)), self.wide)


class TaesdDecoder(nn.Module):
    """The same with TAESD, which takes scaled latents as they are."""

    def __init__(self, taesd: nn.Module, wide: torch.dtype):
        super().__init__()
        self.decoder, self.wide = taesd.decoder, wide

    def forward(self, prediction: Tensor) -> Tensor:
        return _to_bytes(self.decoder(prediction), self.wide)


class UnetVae(nn.Module):
    """latents, audio -> bgr: the whole way of a frame in one graph."""

    def __init__(self, unet: Unet, decoder: VaeDecoder):
        super().__init__()
        self.unet, self.decoder = unet, decoder

    def forward(self, latents: Tensor, audio: Tensor) -> Tensor:
        return self.decoder(self.unet(latents, audio))
