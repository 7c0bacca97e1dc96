"""Phonemes of the speech engines and of the aligner, mapped to the 24 articulatory classes of the `lite` pack.

A segment is (class name, start s, end s). Diphthongs become two segments, because the mouth moves through two shapes.
"""
from typing import NamedTuple

SILENCE = "sil"
BILABIAL = "PP"
VOWELS = frozenset("aa ae ah eh ih iy ao ow uw uh er".split())
# Share of a diphthong spent on its first part.
DIPHTHONG_SPLIT = 0.55


class Segment(NamedTuple):
    name: str
    start: float
    end: float


def _table(rows: str) -> dict[str, str]:
    lines = (line.split(":") for line in rows.strip().splitlines())
    return {symbol: name.strip() for name, symbols in lines for symbol in symbols.split()}


ARPABET = _table("""
    PP: p b m em
    FF: f v
    TH: th dh
    DD: t d n en dx nx
    SS: s z
    CH: sh zh ch jh
    RR: r
    kk: k g ng
    LL: l el
    ww: w
    hh: hh hv
    yy: y
    aa: aa
    ae: ae
    ah: ah ax
    eh: eh
    ih: ih ix
    iy: iy
    ao: ao
    uw: uw
    uh: uh
    er: er axr
    sil: pau h# sil brth
""")
ARPABET_DIPHTHONGS = dict(ay=("aa", "ih"), aw=("aa", "uw"), ey=("eh", "iy"), oy=("ao", "iy"), ow=("ow", "uw"))

IPA = _table("""
    aa: a ɑ
    ae: æ
    ah: ʌ ə ɐ ɤ
    eh: e ɛ
    ih: ɪ ɨ ɯ ɘ ᵻ
    iy: i
    ao: ɔ ɒ
    ow: o ø œ
    uw: u y ʉ
    uh: ʊ ʏ ɵ
    er: ɜ ɚ ɝ ɞ
    PP: p b m ɓ
    FF: f v ɱ ʋ β ɸ
    TH: θ ð
    DD: t d n ɾ r ʈ ɖ ɳ ɗ
    SS: s z
    CH: ʃ ʒ ɕ ʑ ʂ ʐ
    RR: ɹ ɻ ɽ
    kk: k ɡ g q ŋ x ɣ χ ʁ ʀ ɠ
    LL: l ɫ ɭ ʎ ɬ
    ww: w ʍ ɥ
    hh: h ɦ ħ ʕ ʔ
    yy: j ç ɲ ɟ c ʝ
""")


def arpabet_segments(phone: str, start: float, end: float) -> list[Segment]:
    """Segments of one ARPABET phone (any case, stress digits allowed); unknown phones count as silence."""
    name = phone.lower().rstrip("012")
    if name in ARPABET_DIPHTHONGS:
        first, second = ARPABET_DIPHTHONGS[name]
        middle = start + (end - start) * DIPHTHONG_SPLIT
        return [Segment(first, start, middle), Segment(second, middle, end)]
    return [Segment(ARPABET.get(name, SILENCE), start, end)]


def ipa_segments(symbol: str, start: float, end: float) -> list[Segment]:
    """Segments of one espeak-ng phoneme in IPA, e.g. 'tʃ', 'aɪ', 'ˈoː'. A pause is silence, a bare mark is nothing."""
    classes = [IPA[character] for character in symbol if character in IPA]
    if not classes:
        return [Segment(SILENCE, start, end)] if not symbol.strip("_:ˈˌː ") and "ˈ" not in symbol else []
    if len(classes) > 1 and classes[0] == "DD" and classes[1] in ("CH", "SS"):
        classes = classes[1:]  # affricates look like their fricative
    classes = classes[:2]
    step = (end - start) / len(classes)
    return [Segment(name, start + i * step, start + (i + 1) * step) for i, name in enumerate(classes)]
