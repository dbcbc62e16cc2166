"""Three pregnancies that do not exist, as FHIR R4 Bundles, and the birth of the first.

Writes `short_cervix.fhir.json`, `first_child.fhir.json`, `two_children.fhir.json` and
`short_cervix_born.fhir.json` and `short_cervix_ultrasound.fhir.json` beside this file. Values were
written by hand to show how the twin works.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LOINC, LOCAL = "http://loinc.org", "urn:bodytwin:local"
CODES = {
    "gestational_age": (LOINC, "18185-9", "Gestational age", "d"),
    "cervical_length": (LOINC, "11961-0", "Cervix length US", "mm"),
    "fetuses": (LOINC, "11878-6", "Number of fetuses by US", "1"),
    "births": (LOINC, "11977-6", "Parity", "1"),
    "preterm_births": (LOINC, "11637-6", "Births preterm", "1"),
    "earliest_birth": (LOCAL, "earliest_birth", "Gestation at the earliest birth", "wk"),
    "fetal_fibronectin": (LOCAL, "fetal_fibronectin", "Fetal fibronectin", "ng/mL"),
    "gestation_at_birth": (LOINC, "76516-4", "Gestational age at birth", "wk"),
}
ULTRASOUND: dict[str, float] = {
    "ultrasound_longitudinal": 160, "ultrasound_anterior_posterior": 112,
    "ultrasound_transverse": 135, "ultrasound_fundus": 8.5, "ultrasound_anterior": 8.5,
    "ultrasound_posterior": 8, "ultrasound_lower_segment": 5, "ultrasound_cervix_outer": 31,
    "ultrasound_canal": 6, "ultrasound_angle": 105,
}  # fmt: skip
CODES |= {
    name: (LOCAL, name, name.replace("_", " "), "deg" if name == "ultrasound_angle" else "mm")
    for name in ULTRASOUND
}
FIRST = {"gestational_age": 84}
WOMEN: dict[str, tuple[str, dict[int, dict[str, float]]]] = {
    "short_cervix": ("A", {
        84: FIRST | {"births": 1, "preterm_births": 1, "earliest_birth": 30, "fetuses": 1},
        119: {"cervical_length": 31},
        140: {"cervical_length": 26},
        161: {"cervical_length": 19, "fetal_fibronectin": 80},
    }),
    "first_child": ("B", {
        84: FIRST | {"births": 0, "preterm_births": 0, "fetuses": 1},
        147: {"cervical_length": 37},
    }),
    "two_children": ("C", {
        84: FIRST | {"births": 1, "preterm_births": 0, "fetuses": 2},
        154: {"cervical_length": 29},
    }),
    "short_cervix_ultrasound": ("A", {161: ULTRASOUND}),
    "short_cervix_born": ("A", {240: {"gestation_at_birth": 34.3}}),
}  # fmt: skip
START = datetime(2024, 1, 8, 9, tzinfo=UTC)


def observation(name: str, value: float, day: int) -> dict[str, Any]:
    """One value on a day of gestation."""
    system, code, display, unit = CODES[name]
    counted = unit == "1"
    said = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code, "display": display}]},
        "subject": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        "effectiveDateTime": (START + timedelta(days=day)).isoformat().replace("+00:00", "Z"),
    }
    if counted:
        return said | {"valueInteger": int(value)}
    amount = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return said | {"valueQuantity": amount}


def bundle(name: str, visits: dict[int, dict[str, float]]) -> dict[str, Any]:
    """Everything of one woman."""
    woman = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:bodytwin:example:pregnancy", "value": name}],
        "gender": "female",
    }
    resources = [woman] + [
        observation(what, value, day)
        for day, said in visits.items()
        for what, value in said.items()
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{i:012d}", "resource": r}
            for i, r in enumerate(resources, start=1)
        ],
    }


if __name__ == "__main__":
    for file, (name, visits) in WOMEN.items():
        text = json.dumps(bundle(name, visits), indent=1)
        (HERE / f"{file}.fhir.json").write_text(text + "\n", encoding="utf-8")
