"""Do the pixels of this object usually carry text, and may it be shared without looking?"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

MODALITIES = frozenset({"US", "IVUS", "ES", "XC", "OT", "GM", "DOC", "OP", "OPT"})
CLASSES = (
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.1.3",
    "1.2.840.10008.5.1.4.1.1.6",
    "1.2.840.10008.5.1.4.1.1.77.1.1",
    "1.2.840.10008.5.1.4.1.1.77.1.4",
)
"""Secondary capture, ultrasound (multi-frame, image), endoscopy, photography (PS3.4 B.5), each
with the classes below it.
"""
GREY = frozenset({"CT", "MR", "PT"})
"""Where colour means that a screen was saved."""
SHORTEST_HIDDEN = 6
"""Shorter texts are found among pixels by chance."""


def why_pixels_need_a_look(source: "Dataset") -> str:
    """One sentence, or nothing where the pixels of such objects are bare."""
    if not any(name in source for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return ""
    if _said(source, "BurnedInAnnotation") == "YES":
        return "The file says that text is burned into its pixels."
    if _said(source, "RecognizableVisualFeatures") == "YES":
        return "The file says that the person can be recognised in its pixels."
    if _captured(source):
        return "This is a screen, an ultrasound or another image that often carries text."
    return ""


def hidden_text(source: "Dataset", values: frozenset[str]) -> bool:
    """Whether one of the values stands in the pixel data as text (a comment in a JPEG, say)."""
    pixels = source.get("PixelData", b"") or b""
    return any(v.encode() in pixels for v in values if len(v) >= SHORTEST_HIDDEN)


def _captured(source: "Dataset") -> bool:
    uid, modality = _said(source, "SOPClassUID"), _said(source, "Modality")
    return (
        modality in MODALITIES
        or any(uid == c or uid.startswith(f"{c}.") for c in CLASSES)
        or "ConversionType" in source
        or "SCREEN" in _said(source, "ImageType")
        or (modality in GREY and _said(source, "SamplesPerPixel") == "3")
    )


def _said(source: "Dataset", name: str) -> str:
    return str(source.get(name, "") or "").strip().upper()
