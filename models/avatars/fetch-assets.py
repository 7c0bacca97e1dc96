"""Gets the MakeHuman files the renders read (CC0), or checks a copy that is already there.

    python fetch-assets.py --assets DIR

Every file of assets.sha256 must end up in DIR with that hash. When one is missing, the archive of
the pinned commit is downloaded once and only the listed files are taken out of it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import urllib.request
import zipfile
from pathlib import Path

REPOSITORY = 'makehumancommunity/makehuman'
COMMIT = 'a8bc2d5'
ARCHIVE = f'https://github.com/{REPOSITORY}/archive/{COMMIT}.zip'
MANIFEST = Path(__file__).with_name('assets.sha256')


def wanted() -> dict[str, str]:
    """Path below DIR → sha256. The first folder stands for the repository."""
    pairs = (line.split() for line in MANIFEST.read_text().splitlines())
    return {path: digest for digest, path in pairs}


def problems(root: Path) -> list[str]:
    found = []
    for path, digest in wanted().items():
        file = root / path
        if not file.is_file():
            found.append(f'{path}: missing')
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            found.append(f'{path}: other content than at commit {COMMIT}')
    return found


def download(root: Path) -> None:
    print(f'downloading {ARCHIVE} ...')
    with urllib.request.urlopen(ARCHIVE) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    inside = {name.partition('/')[2]: name for name in archive.namelist()}
    for path in wanted():
        in_repository = path.partition('/')[2]
        if in_repository not in inside:
            raise SystemExit(f'{ARCHIVE} has no {in_repository}')
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(inside[in_repository]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--assets', type=Path, required=True, help='folder to fill or to check')
    root = parser.parse_args().assets
    if any(p.endswith('missing') for p in problems(root)):
        download(root)
    left = problems(root)
    if left:
        sys.exit('\n'.join(left))
    print(f'{root}: all {len(wanted())} files of {REPOSITORY}@{COMMIT} are there')


if __name__ == '__main__':
    main()
