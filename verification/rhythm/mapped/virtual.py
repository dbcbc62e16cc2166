"""Virtual patients with an electroanatomic map: hearts of known speeds on finer voxels.

All have the shape of the mean heart and points at the same places, so that one set of runs of the
twin serves the inference of all of them.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from bodytwin.contract.personalise import problem_of
from bodytwin.importers import mesh
from bodytwin.importers.mesh.ventricles import labelled, parts_of
from bodytwin.numerics.emulate import design, learn, leave_one_out
from bodytwin.numerics.inference import Escalating
from bodytwin.record import Image, Instant, Map, Provenance, Record, Rhythm
from bodytwin.twins.rhythm.model.anatomy import heart_from_labels
from bodytwin.twins.rhythm.model.heart import Ventricle
from bodytwin.twins.rhythm.model.protocol import conducting_near
from bodytwin.twins.rhythm.model.restitution import ten_tusscher
from bodytwin.twins.rhythm.model.sinus import delays_ms
from bodytwin.twins.rhythm.model.substrate import substrate
from bodytwin.twins.rhythm.model.wave import Waves
from bodytwin.twins.rhythm.parameters import NAMES, prior
from bodytwin.twins.rhythm.twin import VARIANT, RhythmTwin

FILE = Path(__file__).parents[3] / "examples" / "data" / "heart" / "ventricles.ply"
TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
WHEN = Instant(datetime(2026, 3, 1, 8, tzinfo=UTC))
TWIN = RhythmTwin(spacing_mm=1.5, affordable_draws=1000)
FINE_MM, POINTS, OFF_MM, NOISE_MS, RUNS = 1.0, 250, 2.0, 10.9, 56
MOVED_MM, MOVED_MS = 10.0, 5.0
POPULATION = prior().draw(20_000, np.random.default_rng(0))
FIBRE, LAYER = NAMES.index("fibre_speed_m_per_s"), NAMES.index("endocardial_speedup")


@cache
def image():
    """The segmentation of the mean heart of a population."""
    made = labelled(parts_of(mesh.read(FILE.read_bytes(), length_unit="mm")), spacing_mm=1.0)
    return Image(
        values=made.values,
        affine=TO_LPS @ made.affine,
        modality="SEG",
        labels=made.labels,
        instant=WHEN,
        provenance=Provenance("", "volume", "test/1"),
    )


@cache
def fine():
    """Its heart on voxels finer than those of the twin."""
    i = image()
    return heart_from_labels(i.values, i.affine, i.labels, spacing_mm=FINE_MM)[0]


def activation_ms(truth, places, delays):
    """Activation of the fine heart of some unknowns, its endocardium faster, from some places."""
    heart, u = fine(), dict(zip(NAMES, truth, strict=True))
    s = substrate(heart, u, ten_tusscher())
    layer = np.where(heart.endocardial, u["endocardial_speedup"], 1.0).astype(np.float32)
    fast = replace(
        s,
        cv_fibre_m_per_s=s.cv_fibre_m_per_s * layer,
        cv_cross_m_per_s=s.cv_cross_m_per_s * layer,
    )
    return Waves(heart=heart, substrate=fast).arrival_ms(places, delays)


def first(rng=None):
    """Where and when activation begins: as the twin has it, or each place moved a little."""
    heart, delays = fine(), np.array(list(delays_ms().values()))
    places = [conducting_near(heart, heart.sites[name]) for name in delays_ms()]
    if rng is None:
        return places, list(delays)
    x, wall = heart.voxels.positions_mm, np.flatnonzero(heart.endocardial)
    moved = []
    for place in places:
        same = wall[heart.ventricle[wall] == heart.ventricle[place]]
        near = same[np.linalg.norm(x[same] - x[place], axis=1) <= MOVED_MM]
        moved.append(int(rng.choice(near)))
    delays = delays + MOVED_MS * rng.standard_normal(len(delays))
    return moved, list(delays - delays.min())


def taken(truth, rng, *, moved=False, left_only=False):
    """A map in sinus rhythm, its points and times with their errors."""
    arrival = activation_ms(truth, *first(rng if moved else None))
    heart, same = fine(), np.random.default_rng(12)
    wall = heart.endocardial & ((heart.ventricle == Ventricle.LEFT) | (not left_only))
    at = same.choice(np.flatnonzero(wall), POINTS, replace=False)
    off = OFF_MM / 3**0.5 * same.standard_normal((POINTS, 3))
    return Map(
        vertices_mm=np.empty((0, 3)),
        triangles=np.empty((0, 3), dtype=np.int64),
        points_mm=heart.voxels.positions_mm[at] + off,
        lat_ms=arrival[at] - 60.0 + NOISE_MS * rng.standard_normal(POINTS),
        bipolar_mv=np.full(POINTS, np.nan),
        unipolar_mv=np.full(POINTS, np.nan),
        instant=WHEN,
        provenance=Provenance("", "table", "test/1"),
        rhythm=Rhythm.SINUS,
    )


def turned(of, degrees):
    """The same map turned about the long axis of the left ventricle."""
    heart = fine()
    left, x = heart.ventricle == Ventricle.LEFT, heart.voxels.positions_mm
    base, apex = (
        x[left & here].mean(axis=0) for here in (heart.apicobasal > 0.9, heart.apicobasal < 0.1)
    )
    axis = (base - apex) / np.linalg.norm(base - apex)
    turn = Rotation.from_rotvec(np.radians(degrees) * axis)
    return replace(of, points_mm=turn.apply(of.points_mm - base) + base)


def case_of(taken_map):
    """What the twin sees of the patient of a map."""
    record = Record(patient="p", images=(image(),), maps=(taken_map,))
    return TWIN.observe(record, variant=VARIANT)


_LEARNED = {}


def stand_in(case):
    """A process for each point of the map, learned from runs of the twin, with its own error."""
    place = case.inputs.mapped.voxels.tobytes()
    if place not in _LEARNED:
        problem = problem_of(TWIN, case, prior())
        x = design(runs=RUNS, unknowns=problem.size, seed=3)
        y = problem.predict(problem.mean + x @ problem.cholesky.T)
        made = [learn(x, y[:, j]) for j in range(y.shape[1])]
        own = [p.predict(np.zeros((1, problem.size)))[1][0] for p in made]
        wider = [max(1.0, leave_one_out(p).factor / 1.96) for p in made]
        _LEARNED[place] = made, np.array(own) * np.array(wider)
    return _LEARNED[place]


def posterior(case, rng, draws=4000):
    """Draws of the unknowns given the map, by the twin's own way with the runs shared."""
    made, own_ms = stand_in(case)
    problem = problem_of(TWIN, case, prior())

    def predict(z):
        x = np.linalg.solve(problem.cholesky, (z - problem.mean).T).T
        return np.column_stack([p.predict(x)[0] for p in made])

    seen = problem.observed
    wider = replace(seen, additive_sd=np.hypot(seen.additive_sd, own_ms))
    found = Escalating().sample(replace(problem, observed=wider, predict=predict), rng)
    assert found.trusted
    return prior().constrain(found.resampled(draws, rng))


