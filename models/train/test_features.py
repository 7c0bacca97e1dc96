"""The front-end equals the product's TypeScript, run here through node."""
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from articulation import PRIOR_MEAN
from features import features, level_gain, log_mel, subtract_running_mean

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import { StreamingLogMel } from './agent/src/features/log-mel.ts';
import { RunningMean } from './agent/src/features/running-mean.ts';
import { LevelNormaliser } from './agent/src/packs/lite/level-normaliser.ts';
const { samples, frames, prior } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const mel = [], gain = [], mean = [];
const logMel = new StreamingLogMel(1e-7), level = new LevelNormaliser();
for (let i = 0; i < samples.length; i += 40) {
  const part = Float32Array.from(samples.slice(i, i + 40));
  level.follow(part);
  logMel.push(part, (frame) => { mel.push([...frame]); gain.push(level.log10EnergyGain); });
}
const running = new RunningMean(Float32Array.from(prior));
for (const row of frames) { const frame = Float32Array.from(row); running.subtract(frame); mean.push([...frame]); }
console.log(JSON.stringify({ mel, gain, mean }));
"""


def _speechlike(rng: np.random.Generator, seconds: float) -> np.ndarray:
    time = np.arange(int(16_000 * seconds)) / 16_000
    voice = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
    return (0.1 * voice * (np.sin(2 * np.pi * 2 * time) > -0.3) + 0.003 * rng.normal(size=len(time))).astype(np.float32)


@pytest.fixture(scope="module")
def both():
    rng = np.random.default_rng(2)
    samples = _speechlike(rng, 1.5)
    frames = features(samples)
    frames[60:90] -= 0.8  # a pause: these must not move the mean
    message = json.dumps({"samples": samples.tolist(), "frames": frames.tolist(), "prior": PRIOR_MEAN.tolist()})
    command = ["node_modules/.bin/tsx", "--input-type=commonjs", "--eval", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, input=message, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return samples, frames, json.loads(done.stdout)


def test_log_mel_equals_the_products(both):
    samples, _, product = both
    theirs = np.array(product["mel"])
    assert np.abs(log_mel(samples)[: len(theirs)] - theirs).max() < 1e-4


def test_level_gain_equals_the_products(both):
    samples, _, product = both
    theirs = np.array(product["gain"])
    assert np.abs(level_gain(samples, len(theirs)) - theirs).max() < 1e-3


def test_running_mean_equals_the_products(both):
    _, frames, product = both
    ours = subtract_running_mean(frames[None], PRIOR_MEAN)[0]
    assert np.abs(ours - np.array(product["mean"])).max() < 1e-4


def test_running_mean_takes_a_constant_colour_out_and_ignores_pauses():
    voice = np.tile(PRIOR_MEAN + 0.2, (1, 2000, 1)).astype(np.float32)
    assert np.abs(subtract_running_mean(voice, PRIOR_MEAN)[0, -1]).max() < 0.02
    paused = voice.copy()
    paused[0, 1000:1500] -= 1.5
    after, before = (subtract_running_mean(paused, PRIOR_MEAN)[0, at] for at in (1500, 999))
    assert np.abs(after - before).max() < 0.01
