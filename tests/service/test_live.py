import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import ConsentError, InvalidInputError, NotFoundError, Refusal
from bodytwin.service.live import (
    Bounds,
    Channel,
    End,
    Estimate,
    Frame,
    Gap,
    Hello,
    Hub,
    Outcome,
    State,
    StateNow,
    TooFast,
)

PATIENT = "p-1"
TWO = (
    Channel(name="II", unit="mV", rate_hz=100.0, quantity="ECG"),
    Channel(name="ABP", unit="mm[Hg]", rate_hz=100.0, quantity="pressure"),
)
EPOCH = 1_800_000_000.0


class Bed:
    """A hub with a clock of its own, a patient, and leave that can be taken back."""

    def __init__(self, **bounds):
        self.now = 0.0
        self.refused = None
        self.asked = 0
        self.woken = 0
        self.hub = Hub(
            Bounds(**({"leave_s": 1e9} | bounds)),
            clock=lambda: self.now,
            wall=lambda: EPOCH + self.now,
            **self.extra(),
        )

    def extra(self):
        return {}

    def permit(self):
        self.asked += 1
        if self.refused is not None:
            raise self.refused

    def wake(self):
        self.woken += 1

    def sensor(self, session="s-1", channels=TWO):
        return self.hub.attach(PATIENT, session, channels, permit=lambda: None)

    def watch(self, after=-1):
        return self.hub.watch(PATIENT, after=after, permit=self.permit, wake=self.wake)

    def send(self, sensor, seq, *, at=None, samples=10, **changes):
        """Frames of a tenth of a second, numbered by the time they were taken at."""
        t0 = (EPOCH + (seq * 0.1 if at is None else at)) * 1000
        values = np.full((2, samples), float(seq), "f4")
        return sensor.accept(seq, changes.get("t0_ms", t0), changes.get("values", values))


@pytest.fixture
def bed():
    return Bed()


def frames(watcher):
    return [e for e in watcher.take() if isinstance(e, Frame)]


def states(events):
    return [e.state for e in events if isinstance(e, StateNow)]


