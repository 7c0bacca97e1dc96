"""Every person that can be rendered; one file each.

Colours are linear RGB; lengths are decimetres; angles are degrees; `old` and `male` are 0-1.
"""

from __future__ import annotations

from looks import ava, grace, ken, leo, pip

LOOKS: dict[str, dict] = {
    'ava': ava.LOOK,
    'leo': leo.LOOK,
    'grace': grace.LOOK,
    'ken': ken.LOOK,
    'pip': pip.LOOK,
}
