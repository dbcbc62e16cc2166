"""What each drug does to speed and duration, and what is refused."""

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, NotFoundError
from bodytwin.twins.rhythm.model.drugs import blocker, drugged_cell, effects, names
from bodytwin.twins.rhythm.model.substrate import Drugged

DOSES = (0.5, 1.0, 2.0, 4.0, 8.0, 10.0)


def over_doses(name, field):
    return np.array([getattr(effects(name, dose), field) for dose in DOSES])


@pytest.mark.parametrize("name", ["dofetilide", "sotalol", "quinidine", "ranolazine"])
def test_blockers_of_potassium_prolong_the_more_the_more_is_given(name):
    for field in ("duration_share", "border_duration_share"):
        longer = over_doses(name, field)
        assert longer[0] > 1.0
        assert (np.diff(longer) > 0).all()


@pytest.mark.parametrize("name", ["lidocaine", "flecainide", "mexiletine", "quinidine"])
def test_blockers_of_sodium_slow_the_more_the_more_is_given(name):
    for field in ("speed_share", "border_speed_share"):
        slower = over_doses(name, field)
        assert slower[0] < 1.0
        assert (np.diff(slower) < 0).all()


def test_sodium_block_slows_border_zone_more_than_healthy_muscle():
    for name in ("lidocaine", "flecainide"):
        found = effects(name, 5.0)
        assert found.border_speed_share < found.speed_share


def test_verapamil_shortens_and_does_not_slow():
    assert (np.diff(over_doses("verapamil", "duration_share")) < 0).all()
    assert effects("verapamil", 1.0).duration_share < 1.0
    assert effects("verapamil", 1.0).speed_share >= 1.0


def test_dofetilide_does_not_slow_and_lidocaine_does_not_prolong():
    assert effects("dofetilide", 1.0).speed_share == pytest.approx(1.0, abs=0.01)
    assert effects("lidocaine", 1.0).duration_share == pytest.approx(1.0, abs=0.01)


def test_every_drug_has_effects_a_source_and_currents_it_blocks():
    assert len(names()) == 9
    for name in names():
        assert isinstance(effects(name, 1.0), Drugged)
        drug = blocker(name)
        assert drug.free_um > 0
        assert "doi" in drug.source
        assert all(0 < left < 1 for left in drug.open_shares(1.0).values())


def test_what_is_not_known_of_amiodarone_is_said():
    assert "gathers in muscle" in blocker("amiodarone").caution


def test_half_is_left_at_the_half_blocking_concentration():
    drug = blocker("flecainide")
    half, _ = drug.block["kr"]
    assert drug.open_shares(half / drug.free_um)["kr"] == pytest.approx(0.5)
    assert drug.open_shares(1e-9)["kr"] == pytest.approx(1.0, abs=1e-6)


def test_a_drugged_cell_has_less_of_the_blocked_current_only():
    plain = drugged_cell("border", blocker("lidocaine"), 1e-12)
    drugged = drugged_cell("border", blocker("lidocaine"), 3.0)
    assert drugged.shares[0] < plain.shares[0]
    assert drugged.shares[1:] == pytest.approx(plain.shares[1:])


def test_an_unknown_drug_is_refused_with_the_list():
    with pytest.raises(NotFoundError, match=r"amiodarone, dofetilide.*verapamil"):
        effects("aspirin", 1.0)


@pytest.mark.parametrize("multiple", [0.0, 0.4, 11.0, float("nan")])
def test_a_dose_that_was_not_followed_is_refused(multiple):
    with pytest.raises(InvalidInputError, match=r"0\.5 to 10"):
        effects("sotalol", multiple)
