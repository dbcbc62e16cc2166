"""What a radiation oncologist asks of this course: answers as the page and commands show them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.study import Shape, View, packed
from bodytwin.contract.twin import Outcome
from bodytwin.errors import InvalidInputError, InvalidPlanError
from bodytwin.numerics.geometry import skin_of
from bodytwin.numerics.grid.voxels import Voxels
from bodytwin.numerics.inference import Progress
from bodytwin.record import Delineated, Dose, DoseKind, Image, Summation
from bodytwin.record.dose import MODALITY
from bodytwin.twins.radiotherapy import outcomes
from bodytwin.twins.radiotherapy.anatomy import SYNTAX, body_of, remarks_on, site_of
from bodytwin.twins.radiotherapy.changed import Then, imagined, seen
from bodytwin.twins.radiotherapy.model import planning
from bodytwin.twins.radiotherapy.model.dvh import Dvh
from bodytwin.twins.radiotherapy.model.pencil import PencilBeam, generic, machine_from
from bodytwin.twins.radiotherapy.model.planning import Arrangement, Planned, Site, Wish
from bodytwin.twins.radiotherapy.observe import Course, is_target
from bodytwin.twins.radiotherapy.outcomes import Given
from bodytwin.twins.radiotherapy.wishes import usual_wishes, wishes_from_text

Array = NDArray[np.float64]
STUDIES = {
    "dose": "What does each region receive, and what does that do to tumour and organs?",
    "plan": "Which plan of beams gives what is wished for on this anatomy?",
    "adapt": "What if the anatomy changed: go on as planned, or plan anew for the rest?",
}
CURVE_POINTS = 161
MOST_SURFACES = 14
SHELL = 0.95
"""The share of the prescription whose surface is shown."""
WARNED = (
    "Weights of beamlets: not leaves, not monitor units, not to be given to a patient.",
    "Doses by pencil beams: in lung, beside air and bone they are off by several per cent.",
)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Studies of one course."""

    posterior: Posterior
    progress: Progress

    @property
    def case(self) -> Case[Course]:
        """The case that was personalised."""
        return self.posterior.case

    @property
    def course(self) -> Course:
        """The course as it stands."""
        return self.case.inputs

    def answer(self, name: str, asked: Mapping[str, Any]) -> Shape:
        """One of STUDIES."""
        known = {"dose": self.dose, "plan": self.plan, "adapt": self.adapt}
        if name not in known:
            raise InvalidInputError(f"There is no study of that name. There are: {_list(known)}.")
        return known[name](asked)

    def dose(self, asked: Mapping[str, Any]) -> Shape:
        """The whole course as planned."""
        _ = asked
        course = self.course
        whole = [Given(course.fractions, course.fraction_gy)]
        return self._told([self._option("as planned", course, whole)])

    def plan(self, asked: Mapping[str, Any]) -> Shape:
        """A new plan on this anatomy for each set of wishes, beside the dose that there is."""
        start = time.monotonic()
        course = self.course
        site = site_of(course.anatomy)
        each = self._wished(course, site, asked)
        made = self._plans(site, each, asked, share=0.9)
        names = ["planned anew"] if len(made) == 1 else [f"plan {k + 1}" for k in range(len(made))]
        doses = {n: m.dose_gy for n, m in zip(names, made, strict=True)}
        if asked.get("check"):
            for k, (name, one) in enumerate(zip(names, made, strict=True)):
                told = self._part(0.92 + 0.06 * k / len(made), 0.06 / len(made))
                doses[f"{name} by collapsed cones"] = planning.by_cones(site, one, told=told)
        whole = [Given(course.fractions, course.fraction_gy)]
        options = [
            self._option(name, self._with_dose(course, site, dose), whole)
            for name, dose in doses.items()
        ]
        first = int(course.anatomy.dose is not None)
        if first:
            options.insert(0, self._option("as it is", course, whole))
        return (
            self._told(options)
            | self._shown(site, list(doses.values()), first=first)
            | {
                "beams": [round(b.gantry_deg, 1) for b in made[0].beams],
                "plans": [_plan_told(n, m) for n, m in zip(names, made, strict=True)],
                "beamlets": len(made[0].weights),
                "seconds": time.monotonic() - start,
                "remarks": [*WARNED, *remarks_on(course.anatomy), *self.case.assumed],
            }
        )

    def adapt(self, asked: Mapping[str, Any]) -> Shape:
        """A plan of before, on an anatomy that has changed, for the fractions to come."""
        start = time.monotonic()
        course = self.course
        given = int(asked.get("given", course.given))
        if not 0 <= given < course.fractions:
            raise InvalidPlanError(
                f"Of {course.fractions} fractions 0 to {course.fractions - 1} were given before "
                f"the change, got {given}."
            )
        then = self._then(asked)
        before, site = site_of(then.before), site_of(then.today)
        old = self._plan(replace(course, anatomy=then.before), before, asked, share=0.4)
        there = planning.moved(old, then.moved_mm)
        machine = _machine(asked)
        kept_gy = planning.given_to(site, there, machine, told=self._part(0.5, 0.1))
        wishes = self._wished(replace(course, anatomy=then.today), site, asked)[0]
        ready = planning.prepared(
            site,
            [w.region for w in wishes],
            machine,
            beams=planning.moved(old, then.back_mm).beams,
            told=self._part(0.6, 0.15),
        )
        new = planning.plan(ready, wishes, told=self._part(0.75, 0.2))
        here = replace(course, anatomy=then.today)
        first = Given(
            given, course.fraction_gy, then.mapped(_on(before, old.dose_gy / course.fractions))
        )
        rest = course.fractions - given
        options = [
            self._option(
                name,
                here,
                [first, Given(rest, course.fraction_gy, _on(site, dose / course.fractions))],
            )
            for name, dose in (("plan kept", kept_gy), ("planned anew", new.dose_gy))
        ]
        return (
            self._told(options)
            | self._shown(site, [kept_gy, new.dose_gy])
            | {
                "change": then.words,
                "given": given,
                "seconds": time.monotonic() - start,
                "remarks": [
                    *WARNED,
                    *remarks_on(then.today),
                    then.remark,
                    *self.case.assumed,
                ],
            }
        )

    def _then(self, asked: Mapping[str, Any]) -> Then:
        """What has changed: as it was said, or as two images of the patient show it."""
        words = str(asked.get("change", "")).strip()
        if words:
            return imagined(self.course.anatomy, words)
        if self.course.before is None:
            raise InvalidPlanError(
                "The record holds one anatomy. Bring that of today, or say what has changed. "
                f"{SYNTAX}"
            )
        self.progress("Registering both images", 0.41)
        return seen(self.course.before, self.course.anatomy, self.course.target)

    def _plan(
        self, course: Course, site: Site, asked: Mapping[str, Any], *, share: float
    ) -> Planned:
        first = self._wished(course, site, asked)[:1]
        return self._plans(site, first, asked, share=share)[0]

    def _plans(
        self, site: Site, each: Sequence[Sequence[Wish]], asked: Mapping[str, Any], *, share: float
    ) -> list[Planned]:
        """A plan for each set of wishes; those after the first begin where it ended."""
        arrangement = Arrangement(
            beams=int(asked.get("beams", 9)), beamlet_mm=float(asked.get("beamlet_mm", 8.0))
        )
        ready = planning.prepared(
            site,
            dict.fromkeys(w.region for wishes in each for w in wishes),
            _machine(asked),
            beams=arrangement.around(site),
            told=self._part(0.0, 0.5 * share),
        )
        made: list[Planned] = []
        for k, wishes in enumerate(each):
            told = self._part(share * (0.5 + 0.5 * k / len(each)), 0.5 * share / len(each))
            like = made[0] if made else None
            made.append(planning.plan(ready, wishes, like=like, told=told))
        return made

    def _wished(
        self, course: Course, site: Site, asked: Mapping[str, Any]
    ) -> list[tuple[Wish, ...]]:
        """Sets of wishes; the usual ones where none are said."""
        said: str | Sequence[str] = asked.get("wishes", "")
        texts = [said] if isinstance(said, str) else list(said)
        return [
            wishes_from_text(text) if text.strip() else usual_wishes(course, site)
            for text in texts or [""]
        ]

    def _shown(self, site: Site, doses: Sequence[Array], *, first: int = 0) -> Shape:
        """Doses and surfaces of new options, numbered as options from `first` on."""
        on = [_on(site, dose) for dose in doses]
        surfaces: Shape = {}
        for k, dose in enumerate(on, first):
            surfaces |= _shell(self.course, dose, k)
        return {
            "arrays": {f"dose {k}": packed(dose) for k, dose in enumerate(on, first)},
            "surfaces": surfaces,
        }

    def _with_dose(self, course: Course, site: Site, dose_gy: Array) -> Course:
        image = course.anatomy.image
        dose = Dose(
            image=Image(
                values=_on(site, dose_gy).astype(np.float32),
                affine=image.affine,
                modality=MODALITY,
                instant=image.instant,
                provenance=image.provenance,
            ),
            kind=DoseKind.PHYSICAL,
            summation=Summation.PLAN,
            frame_uid=course.anatomy.frame_uid,
            fractions=course.fractions,
        )
        return replace(course, anatomy=replace(course.anatomy, dose=dose))

    def _option(self, name: str, course: Course, parts: Sequence[Given]) -> Shape:
        parts = [p for p in parts if p.count]
        found = outcomes.of_course(course, self.case.variant, self.posterior.values, parts)
        seen = {r: outcomes.received(course, r, parts).planned for r in _regions(course)}
        top = max(h.dose_gy[0] for h in seen.values())
        at = np.linspace(0.0, top * 1.02, CURVE_POINTS)
        return {
            "name": name,
            "outcomes": [_outcome(o) for o in found],
            "regions": [_region(course, r, h) for r, h in seen.items()],
            "dose_gy": at.round(3).tolist(),
            "percent": {r: h.cumulative(at).round(2).tolist() for r, h in seen.items()},
        }

    def _told(self, options: list[Shape]) -> Shape:
        course = self.course
        return {
            "target": course.target,
            "prescribed_gy": course.prescribed_gy,
            "fractions": course.fractions,
            "given": course.given,
            "draws": len(self.posterior.values),
            "options": options,
            "remarks": list(self.case.assumed),
            "left_out": list(self.case.left_out),
            "based_on": f"{self.case.variant}, posterior {self.posterior.id[:12]}",
        }

    def _part(self, start: float, width: float) -> planning.Told:
        return lambda what, share: self.progress(what, start + width * share)


