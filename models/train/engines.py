"""Speech engines that tell when each phoneme sounds: flite (command), espeak-ng (library), festival (command).

Each gives 16 kHz float32 samples and segments in seconds. festival is for evaluation only: it stays unseen.
"""
import ctypes
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from features import SAMPLE_RATE_HZ
from phonemes import Segment, arpabet_segments, ipa_segments

Speech = tuple[np.ndarray, list[Segment]]


class EngineError(RuntimeError):
    """A speech engine is missing or said nothing; the message names it and the text."""


def read_wav(path: Path) -> np.ndarray:
    """Samples of a sound file as mono 16 kHz float32."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(1)
    if rate != SAMPLE_RATE_HZ:
        common = np.gcd(SAMPLE_RATE_HZ, rate)
        mono = resample_poly(mono, SAMPLE_RATE_HZ // common, rate // common)
    return mono.astype(np.float32)


def flite(text: str, voice: str, stretch: float, pitch_hz: float | None) -> Speech:
    """Speak with flite (`-psdur` prints phone:end; its clock restarts at every sentence)."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        command = ["flite", "-voice", voice, "-psdur", "-t", text, "-o", str(wav), "--setf", f"duration_stretch={stretch}"]
        if pitch_hz:
            command += ["--setf", f"int_f0_target_mean={pitch_hz}"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode or not wav.exists():
            raise EngineError(f"flite did not speak {text!r}: {result.stderr.strip()}")
        samples = read_wav(wav)
    segments: list[Segment] = []
    sentence_start = previous_end = 0.0
    for token in result.stdout.split():
        phone, _, number = token.rpartition(":")
        try:
            end = float(number)
        except ValueError:
            continue
        if not phone:
            continue
        if end < previous_end - 1e-6:
            sentence_start += previous_end
            previous_end = 0.0
        segments += arpabet_segments(phone, sentence_start + previous_end, sentence_start + end)
        previous_end = end
    return samples, segments


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("id", _EventId),
    ]  # fmt: skip


_SYNCHRONOUS, _PHONEME_EVENTS, _IPA_NAMES, _UTF8 = 1, 1, 2, 1
_END_OF_LIST, _PHONEME = 0, 7
_RATE, _PITCH, _RANGE = 1, 3, 4
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """espeak-ng through its C library, the only way to get phoneme times. One per process (the library is global)."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise EngineError("libespeak-ng.so.1 is missing: install espeak-ng") from error
        self._rate_hz = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS | _IPA_NAMES)
        self._chunks: list[np.ndarray] = []
        self._phones: list[tuple[float, str]] = []
        self._callback = _CALLBACK(self._receive)  # kept: the library holds only the pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def _receive(self, wave, count: int, events) -> int:
        if count > 0 and wave:
            self._chunks.append(np.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events[index].type != _END_OF_LIST:
            if events[index].type == _PHONEME:
                name = bytes(events[index].id.string).split(b"\0")[0].decode("utf8", "ignore")
                self._phones.append((events[index].audio_position / 1000, name))
            index += 1
        return 0

    def say(self, text: str, voice: str, rate: int, pitch: int, pitch_range: int) -> Speech:
        """voice: language with an optional variant ('de+f3'); rate in words a minute; pitch and range 0–99."""
        self._chunks.clear()
        self._phones.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EngineError(f"espeak-ng has no voice {voice!r}")
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, int(value), 0)
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        if not self._chunks:
            raise EngineError(f"espeak-ng said nothing for {text!r}")
        wave = np.concatenate(self._chunks).astype(np.float32) / 32768
        common = np.gcd(SAMPLE_RATE_HZ, self._rate_hz)
        samples = resample_poly(wave, SAMPLE_RATE_HZ // common, self._rate_hz // common).astype(np.float32)
        ends = [start for start, _ in self._phones[1:]] + [len(samples) / SAMPLE_RATE_HZ]
        segments = [part for (start, name), end in zip(self._phones, ends) for part in ipa_segments(name, start, end)]
        return samples, segments


def festival(text: str, voice: str) -> Speech:
    """Speak with festival, e.g. voice 'cmu_us_slt_arctic_hts' or 'kal_diphone'."""
    with tempfile.TemporaryDirectory() as folder:
        wav, labels, script = (Path(folder) / name for name in ("a.wav", "a.seg", "a.scm"))
        quoted = text.replace("\\", "").replace('"', "")
        script.write_text(
            f'(voice_{voice})\n(set! u (utt.synth (Utterance Text "{quoted}")))\n'
            f'(utt.save.wave u "{wav}" \'riff)\n(utt.save.segs u "{labels}")\n'
        )
        result = subprocess.run(["festival", "-b", str(script)], capture_output=True, text=True, check=False)
        if not labels.exists():
            raise EngineError(f"festival did not speak {text!r} with {voice}: {result.stderr.strip()}")
        samples = read_wav(wav)
        segments: list[Segment] = []
        start = 0.0
        for line in labels.read_text().splitlines():
            fields = line.split()
            if len(fields) == 3 and fields[0][0].isdigit():
                segments += arpabet_segments(fields[2], start, float(fields[0]))
                start = float(fields[0])
    return samples, segments
