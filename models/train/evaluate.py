"""Score mouth networks: `python evaluate.py --network base=A.onnx --network new=B.onnx --speech DIR [--festival]`.

Prints JSON. `--speech` (repeatable): a folder of real speech with transcripts.csv (see alignment.py), aligned by
pocketsphinx and scored per speaker. `--part tuning` keeps the even-numbered utterances, which may be looked at while
choosing things; `--part test` the odd-numbered ones, which must not; the default is all.
`--festival`: an engine the corpus never uses. `npm run eval` scores the product itself in the same way.
"""
import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

import references
from decoding import Network
from phonemes import Segment
from scoring import Scores, over_speakers

Utterance = tuple[np.ndarray, list[Segment]]


def _by_speaker(found: list[references.Reference]) -> dict[str, list[Utterance]]:
    by_speaker = defaultdict(list)
    for reference in found:
        by_speaker[reference.speaker].append((reference.samples, reference.segments))
    return dict(by_speaker)


def real_speech(folder: Path, part: str, cache: Path) -> tuple[dict[str, list[Utterance]], list[str]]:
    """Utterances by speaker, and the names of those the aligner could not follow."""
    found, failed = references.real_speech(folder, part, cache)
    return _by_speaker(found), failed


def unseen_engine() -> dict[str, list[Utterance]]:
    return _by_speaker(references.unseen_engine())


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