def view_of(case: Case[Course]) -> View:
    """The anatomy: its image in steps of grey, regions as bits, and the dose where there is one."""
    course = case.inputs
    anatomy = course.anatomy
    names = _regions(course)
    bits = np.zeros(anatomy.image.values.shape, dtype=np.uint32)
    for k, name in enumerate(names[:32]):
        bits |= anatomy.masks[name].astype(np.uint32) << np.uint32(k)
    arrays: dict[str, NDArray[Any]] = {"image": _grey(anatomy), "regions": bits}
    for name in names[:MOST_SURFACES]:
        arrays |= _surface(anatomy, anatomy.masks[name], name)
    arrays |= _surface(anatomy, body_of(site_of(anatomy).densities.values), "body")
    if anatomy.dose is not None:
        arrays["dose"] = _dose_of(anatomy)
        arrays |= _surface(anatomy, _high(course, arrays["dose"]), "dose 0")
    return View(
        header={
            "shape": list(bits.shape),
            "spacing_mm": list(anatomy.image.spacing_mm),
            "regions": [
                {
                    "name": name,
                    "target": is_target(name, anatomy.kinds.get(name, "")),
                    "volume_ml": round(anatomy.volume_ml(name), 2),
                }
                for name in names[:32]
            ],
            "target": course.target,
            "prescribed_gy": course.prescribed_gy,
            "fractions": course.fractions,
        },
        arrays=arrays,
    )


