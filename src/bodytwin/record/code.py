"""A concept by its code in a published system."""

from dataclasses import dataclass

LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
LOCAL = "urn:bodytwin:local"


@dataclass(frozen=True, slots=True)
class Code:
    """`code` in `system` (a URI); `display` is for people and takes no part in equality tests."""

    system: str
    code: str
    display: str = ""
