"""Target curves do what mouths do."""
import numpy as np
import pytest

from articulation import PARAMETER_INDEX, TARGETS, CLASS_INDEX, curves, labels
from decoding import decode, lip_aperture
from phonemes import Segment, arpabet_segments, ipa_segments

JAW, PUCKER = PARAMETER_INDEX["jawOpen"], PARAMETER_INDEX["mouthPucker"]
PAPA = [Segment("PP", 0.2, 0.3), Segment("aa", 0.3, 0.5), Segment("PP", 0.5, 0.6), Segment("aa", 0.6, 0.8)]


def test_lips_shut_for_p_and_open_for_a():
    aperture = lip_aperture(curves(PAPA, 100))
    assert aperture[40] > 0.6 and aperture[70] > 0.6
    assert aperture[25] < 0.2 and aperture[55] < 0.4 * aperture[40]


def test_rounding_starts_before_its_vowel():
    curve = curves([Segment("sil", 0.0, 0.3), Segment("DD", 0.3, 0.4), Segment("uw", 0.4, 0.6)], 80)
    assert curve[38, PUCKER] > 0.25 * TARGETS[CLASS_INDEX["uw"], PUCKER]
    assert curve[50, PUCKER] == pytest.approx(TARGETS[CLASS_INDEX["uw"], PUCKER], abs=0.1)


def test_short_and_quiet_vowels_open_less():
    long = curves([Segment("aa", 0.2, 0.4)], 60)[30, JAW]
    short = curves([Segment("aa", 0.28, 0.32)], 60)[30, JAW]
    quiet = curves([Segment("aa", 0.2, 0.4)], 60, np.full(60, -10.0))[30, JAW]
    assert short < 0.85 * long and quiet < 0.85 * long


def test_labels_follow_the_segments():
    names = labels(PAPA, 100)
    assert [names[i] for i in (10, 25, 40, 55, 70, 90)] == [CLASS_INDEX[n] for n in ("sil", "PP", "aa", "PP", "aa", "sil")]


def test_phones_of_every_engine_find_their_classes():
    assert [s.name for s in arpabet_segments("AY1", 0, 1)] == ["aa", "ih"]
    assert [s.name for s in ipa_segments("tʃ", 0, 1)] == ["CH"]
    assert [s.name for s in ipa_segments("ˈaɪ", 0, 1)] == ["aa", "ih"]
    assert ipa_segments("ˈ", 0, 1) == []


def test_a_certain_bilabial_shuts_the_decoded_mouth():
    posterior = np.zeros((20, 24))
    posterior[:, CLASS_INDEX["aa"]] = 1
    regression = np.tile(TARGETS[CLASS_INDEX["aa"]], (20, 1))
    open_ = lip_aperture(decode(regression, posterior))
    posterior[8:12] = np.eye(24)[CLASS_INDEX["PP"]]
    shut = lip_aperture(decode(regression, posterior))
    assert open_[10] > 0.7 and shut[10] < 0.05 and shut[0] == pytest.approx(open_[0])