def _high(course: Course, dose_gy: NDArray[np.floating]) -> NDArray[np.bool_]:
    return np.asarray(dose_gy >= SHELL * course.prescribed_gy)


def _shell(course: Course, dose_gy: NDArray[np.floating], number: int) -> Shape:
    """The surface of the high dose of an option, packed."""
    found = _surface(course.anatomy, _high(course, dose_gy), f"dose {number}")
    return {name: packed(values) for name, values in found.items()}


def _surface(anatomy: Delineated, mask: NDArray[np.bool_], name: str) -> dict[str, NDArray[Any]]:
    """Vertices in mm of the axes of the image and triangles, none where the mask is empty."""
    if not mask.any():
        return {}
    skin = skin_of(Voxels.of_mask(mask, spacing_mm=1.0))
    mm = skin.vertices_mm @ anatomy.image.affine[:3, :3].T
    return {
        f"vertices {name}": mm.astype(np.float32),
        f"triangles {name}": skin.triangles.astype(np.uint32),
    }


def _regions(course: Course) -> list[str]:
    """Targets by their prescription, then organs, then the rest, as far as they hold a voxel."""
    masks, prescribed = course.anatomy.masks, course.anatomy.prescribed_gy
    organs = set(course.organs.values())
    order = {
        name: (name not in prescribed, -prescribed.get(name, 0.0), name not in organs, name)
        for name, mask in masks.items()
        if mask.any()
    }
    return sorted(order, key=lambda name: order[name])


