"""An electrocardiogram in DICOM or FHIR becomes signals in mV, its leads named I to V6.

In DICOM each channel has its sensitivity, its correction and its baseline, and the
value is sample * sensitivity * correction + baseline (PS3.3 C.10.9). Of several groups
of channels the longest is read: the others are averages of its beats.

In FHIR an Observation has a component for each lead with `valueSampledData`; a
value is origin + factor * sample, and E, L and U are none (R4 and R5, SampledData).

Not for: leads of one record at several sampling frequencies.
"""

import io
import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin import units
from bodytwin.errors import BodytwinError, UnreadableFileError
from bodytwin.importers.number import number
from bodytwin.importers.volume.dicom import is_dicom
from bodytwin.importers.volume.library import library
from bodytwin.importers.waveform.wfdb import MOST_SAMPLES, MOST_SIGNALS, Signals

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
_BY_WORD = {lead.lower(): lead for lead in LEADS}
NOTHING = ("E", "L", "U")
TO_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
PER_S = {"Hz": 1.0, "kHz": 1e3, "/s": 1.0, "/ms": 1e3}
Array = NDArray[np.float64]


def read_ecg(data: bytes) -> Signals:
    """The leads of an electrocardiogram in mV, as the file orders them.

    Raises:
        UnreadableFileError: neither DICOM nor FHIR, without waveforms, or without units.

    """
    if is_dicom(data):
        return _of_dicom(data)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise UnreadableFileError(
            "The file is neither DICOM nor an Observation of FHIR in JSON. Nothing was kept."
        ) from None
    if not isinstance(found, dict):
        raise UnreadableFileError("The JSON is no resource of FHIR. Nothing was kept.")
    return _of_fhir(found)


def lead_of(words: str) -> str | None:
    """The lead that a description names, such as "Lead aVR" or "MDC_ECG_LEAD_V1".

    >>> lead_of("Lead I (Einthoven)"), lead_of("MDC_ECG_LEAD_AVF"), lead_of("pressure")
    ('I', 'aVF', None)
    """
    plain = "".join(c if c.isalnum() else " " for c in words.lower())
    found = {_BY_WORD[word] for word in plain.split() if word in _BY_WORD}
    return found.pop() if len(found) == 1 else None


def _signals(rows: list[tuple[str, Array]], rate_hz: float) -> Signals:
    names = tuple(name for name, _ in rows)
    if not rows or len(set(names)) < len(names):
        raise UnreadableFileError(
            f"The file has {len(rows)} leads, of {len(set(names))} names. Each lead is needed once."
        )
    if len({len(values) for _, values in rows}) > 1 or not len(rows[0][1]):
        raise UnreadableFileError("The leads are empty or not of one length.")
    if not (math.isfinite(rate_hz) and 0 < rate_hz <= 1e6):
        raise UnreadableFileError("The file states no sampling frequency that can be.")
    values = np.stack([values for _, values in rows])
    return Signals(names=names, units=("mV",) * len(names), rate_hz=rate_hz, values=values)


def _mv_per(unit: str) -> float:
    try:
        return units.convert(1.0, source=unit, target="mV")
    except BodytwinError:
        raise UnreadableFileError("A lead is in a unit that is none of voltage.") from None


def _of_dicom(data: bytes) -> Signals:
    pydicom: Any = library("pydicom")
    try:
        dataset = pydicom.dcmread(io.BytesIO(data))
        group = max(dataset.WaveformSequence, key=lambda g: int(g.NumberOfWaveformSamples))
        return _of_group(group)
    except UnreadableFileError:
        raise
    except Exception as error:  # pydicom raises whatever the damaged bytes lead to
        raise UnreadableFileError("The DICOM file has no whole waveform.") from error


def _of_group(group: Any) -> Signals:
    channels, samples = int(group.NumberOfWaveformChannels), int(group.NumberOfWaveformSamples)
    if channels > MOST_SIGNALS or channels * samples > MOST_SAMPLES:
        raise UnreadableFileError(f"The waveform has {channels} channels of {samples} samples.")
    kind = {("SS", 16): "<i2", ("US", 16): "<u2", ("SL", 32): "<i4", ("SB", 8): "i1"}.get(
        (str(group.WaveformSampleInterpretation), int(group.WaveformBitsAllocated))
    )
    if kind is None:
        raise UnreadableFileError("The samples are of a kind that is not read (SS, US, SL, SB).")
    counts = np.frombuffer(group.WaveformData, kind, channels * samples).reshape(samples, channels)
    defined = group.ChannelDefinitionSequence
    rows = [_channel(defined[k], counts[:, k]) for k in range(channels)]
    return _signals(rows, float(group.SamplingFrequency))


def _channel(definition: Any, counts: NDArray[Any]) -> tuple[str, Array]:
    words = str(definition.ChannelSourceSequence[0].CodeMeaning)
    if "ChannelSensitivity" not in definition:
        raise UnreadableFileError("A channel does not state its sensitivity.")
    unit = str(definition.ChannelSensitivityUnitsSequence[0].CodeValue)
    scale = float(definition.ChannelSensitivity)
    scale *= float(definition.get("ChannelSensitivityCorrectionFactor") or 1.0)
    baseline = float(definition.get("ChannelBaseline") or 0.0)
    values = counts.astype(np.float64) * scale + baseline
    return lead_of(words) or f"channel {words[:16]}", values * _mv_per(unit)


def _of_fhir(resource: dict[str, Any]) -> Signals:
    try:
        parts = [c for c in resource.get("component", []) if "valueSampledData" in c]
        rows = [(_name(c["code"]), _sampled(c["valueSampledData"])) for c in parts]
        rates = {_rate_hz(c["valueSampledData"]) for c in parts}
    except (KeyError, TypeError, AttributeError, IndexError):
        raise UnreadableFileError("A lead of the Observation lacks code, origin or data.") from None
    if len(rates) != 1:
        raise UnreadableFileError(f"The leads have {len(rates)} sampling frequencies; one is read.")
    return _signals(rows, rates.pop())


def _name(code: dict[str, Any]) -> str:
    words = [str(c.get(k, "")) for c in code.get("coding", []) for k in ("display", "code")]
    found = next((lead for w in [str(code.get("text", "")), *words] if (lead := lead_of(w))), None)
    if found is None:
        raise UnreadableFileError("A lead of the Observation has a name that is none of I to V6.")
    return found


def _sampled(sampled: dict[str, Any]) -> Array:
    if int(sampled.get("dimensions", 1)) != 1:
        raise UnreadableFileError("A lead has several dimensions in one row of samples.")
    origin, factor = sampled["origin"], float(sampled.get("factor", 1.0))
    scale = _mv_per(str(origin.get("code") or origin.get("unit") or ""))
    words = str(sampled["data"]).split()
    samples = np.array([math.nan if w in NOTHING else number(w) for w in words])
    return (float(origin.get("value", 0.0)) + factor * samples) * scale


def _rate_hz(sampled: dict[str, Any]) -> float:
    if "period" in sampled:
        period_ms = float(sampled["period"])
        return 1000.0 / period_ms if period_ms > 0 else math.nan
    interval, unit = float(sampled["interval"]), str(sampled["intervalUnit"])
    if unit in PER_S:
        return interval * PER_S[unit]
    return 1.0 / (interval * TO_S[unit]) if interval > 0 else math.nan
