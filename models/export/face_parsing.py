"""The face parser MuseTalk uses for its blend mask (BiSeNet with a ResNet-18, 19 classes of CelebAMask-HQ), for export.

Optional: without its checkpoint the service draws the mask from the face mesh. Names of layers are the checkpoint's.
"""
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

CLASSES = 19
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)


class _Step(nn.Module):
    """Convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int):
        super().__init__()
        self.conv = _convolution(inputs, outputs, size)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)).relu()


class _Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = _convolution(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = _convolution(outputs, outputs, 3), nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(_convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        straight = x if self.downsample is None else self.downsample(x)
        return (straight + self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))).relu()


class _Resnet18(nn.Module):
    """Features at 1/8, 1/16 and 1/32."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = _convolution(3, 64, 7, 2), nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = (64, 64, 128, 256, 512)
        for i in range(1, 5):
            first = _Residual(widths[i - 1], widths[i], 1 if i == 1 else 2)
            setattr(self, f"layer{i}", nn.Sequential(first, _Residual(widths[i], widths[i], 1)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.layer1(self.maxpool(self.bn1(self.conv1(x)).relu()))
        eighth = self.layer2(x)
        sixteenth = self.layer3(eighth)
        return eighth, sixteenth, self.layer4(sixteenth)


def _mean(x: Tensor) -> Tensor:
    return avg_pool2d(x, [int(size) for size in x.shape[2:]])


def _enlarge(x: Tensor, times: int) -> Tensor:
    return interpolate(x, scale_factor=times, mode="nearest")


class _Refine(nn.Module):
    """Channel attention."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv = _Step(inputs, outputs, 3)
        self.conv_atten, self.bn_atten = _convolution(outputs, outputs, 1), nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x * self.bn_atten(self.conv_atten(_mean(x))).sigmoid()


class _Context(nn.Module):
    def __init__(self):
        super().__init__()
        self.resnet = _Resnet18()
        self.arm16, self.arm32 = _Refine(256, 128), _Refine(512, 128)
        self.conv_head32, self.conv_head16 = _Step(128, 128, 3), _Step(128, 128, 3)
        self.conv_avg = _Step(512, 128, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        eighth, sixteenth, coarse = self.resnet(x)
        coarse = self.arm32(coarse) + _enlarge(self.conv_avg(_mean(coarse)), int(coarse.shape[2]))
        sixteenth = self.arm16(sixteenth) + self.conv_head32(_enlarge(coarse, 2))
        return eighth, self.conv_head16(_enlarge(sixteenth, 2))


class _Fuse(nn.Module):
    def __init__(self):
        super().__init__()
        self.convblk = _Step(256, 256, 1)
        self.conv1, self.conv2 = _convolution(256, 64, 1), _convolution(64, 256, 1)

    def forward(self, spatial: Tensor, context: Tensor) -> Tensor:
        x = self.convblk(torch.cat([spatial, context], 1))
        return x * self.conv2(self.conv1(_mean(x)).relu()).sigmoid() + x


class _Output(nn.Module):
    def __init__(self, inputs: int, middle: int):
        super().__init__()
        self.conv = _Step(inputs, middle, 3)
        self.conv_out = _convolution(middle, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_out(self.conv(x))


class FaceParser(nn.Module):
    """picture [batch, 512, 512, 3] uint8 RGB -> classes [batch, 512, 512] uint8."""

    def __init__(self):
        super().__init__()
        self.cp, self.ffm = _Context(), _Fuse()
        self.conv_out = _Output(256, 256)
        # Heads that only training used; the checkpoint has them.
        self.conv_out16, self.conv_out32 = _Output(128, 64), _Output(128, 64)

    def scores(self, x: Tensor) -> Tensor:
        """Class scores [batch, 19, 512, 512] of a normalised picture [batch, 3, 512, 512]."""
        x = self.conv_out(self.ffm(*self.cp(x)))
        return interpolate(x, scale_factor=8, mode="bilinear", align_corners=True)

    def forward(self, picture: Tensor) -> Tensor:
        mean, deviation = (torch.tensor(numbers).reshape(1, 3, 1, 1) for numbers in (MEAN, DEVIATION))
        x = (picture.float().permute(0, 3, 1, 2) / 255 - mean) / deviation
        return self.scores(x.to(self.conv_out.conv_out.weight.dtype)).argmax(1).to(torch.uint8)


def empty_parser() -> FaceParser:
    """The parser without weights."""
    with torch.device("meta"):
        return FaceParser().eval()