def _region(course: Course, name: str, seen: Dvh) -> Shape:
    return {
        "name": name,
        "prescribed_gy": course.anatomy.prescribed_gy.get(name),
        "volume_ml": round(seen.total_cm3, 2),
        "mean_gy": round(seen.mean_gy, 2),
        "d98_gy": round(seen.dose_at_gy(98.0), 2),
        "d95_gy": round(seen.dose_at_gy(95.0), 2),
        "d50_gy": round(seen.dose_at_gy(50.0), 2),
        "d2_gy": round(seen.dose_at_gy(2.0), 2),
        "max_gy": round(float(seen.dose_gy[0]), 2),
    }


def _outcome(o: Outcome) -> Shape:
    low, median, high = (float(q) for q in np.quantile(o.draws, [0.05, 0.5, 0.95]))
    mean = float(o.draws.mean())
    found: Shape = {
        "name": o.name,
        "words": o.words,
        "unit": o.unit,
        "mean": mean,
        "median": median,
        "low": low,
        "high": high,
    }
    if o.has_limit:
        found["limit"] = o.harm_above
        found["beyond"] = float(o.harmful().mean())
    return found


def _machine(asked: Mapping[str, Any]) -> PencilBeam:
    """The machine whose file is asked for, or the generic one."""
    data: bytes | None = asked.get("machine")
    return generic() if data is None else machine_from(data)


def _plan_told(name: str, made: Planned) -> Shape:
    return {
        "name": name,
        "iterations": made.iterations,
        "fluences": [_fluence(made, k) for k in range(len(made.beams))],
    }


def _fluence(made: Planned, number: int) -> Shape:
    """The beamlets of one beam: their places in the plane of the isocentre, and weights."""
    beam, own = made.beams[number], made.beam == number
    return {
        "gantry_deg": beam.gantry_deg,
        "isocentre_mm": list(beam.isocentre_mm),
        "axis_distance_mm": beam.axis_distance_mm,
        "beamlet_mm": beam.beamlet_mm,
        "places_mm": packed(made.beamlets_mm[own]),
        "weights": packed(made.weights[own]),
    }


def _on(site: Site, dose_gy: Array) -> NDArray[np.float32]:
    """Doses (n,) of the body on its grid, nothing outside."""
    found = np.zeros(site.body.shape, dtype=np.float32)
    found[site.body] = dose_gy
    return found


def _grey(anatomy: Delineated) -> NDArray[np.uint8]:
    """The image as 256 steps of grey: soft tissue of a CT, else from its least to its greatest."""
    values = anatomy.image.values.astype(np.float32)
    is_ct = anatomy.image.modality == "CT" and float(values.max()) > 10.0
    low, high = (-200.0, 300.0) if is_ct else (float(values.min()), float(values.max()))
    share = np.clip((values - low) / max(high - low, 1e-9), 0.0, 1.0)
    return np.asarray(np.rint(255.0 * share), dtype=np.uint8)


def _dose_of(anatomy: Delineated) -> NDArray[np.float32]:
    assert anatomy.dose is not None
    return anatomy.dose.dose_gy.astype(np.float32)


def _list(known: Mapping[str, Any]) -> str:
    return ", ".join(known)