def test_frames_come_through_in_order_with_both_clocks(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 5.0
    assert [bed.send(sensor, i) for i in range(3)] == [Outcome.TAKEN] * 3
    found = frames(watcher)
    assert [f.seq for f in found] == [0, 1, 2]
    assert [f.gap for f in found] == [0, 0, 0]
    assert found[2].t0_ms == pytest.approx((EPOCH + 0.2) * 1000)
    assert found[2].received_ms == pytest.approx((EPOCH + 5.0) * 1000)
    assert sensor.acknowledged == 2


def test_a_watcher_hears_first_who_sends(bed):
    bed.send(bed.sensor(), 0)
    hello, state, frame = bed.watch().take()
    assert hello == Hello(session="s-1", channels=TWO, next=1)
    assert state.state is State.LIVE
    assert frame.seq == 0


def test_a_frame_that_comes_twice_is_shown_once(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 1.0
    bed.send(sensor, 0)
    assert bed.send(sensor, 0) is Outcome.DUPLICATE
    assert bed.send(sensor, 2) is Outcome.HELD
    assert bed.send(sensor, 2) is Outcome.DUPLICATE
    bed.send(sensor, 1)
    assert [f.seq for f in frames(watcher)] == [0, 1, 2]


def test_a_frame_that_comes_early_waits_for_a_second_at_most(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 1.0
    bed.send(sensor, 0)
    bed.send(sensor, 3)
    assert sensor.acknowledged == 0
    bed.now = 1.9
    bed.hub.tick()
    assert [f.seq for f in frames(watcher)] == [0]
    bed.now = 2.1
    bed.hub.tick()
    late = frames(watcher)
    assert [(f.seq, f.gap) for f in late] == [(3, 2)]
    assert bed.send(sensor, 1) is Outcome.DUPLICATE
    assert frames(watcher) == []


@given(st.permutations(range(20)), st.lists(st.integers(0, 19), max_size=10))
def test_whatever_the_order_each_frame_comes_out_once_and_in_order(order, again):
    bed = Bed()
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 10.0
    for seq in [*order, *again]:
        bed.send(sensor, seq)
    assert [(f.seq, f.gap) for f in frames(watcher)] == [(i, 0) for i in range(20)]


@given(st.sets(st.integers(0, 29), min_size=1))
def test_missing_frames_are_counted_exactly(sent):
    bed = Bed()
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 10.0
    for seq in sorted(sent):
        bed.send(sensor, seq)
        bed.now += 1.1
        bed.hub.tick()
    found = frames(watcher)
    assert [f.seq for f in found] == sorted(sent)
    assert sum(f.gap for f in found) == max(sent) + 1 - len(sent)


@pytest.mark.parametrize(
    "wrong",
    [
        {"t0_ms": (EPOCH + 7.0) * 1000},
        {"t0_ms": float("nan")},
        {"t0_ms": float("inf")},
        {"t0_ms": -1.0},
        {"values": np.full((2, 10), np.nan, "f4")},
        {"values": np.full((2, 10), np.inf, "f4")},
        {"values": np.zeros((3, 10), "f4")},
        {"values": np.zeros((2, 0), "f4")},
        {"values": np.zeros((2, 5000), "f4")},
    ],
    ids=lambda w: str(next(iter(w.values())))[:24],
)
def test_a_frame_that_cannot_be_is_refused_and_told_as_missing(bed, wrong):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 1.0
    bed.send(sensor, 0)
    assert bed.send(sensor, 1, **wrong) is Outcome.REFUSED
    bed.send(sensor, 2)
    assert [(f.seq, f.gap) for f in frames(watcher)] == [(0, 0), (2, 1)]
    assert sensor.acknowledged == 2


def test_a_clock_may_run_ahead_by_five_seconds(bed):
    sensor = bed.sensor()
    bed.now = 1.0
    assert bed.send(sensor, 0, at=5.9) is Outcome.TAKEN
    assert bed.send(sensor, 1, at=6.1) is Outcome.REFUSED


def test_time_never_runs_backwards_on_the_screen(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 10.0
    bed.send(sensor, 0, at=5.0)
    bed.send(sensor, 1, at=4.0)
    bed.send(sensor, 2, at=5.1)
    assert [(f.seq, f.gap) for f in frames(watcher)] == [(0, 0), (2, 1)]


def test_data_are_stale_after_two_seconds_and_live_again_after(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 1.0
    bed.send(sensor, 0)
    assert states(watcher.take()) == [State.ENDED, State.LIVE]
    bed.now = 2.9
    bed.hub.tick()
    assert watcher.take() == ()
    bed.now = 3.1
    bed.hub.tick()
    assert states(watcher.take()) == [State.STALE]
    assert not bed.hub.is_live(PATIENT)
    bed.send(sensor, 1)
    assert states(watcher.take()) == [State.LIVE]
    sensor.gone("The sensor has ended.")
    assert states(watcher.take()) == [State.ENDED]


def test_data_of_an_old_clock_say_that_they_may_be_old(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 100.0
    bed.send(sensor, 0)
    said = [e.words for e in watcher.take() if isinstance(e, StateNow)]
    assert "may be old" in said[-1]


def test_a_watcher_who_comes_back_gets_what_it_missed_and_nothing_twice(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 10.0
    for i in range(5):
        bed.send(sensor, i)
    seen = frames(watcher)
    watcher.leaves()
    for i in range(5, 9):
        bed.send(sensor, i)
    back = bed.watch(after=seen[-1].seq)
    assert [f.seq for f in frames(back)] == [5, 6, 7, 8]
    assert frames(bed.watch(after=8)) == []
    assert [f.seq for f in frames(bed.watch(after=10_000))] == list(range(9))


def test_ten_minutes_are_kept_and_what_is_gone_is_told(bed):
    sensor = bed.sensor()
    for i in range(8000):
        bed.now = (i + 1) * 0.1
        bed.send(sensor, i)
    events = bed.watch(after=3).take()
    gap = next(e for e in events if isinstance(e, Gap))
    kept = [e.seq for e in events if isinstance(e, Frame)]
    assert gap == Gap(first=4, last=kept[0] - 1)
    assert kept == list(range(kept[0], 8000))
    assert 6000 <= len(kept) <= 6700


def test_what_is_kept_is_bounded_in_bytes_and_more_is_refused_at_once(bed):
    fast = tuple(
        Channel(name=f"c{i}", unit="mV", rate_hz=10_000.0, quantity="ECG") for i in range(64)
    )
    with pytest.raises(InvalidInputError, match="ten minutes"):
        bed.sensor(channels=fast)


def test_a_slow_watcher_is_let_go_with_a_gap_and_the_sensor_is_not_held_up():
    bed = Bed(backlog=20)
    sensor, slow, quick = bed.sensor(), bed.watch(), bed.watch()
    bed.now = 10.0
    seen = []
    for i in range(60):
        assert bed.send(sensor, i) is Outcome.TAKEN
        seen += [f.seq for f in frames(quick)]
    assert slow.end is End.SLOW
    (gap,) = slow.take()
    assert gap.first == 0
    assert quick.end is None
    assert seen == list(range(60))
    assert [f.seq for f in frames(bed.watch(after=-1))] == list(range(60))


def test_a_backlog_at_the_start_is_not_slowness():
    bed = Bed(backlog=5)
    sensor = bed.sensor()
    bed.now = 10.0
    for i in range(100):
        bed.send(sensor, i)
    watcher = bed.watch()
    for i in range(100, 104):
        bed.send(sensor, i)
    assert watcher.end is None
    assert len(frames(watcher)) == 104


def flood(bed, sensor, most, samples=10):
    """How many frames are taken at once before the sensor is refused."""
    for i in range(most):
        try:
            bed.send(sensor, i, samples=samples, at=i * samples / 100)
        except TooFast:
            return i
    raise AssertionError("never refused")


def test_a_sensor_that_floods_is_refused(bed):
    sensor = bed.sensor()
    bed.now = 1e4
    assert 900 <= flood(bed, sensor, 2000) <= 1100


def test_a_sensor_that_sends_hours_at_once_is_refused(bed):
    sensor = bed.sensor()
    bed.now = 1e5
    assert 60 <= flood(bed, sensor, 200, samples=999) <= 75


def test_leave_is_asked_for_before_anything_is_shown(bed):
    bed.refused = ConsentError("No leave.")
    with pytest.raises(ConsentError):
        bed.watch()
    bed.refused = NotFoundError("No such patient.")
    with pytest.raises(NotFoundError):
        bed.watch()


def test_leave_taken_back_ends_the_stream_within_thirty_seconds():
    bed = Bed(leave_s=Bounds().leave_s)
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 1.0
    bed.send(sensor, 0)
    assert len(frames(watcher)) == 1
    bed.refused = ConsentError("The patient has taken back their leave.", "Ask them.")
    bed.now = 29.9
    bed.send(bed.sensor(), 1, at=29)
    assert len(frames(watcher)) == 1
    bed.now = 30.1
    bed.send(sensor, 2, at=30)
    assert watcher.leave.due
    assert watcher.take() == ()
    assert watcher.renew() is False
    assert watcher.end is End.REFUSED
    assert watcher.leave.reasons == ("The patient has taken back their leave.", "Ask them.")
    bed.refused = None
    assert watcher.renew() is False
    assert watcher.take() == ()


def test_leave_that_holds_is_asked_for_every_thirty_seconds():
    bed = Bed(leave_s=Bounds().leave_s)
    sensor, watcher = bed.sensor(), bed.watch()
    asked = bed.asked
    for i in range(900):
        bed.now = (i + 1) * 0.1
        if sensor.leave.due:
            assert sensor.leave.renew()
        bed.send(sensor, i)
        if watcher.leave.due:
            assert watcher.renew()
        watcher.take()
    assert bed.asked - asked == 3


def test_a_consent_that_changes_is_looked_at_at_once(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    watcher.take()
    woken = bed.woken
    bed.refused = ConsentError("Taken back.")
    bed.hub.recheck(PATIENT)
    assert bed.woken > woken
    bed.now = 0.1
    bed.send(sensor, 0)
    assert watcher.take() == ()
    assert watcher.renew() is False
    assert sensor.leave.due
    assert bed.send(sensor, 1) is Outcome.REFUSED
    assert sensor.leave.renew()


def test_a_consent_that_changes_while_leave_is_asked_for_is_not_missed(bed):
    def meanwhile():
        bed.hub.recheck(PATIENT)

    watcher = bed.hub.watch(PATIENT, permit=meanwhile, wake=bed.wake)
    assert watcher.leave.due
    assert watcher.take() == ()


def test_a_consent_that_changes_while_leave_is_renewed_is_not_missed():
    bed = Bed(leave_s=30.0)
    again = []

    def permit():
        if again:
            again.pop()
            bed.hub.recheck(PATIENT)

    watcher = bed.hub.watch(PATIENT, permit=permit, wake=bed.wake)
    bed.now = 31.0
    again.append(True)
    assert watcher.renew()
    assert watcher.leave.due
    assert watcher.renew()
    assert not watcher.leave.due


def test_leave_that_cannot_be_checked_is_refused():
    bed = Bed(leave_s=30.0)
    watcher = bed.watch()
    bed.now = 31.0
    bed.refused = OSError("disk of p-1 is full")
    assert watcher.renew() is False
    assert "p-1" not in " ".join(watcher.leave.reasons)


def test_a_sensor_that_comes_back_goes_on_where_it_was(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 10.0
    bed.send(sensor, 0)
    bed.send(sensor, 1)
    sensor.gone()
    again = bed.sensor()
    assert again.acknowledged == 1
    assert bed.send(again, 1) is Outcome.DUPLICATE
    bed.send(again, 2)
    assert [f.seq for f in frames(watcher)] == [0, 1, 2]


def test_another_sensor_is_announced_and_its_numbers_go_on(bed):
    first, watcher = bed.sensor(), bed.watch()
    bed.now = 10.0
    for i in range(3):
        bed.send(first, i)
    with pytest.raises(Refusal, match="Another sensor"):
        bed.sensor(session="s-2")
    first.gone("Ended.")
    other = (Channel(name="V5", unit="uV", rate_hz=100.0, quantity="ECG"), TWO[1])
    second = bed.sensor(session="s-2", channels=other)
    bed.send(second, 0, at=1.0)
    events = watcher.take()
    assert [e.seq for e in events if isinstance(e, Frame)] == [0, 1, 2, 3]
    assert [e for e in events if isinstance(e, Hello)][-1] == Hello(
        session="s-2", channels=other, next=3
    )
    assert bed.send(first, 3) is Outcome.REFUSED


def test_streams_of_two_patients_never_mix(bed):
    one, watcher = bed.sensor(), bed.watch()
    two = bed.hub.attach("p-2", "s-1", TWO, permit=lambda: None)
    bed.now = 1.0
    bed.send(one, 0)
    bed.send(two, 0, values=np.full((2, 10), 99.0, "f4"))
    (frame,) = frames(watcher)
    assert frame.values.max() == 0.0


def test_an_erased_patient_is_forgotten_and_everybody_let_go(bed):
    sensor, watcher = bed.sensor(), bed.watch()
    bed.send(sensor, 0)
    bed.hub.forget(PATIENT)
    assert watcher.end is End.CLOSING
    assert watcher.take() == ()
    assert bed.send(sensor, 1) is Outcome.REFUSED
    assert frames(bed.watch()) == []


def test_data_nobody_sends_any_more_are_dropped(bed):
    sensor = bed.sensor()
    bed.now = 1.0
    bed.send(sensor, 0)
    sensor.gone()
    bed.now = 950.0
    bed.hub.tick()
    assert frames(bed.watch()) == []
    assert bed.hub.counts() == (0, 1)


def test_there_is_a_most_of_streams_and_of_watchers():
    bed = Bed(streams=1, watchers=2)
    bed.watch()
    bed.watch()
    with pytest.raises(Refusal, match="Too many follow"):
        bed.watch()
    with pytest.raises(Refusal, match="Too many live"):
        bed.hub.attach("p-2", "s-1", TWO, permit=lambda: None)


@pytest.mark.parametrize(
    "channels",
    [
        (),
        (TWO[0], TWO[0]),
        (TWO[0], Channel(name="x", unit="mV", rate_hz=50.0, quantity="ECG")),
        (Channel(name="x", unit="mV", rate_hz=float("nan"), quantity="ECG"),),
        (Channel(name="x", unit="mV", rate_hz=0.0, quantity="ECG"),),
        (Channel(name="x" * 65, unit="mV", rate_hz=1.0, quantity="ECG"),),
        (Channel(name="a\nb", unit="mV", rate_hz=1.0, quantity="ECG"),),
        (Channel(name="x", unit="", rate_hz=1.0, quantity="ECG"),),
    ],
    ids=range(8),
)
def test_channels_that_cannot_be_are_refused(bed, channels):
    with pytest.raises(InvalidInputError):
        bed.sensor(channels=channels)


class Counting:
    quantity, window_s = "ECG", 2.0

    def __init__(self):
        self.windows = []

    def __call__(self, window):
        self.windows.append(window)
        return Estimate(
            seq=window.seq, time_ms=window.end_ms, quantity="q", unit="1",
            value=float(len(window.values)), lower=None, upper=None, words="So many.",
        )  # fmt: skip


class Estimating(Bed):
    def extra(self):
        self.counting = Counting()
        return {"estimators": (self.counting,)}


def test_estimates_rest_on_the_samples_since_the_last_gap():
    bed = Estimating()
    sensor, watcher = bed.sensor(), bed.watch()
    bed.now = 10.0
    for i in [0, 1, 2, 3, 5, 6]:
        bed.send(sensor, i)
    bed.now = 11.5
    bed.hub.tick()
    bed.hub.estimate()
    told = [e for e in watcher.take() if isinstance(e, Estimate)]
    assert [(e.seq, e.value) for e in told] == [(6, 20.0)]
    assert told[0].time_ms == pytest.approx((EPOCH + 0.69) * 1000)
    assert bed.counting.windows[0].channel is TWO[0]
    np.testing.assert_array_equal(bed.counting.windows[0].values, [5.0] * 10 + [6.0] * 10)


def test_nothing_is_estimated_from_stale_data_or_for_nobody():
    bed = Estimating()
    sensor = bed.sensor()
    bed.now = 1.0
    bed.send(sensor, 0)
    bed.hub.estimate()
    watcher = bed.watch()
    bed.now = 4.0
    bed.hub.tick()
    bed.hub.estimate()
    assert bed.counting.windows == []
    assert not [e for e in watcher.take() if isinstance(e, Estimate)]


def test_an_estimate_never_reaches_over_a_change_of_sensor():
    bed = Estimating()
    first, watcher = bed.sensor(), bed.watch()
    bed.now = 10.0
    bed.send(first, 0, at=1.0)
    first.gone("Ended.")
    bed.send(bed.sensor(session="s-2"), 0, at=1.1)
    bed.hub.estimate()
    assert [len(w.values) for w in bed.counting.windows] == [10]
    assert watcher.end is None


def test_after_closing_nothing_begins(bed):
    watcher = bed.watch()
    bed.hub.close()
    assert watcher.end is End.CLOSING
    with pytest.raises(Refusal):
        bed.watch()
    with pytest.raises(Refusal):
        bed.sensor()
