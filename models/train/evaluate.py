"""Score mouth networks: `python evaluate.py --network base=A.onnx --network new=B.onnx --speech DIR [--festival]`.

Prints JSON. `--speech` (repeatable): a folder of real speech with transcripts.csv (see alignment.py), aligned by
pocketsphinx and scored per speaker. `--part tuning` keeps the even-numbered utterances, which may be looked at while
choosing things; `--part test` the odd-numbered ones, which must not; the default is all.
`--festival`: an engine the corpus never uses.
"""
import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from alignment import aligned, read_transcripts, segments_of
from decoding import Network
from engines import festival
from phonemes import Segment
from scoring import Scores, over_speakers
from sentences import english

_FESTIVAL_VOICES = ("cmu_us_slt_arctic_hts", "kal_diphone")
_FESTIVAL_SENTENCES, _FESTIVAL_SEED = 12, 77
Utterance = tuple[np.ndarray, list[Segment]]


def in_part(stem: str, part: str) -> bool:
    """Whether an utterance belongs to a part, by the last digit of its name."""
    return part == "all" or (int(stem[-1]) % 2 == 0) == (part == "tuning")


def real_speech(folder: Path, part: str, cache: Path) -> tuple[dict[str, list[Utterance]], list[str]]:
    """Utterances by speaker, and the names of those the aligner could not follow."""
    by_speaker, failed = defaultdict(list), []
    for wav, speaker, text in read_transcripts(folder):
        if not in_part(wav.stem, part):
            continue
        pair = aligned(wav, text, cache)
        if pair is None:
            failed.append(wav.stem)
        else:
            by_speaker[speaker].append((pair[0], segments_of(pair[1])))
    return dict(by_speaker), failed


def unseen_engine() -> dict[str, list[Utterance]]:
    rng = np.random.default_rng(_FESTIVAL_SEED)
    texts = [english(rng) for _ in range(_FESTIVAL_SENTENCES)]
    return {voice: [festival(text, voice) for text in texts] for voice in _FESTIVAL_VOICES}


def score(network: Network, by_speaker: dict[str, list[Utterance]]) -> dict[str, object]:
    summaries = {}
    for speaker, utterances in by_speaker.items():
        scores = Scores()
        for samples, segments in utterances:
            scores.add(*network.run(samples), segments)
        summaries[speaker] = scores.summary()
    return {"mean": over_speakers(list(summaries.values())), "speakers": summaries}


def _named_path(argument: str) -> tuple[str, Path]:
    name, equals, path = argument.partition("=")
    if not equals or not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"{argument!r} is not NAME=FILE with a file that exists")
    return name, Path(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=_named_path, action="append", required=True, metavar="NAME=FILE")
    parser.add_argument("--speech", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--part", choices=("all", "tuning", "test"), default="all")
    parser.add_argument("--festival", action="store_true")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "lite-train" / "alignments")
    parser.add_argument("--brief", action="store_true", help="means only, not each speaker")
    options = parser.parse_args()
    sets, failed = {}, {}
    for folder in options.speech:
        sets[folder.name], failed[folder.name] = real_speech(folder, options.part, options.cache)
    if options.festival:
        sets["unseenEngine"] = unseen_engine()
    if not sets:
        parser.error("nothing to score: give --speech DIR or --festival")
    report: dict[str, object] = {"part": options.part, "notAligned": failed}
    for name, path in options.network:
        network = Network(path)
        results = {key: score(network, by_speaker) for key, by_speaker in sets.items()}
        report[name] = {key: result["mean"] if options.brief else result for key, result in results.items()}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
