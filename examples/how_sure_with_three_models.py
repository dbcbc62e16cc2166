"""How sure are three published vancomycin models, averaged, before and after two levels?

    python examples/how_sure_with_three_models.py

The patient is simulated, because no openly licensed vancomycin levels exist.
"""

# %% A simulated patient: 1 g every 12 hours, two levels
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bodytwin.contract import (
    Target,
    average_forecasts,
    catalogue,
    forecast,
    model_weights,
    personalise,
)
from bodytwin.record import (
    LOINC,
    RXNORM,
    Code,
    Demographics,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
    Route,
    Sex,
    Treatment,
)

START = datetime(2024, 3, 1, 8, tzinfo=UTC)
FROM = Provenance("0" * 64, "simulated", "example")
TOMORROW = Target(quantity="concentration", time_h=59.5, unit="mg/L")


def instant(hours: float) -> Instant:
    """A time after the first dose."""
    return Instant(START + timedelta(hours=hours))


def seen(loinc: str, value: float, unit: str, hours: float) -> Observation:
    """One measured value."""
    return Observation(
        code=Code(LOINC, loinc),
        quantity=Quantity(value, unit),
        instant=instant(hours),
        provenance=FROM,
    )


PATIENT = Record(
    patient="simulated",
    demographics=Demographics(sex=Sex.MALE, birth_date=date(1960, 1, 1)),
    treatments=tuple(
        Treatment(
            code=Code(RXNORM, "11124"),
            amount=Quantity(1000, "mg"),
            route=Route.INTRAVENOUS,
            instant=instant(12.0 * k),
            duration_h=1.0,
            provenance=FROM,
        )
        for k in range(5)
    ),
    observations=(
        seen("29463-7", 82.0, "kg", -2),
        seen("2160-0", 1.1, "mg/dL", -2),
        seen("20578-1", 11.5, "mg/L", 11.5),
        seen("20578-1", 15.5, "mg/L", 35.5),
    ),
)


def main() -> dict[str, float]:
    """Width of the averaged 90 % interval of the next trough, relative to its median."""
    twin = catalogue().twin("dosing")
    levels = {"before": PATIENT.observations[:2], "after": PATIENT.observations}
    widths: dict[str, float] = {}
    for when, known in levels.items():
        record = replace(PATIENT, observations=known)
        posteriors = [
            personalise(twin, twin.observe(record, variant=v), seed=1)
            for v in twin.candidates(record)
        ]
        said = [forecast(twin, p, [TOMORROW]) for p in posteriors]
        mixed = average_forecasts(said, model_weights(posteriors)).band(0)
        for f, p in zip(said, posteriors, strict=True):
            b = f.band(0)
            print(f"{when:6} {p.case.variant:24} {b.median:5.1f} ({b.low90:.1f} to {b.high90:.1f})")
        print(f"{when:6} averaged {mixed.median:20.1f} ({mixed.low90:.1f} to {mixed.high90:.1f})")
        widths[when] = (mixed.high90 - mixed.low90) / mixed.median
    return widths


if __name__ == "__main__":
    main()
