"""Train the audio network: `python train.py --corpus DIR --run DIR --minutes 60 [--resume] [--start-from mouth.onnx]`.

Writes RUN/checkpoint.pt (atomically, every two minutes), RUN/mouth.onnx and RUN/log.jsonl. `--resume` goes on from the
checkpoint.
The learning rate falls along a half cosine over the minutes of each call, so every call ends with a usable network.
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from articulation import CLASS_INDEX, CLASSES, PARAMETERS, PRIOR_MEAN
from batches import Corpus, batch
from features import subtract_running_mean
from network import DELAY_STEPS, MouthNetwork, export_onnx, load_onnx_weights
from phonemes import BILABIAL

BATCH, STEPS = 16, 300
# Outputs before this step have seen too little.
_WARM_UP_STEPS = 30
_PARAMETER_WEIGHTS = dict(jawOpen=4, mouthClose=5, mouthFunnel=2, mouthPucker=2, mouthRollLower=2, mouthPress=3)
_SHAPE_WEIGHT, _VELOCITY_WEIGHT, _CLASS_WEIGHT = 10.0, 60.0, 0.5
_BILABIAL_EXTRA = 3.0
# Edges of phonemes are known to a step or two only.
_LABEL_SMOOTHING = 0.05
# Rare classes weigh more, by this power of their rarity.
_BALANCE_POWER = 0.3
_LOG_EVERY, _SAVE_EVERY_S = 50, 120


def class_weights(corpus: Corpus) -> Tensor:
    counts = np.bincount(np.concatenate([label for _, _, label in corpus.training]), minlength=len(CLASSES))
    weights = (counts.mean() / np.maximum(counts, 1)) ** _BALANCE_POWER
    return torch.tensor(np.clip(weights, 0.4, 2.0), dtype=torch.float32)


def loss_of(outputs: tuple[Tensor, Tensor], curves: Tensor, labels: Tensor, balance: Tensor) -> Tensor:
    """Shape + its speed of change + class, each output compared with the input DELAY_STEPS earlier."""
    shape, logits = (out[..., DELAY_STEPS + _WARM_UP_STEPS :] for out in outputs)
    wanted = curves[..., _WARM_UP_STEPS:-DELAY_STEPS]
    names = labels[:, _WARM_UP_STEPS:-DELAY_STEPS]
    weights = torch.tensor([float(_PARAMETER_WEIGHTS.get(name, 1)) for name in PARAMETERS])[None, :, None]
    stress = weights * (1 + _BILABIAL_EXTRA * (names == CLASS_INDEX[BILABIAL]).float()[:, None])
    error = ((shape - wanted) ** 2 * stress).mean()
    speed = ((shape.diff() - wanted.diff()) ** 2 * weights).mean()
    classes = functional.cross_entropy(logits, names, weight=balance, label_smoothing=_LABEL_SMOOTHING)
    return _SHAPE_WEIGHT * error + _VELOCITY_WEIGHT * speed + _CLASS_WEIGHT * classes


@torch.no_grad()
def validate(network: MouthNetwork, corpus: Corpus) -> dict[str, float]:
    """Held-out synthetic utterances, each as a fresh stream."""
    network.eval()
    right, jaw = [], []
    for mel, target, label in corpus.validation[:120]:
        x = subtract_running_mean(mel.astype(np.float32)[None], PRIOR_MEAN)[0].T
        shape, logits = network(torch.from_numpy(x[None].copy()))
        right.append((logits[0, :, DELAY_STEPS:].argmax(0).numpy() == label[:-DELAY_STEPS]).mean())
        jaw.append(np.corrcoef(shape[0, 0, DELAY_STEPS:].numpy(), target[:-DELAY_STEPS, 0].astype(np.float32))[0, 1])
    network.train()
    if not right:
        return {}
    return {"validationClassAccuracy": float(np.mean(right)), "validationJawCorrelation": float(np.nanmean(jaw))}


class Run:
    """The state a checkpoint keeps."""

    def __init__(self, folder: Path, rate: float) -> None:
        self._path = folder / "checkpoint.pt"
        self._onnx = folder / "mouth.onnx"
        self.network = MouthNetwork()
        learned = (parameter for parameter in self.network.parameters() if parameter.requires_grad)
        self.optimiser = torch.optim.AdamW(learned, rate, weight_decay=1e-3)
        self.step = 0

    def resume(self) -> None:
        if not self._path.exists():
            raise SystemExit(f"nothing to resume: {self._path} does not exist; leave out --resume")
        state = torch.load(self._path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]

    def save(self) -> None:
        part = self._path.with_suffix(".part")
        state = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "step": self.step}
        torch.save(state, part)
        part.rename(self._path)
        export_onnx(self.network, str(self._onnx))
        self.network.train()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--start-from", type=Path, help="mouth.onnx whose weights to begin with")
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.run.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(options.corpus)
    run = Run(options.run, options.rate)
    if options.resume:
        run.resume()
    elif options.start_from:
        load_onnx_weights(run.network, str(options.start_from))
    rng = np.random.default_rng([options.seed, run.step])
    balance = class_weights(corpus)
    started = saved = time.monotonic()
    first_step, average = run.step, None
    run.network.train()
    while (share := (time.monotonic() - started) / (options.minutes * 60)) < 1:
        warm_up = min(1.0, (run.step - first_step + 1) / 100)
        for group in run.optimiser.param_groups:
            group["lr"] = max(options.rate * warm_up * (0.5 + 0.5 * np.cos(np.pi * share)), 1e-5)
        mels, curves, names = (torch.from_numpy(part) for part in batch(corpus.training, BATCH, STEPS, rng))
        loss = loss_of(run.network(mels), curves, names, balance)
        run.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
        run.optimiser.step()
        run.step += 1
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        report: dict[str, float] = {}
        if time.monotonic() - saved > _SAVE_EVERY_S:
            run.save()
            corpus.load_new()
            report, saved = validate(run.network, corpus), time.monotonic()
        if report or run.step % _LOG_EVERY == 0:
            seconds, minutes = round(time.monotonic() - started), round(corpus.minutes)
            line = {"step": run.step, "seconds": seconds, "loss": round(average, 4), "corpusMinutes": minutes, **report}
            with (options.run / "log.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
            print(line, flush=True)
    run.save()
    print({"step": run.step, **validate(run.network, corpus)})


if __name__ == "__main__":
    main()
