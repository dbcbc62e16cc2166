"""Electrocardiograms from DICOM and FHIR: leads by name, in mV."""

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.waveform import LEADS, read_ecg


def observation(**changes):
    sampled = {
        "origin": {"value": 2.0, "unit": "uV", "code": "uV"},
        "period": 2, "factor": 5.0, "dimensions": 1, "data": "0 200 E -200",
    } | changes  # fmt: skip
    parts = [
        {"code": {"coding": [{"code": f"MDC_ECG_LEAD_{n.upper()}"}]}, "valueSampledData": sampled}
        for n in LEADS
    ]
    return json.dumps({"resourceType": "Observation", "component": parts}).encode()


def test_a_dicom_ecg_has_twelve_leads_in_mv_that_obey_einthoven():
    found = read_ecg(Path(str(get_testdata_file("waveform_ecg.dcm"))).read_bytes())
    assert found.names == LEADS
    assert (found.rate_hz, found.values.shape, set(found.units)) == (1000.0, (12, 10000), {"mV"})
    one, two, three = found.values[:3]
    np.testing.assert_allclose(three, two - one, atol=1e-9)
    assert 0.5 < np.abs(found.values).max() < 5.0


def test_a_fhir_ecg_is_origin_plus_factor_times_sample():
    found = read_ecg(observation())
    assert (found.names, found.rate_hz) == (LEADS, 500.0)
    np.testing.assert_allclose(found.values[4], [0.002, 1.002, np.nan, -0.998])


def test_the_interval_of_fhir_r5_is_read():
    changes = {"interval": 500, "intervalUnit": "Hz"}
    data = observation(**changes).replace(b'"period": 2, ', b"")
    assert read_ecg(data).rate_hz == 500.0


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", observation(origin={"value": 0, "code": "kg"}), observation(data=""),
        observation(period=0), b"\0" * 128 + b"DICM" + b"cut",
    ],
)  # fmt: skip
def test_what_is_no_ecg_is_refused(data):
    with pytest.raises(UnreadableFileError):
        read_ecg(data)
