"""Scar and border zone by intensity, at thresholds that are stated."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.importers.volume import DeviationsOfRemote, SharesOfMaximum, by_intensity
from bodytwin.record import Image, Instant, Provenance

COMMON = {
    "affine": np.diag([2.0, 2.0, 5.0, 1.0]),
    "instant": Instant(datetime(2026, 3, 5, tzinfo=UTC)),
    "provenance": Provenance("", "volume", "test/1"),
}


@pytest.fixture
def segmentation():
    values = np.zeros((20, 20, 4), dtype=np.uint8)
    values[4:16, 4:16] = 1
    values[8:12, 8:12] = 5
    labels = {1: "healthy", 5: "lv_blood"}
    return Image(values=values, modality="SEG", labels=labels, **COMMON)


@pytest.fixture
def enhanced(segmentation):
    bright = np.where(segmentation.values == 5, 500.0, 40.0)
    bright[4:8, 4:8] = 100.0
    bright[4:6, 4:6] = 200.0
    return Image(values=bright, modality="MR", **COMMON)


def volume_ml(image, meaning):
    numbers = [n for n, name in image.labels.items() if name == meaning]
    return float(np.isin(image.values, numbers).sum()) * 20.0 / 1000.0


def test_core_and_border_are_shares_of_the_brightest_muscle_not_of_blood(segmentation, enhanced):
    made, words = by_intensity(segmentation, enhanced, SharesOfMaximum(border=0.4, core=0.6))
    assert volume_ml(made, "scar") == pytest.approx(4 * 4 * 0.02)
    assert volume_ml(made, "border") == pytest.approx(12 * 4 * 0.02)
    assert volume_ml(made, "lv_blood") == volume_ml(segmentation, "lv_blood")
    assert "0.3 mL" in words
    assert "1.0 mL" in words


def test_core_and_border_are_deviations_above_remote_muscle(segmentation, enhanced):
    rule = DeviationsOfRemote(mean=40.0, sd=25.0)
    made, _ = by_intensity(segmentation, enhanced, rule)
    assert volume_ml(made, "scar") == pytest.approx(4 * 4 * 0.02)
    assert volume_ml(made, "border") == pytest.approx(12 * 4 * 0.02)


def test_images_on_other_voxels_or_with_a_scar_are_refused(segmentation, enhanced):
    moved = replace(enhanced, affine=np.diag([2.0, 2.0, 6.0, 1.0]))
    with pytest.raises(InvalidInputError, match="different voxels"):
        by_intensity(segmentation, moved, SharesOfMaximum())
    made, _ = by_intensity(segmentation, enhanced, SharesOfMaximum())
    with pytest.raises(InvalidInputError, match="already"):
        by_intensity(made, enhanced, SharesOfMaximum())
    with pytest.raises(InvalidInputError):
        by_intensity(segmentation, segmentation, SharesOfMaximum())


def test_thresholds_that_cannot_be_are_refused():
    with pytest.raises(InvalidInputError):
        SharesOfMaximum(border=0.6, core=0.4)
    with pytest.raises(InvalidInputError):
        DeviationsOfRemote(mean=40.0, sd=0.0)