def layer_speed_m_per_s(values):
    """Speed along fibres in the fast layer of the endocardium, of each row of unknowns."""
    return values[..., FIBRE] * values[..., LAYER]


def many(hearts, *, moved, left_only=False):
    """Virtual hearts and what their maps tell: (truth, draws of the unknowns) of each."""
    found = []
    for k in range(hearts):
        rng = np.random.default_rng([7, k])
        truth = prior().draw(1, rng)[0]
        one = taken(truth, rng, moved=moved, left_only=left_only)
        found.append((truth, posterior(case_of(one), rng)))
    return found


def covered(found, quantity):
    """In how many hearts the 90 % interval covers the truth."""
    inside = 0
    for truth, draws in found:
        low, high = np.quantile(quantity(draws), [0.05, 0.95])
        inside += bool(low <= quantity(truth) <= high)
    return inside


def narrowed(found, quantity):
    """Spread of the posterior over that of the population, on the log scale: the mean of hearts."""
    before = np.log(quantity(POPULATION)).std()
    return np.mean([np.log(quantity(draws)).std() / before for _, draws in found])


def off_by_sd(found, quantity):
    """How far the truth lies from the posterior's mean, in its standard deviations, (heart,)."""
    logs = [(np.log(quantity(truth)), np.log(quantity(draws))) for truth, draws in found]
    return np.array([(truth - draws.mean()) / draws.std() for truth, draws in logs])


def fibre_speed_m_per_s(values):
    """Speed along fibres beneath that layer."""
    return values[..., FIBRE]
