"""Plans as people write them, and what cannot be done."""

import pytest

from bodytwin.errors import InvalidPlanError
from bodytwin.twins.rhythm.interventions import Ablation, Drug, Pacing, interventions_from_text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("nothing", ()),
        ("ablate 12.5 -30 48", (Ablation(points_mm=((12.5, -30.0, 48.0),)),)),
        (
            "ablate 1 2 3 - 4,5,6 radius 4 mm",
            (Ablation(points_mm=((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)), radius_mm=4.0),),
        ),
        ("give amiodarone x 2", (Drug(name="amiodarone", multiple=2.0),)),
        (
            "pace RV apex + segment 11 after 20 ms",
            (Pacing(sites=("RV apex", "segment 11"), delays_ms=(0.0, 20.0)),),
        ),
        (
            "ablate 1 2 3; give lidocaine",
            (Ablation(points_mm=((1.0, 2.0, 3.0),)), Drug(name="lidocaine")),
        ),
    ],
)
def test_a_plan_in_words_is_the_plan_that_was_meant(text, meant):
    assert interventions_from_text(text) == meant


@pytest.mark.parametrize(
    "text",
    ["", "burn it", "ablate 1 2", "ablate 1 2 3 radius 40", "give x 3", "give flecainide x 50",
     "pace", "pace RV apex after 900"],
)  # fmt: skip
def test_a_plan_that_cannot_be_done_is_refused(text):
    with pytest.raises(InvalidPlanError):
        interventions_from_text(text)
