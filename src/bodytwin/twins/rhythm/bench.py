"""What an electrophysiologist asks of this heart: answers as the page and commands show them."""

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case
from bodytwin.contract.digest import digest
from bodytwin.contract.plan import Plan
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.study import Shape, View, packed
from bodytwin.errors import InvalidInputError
from bodytwin.numerics.geometry import Skin, skin_of
from bodytwin.numerics.inference.sample import Progress
from bodytwin.twins.rhythm.emulator import RUNS, Emulator, train
from bodytwin.twins.rhythm.interventions import (
    Ablation,
    Drug,
    Intervention,
    Pacing,
    RhythmPlan,
    interventions_from_text,
)
from bodytwin.twins.rhythm.model import drugs
from bodytwin.twins.rhythm.model.ablation import Search, search
from bodytwin.twins.rhythm.model.heart import Heart, Tissue, Ventricle
from bodytwin.twins.rhythm.model.leads import LeadField
from bodytwin.twins.rhythm.model.protocol import Protocol, places, protocol_from_text
from bodytwin.twins.rhythm.model.screening import SiteResult, screen
from bodytwin.twins.rhythm.model.sinus import sinus_arrival_ms
from bodytwin.twins.rhythm.observe import Imaged
from bodytwin.twins.rhythm.outcomes import intervals_ms, paced_arrival_ms, unknowns_of, waves_of
from bodytwin.twins.rhythm.stimulation import Found, Share, Tested, stimulated

Array = NDArray[np.float64]
T = TypeVar("T")
LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
STUDIES = {
    "screen": "From which sites can a tachycardia be induced, and which way does it take?",
    "search": "Which smallest set of lesions leaves no site from which one can be induced?",
    "explore": "Roughly, within a second: could one still be induced under a plan?",
    "learn": "Train what `explore` answers with",
    "pace": "How is the heart activated in sinus rhythm, or paced from some sites?",
}
SAMPLE_MS = 2.0
LONGEST_ECG_MS = 2500.0
USUAL_DRAWS = 4
MOST_KEPT = 8
WARNED = (
    "Waves follow the fast mode: block where a thin strand meets a mass of muscle, spiral waves "
    "and fibrillation are beyond it."
)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Studies of one heart with one protocol."""

    case: Case[Imaged]
    rows: Array
    protocol: Protocol
    progress: Progress
    posterior: Posterior

    @property
    def heart(self) -> Heart:
        """The heart as imaged."""
        return self.case.inputs.heart

    def answer(self, name: str, asked: Mapping[str, Any]) -> Shape:
        """One of STUDIES."""
        said = asked.get("protocol")
        bench = replace(self, protocol=protocol_from_text(str(said))) if said else self
        known = {
            "screen": bench.screen,
            "search": bench.search,
            "explore": bench.explore,
            "learn": bench.learn,
            "pace": bench.pace,
        }
        if name not in known:
            raise InvalidInputError(f"There is no study of that name. There are: {_list(known)}.")
        return known[name](asked)

    def screen(self, asked: Mapping[str, Any]) -> Shape:
        """Stimulate every draw from every site, under what is asked; and a control without scar."""
        start = time.monotonic()
        plan, rows = plan_of(self.heart, asked, self.case), self._rows(asked)
        sites = self._sites(asked)
        found = self._tried(rows, plan, sites, self._part(0.0, 0.85))
        control = self._control(rows[0], sites, self._part(0.85, 0.98))
        self.progress("Drawing what was found", 0.99)
        return {
            **self._told(found, rows, plan),
            "seconds": time.monotonic() - start,
            "control": control,
        }

    def search(self, asked: Mapping[str, Any]) -> Shape:
        """Find lesions in the most usual of the draws, then try them in all."""
        rows, sites = self._rows(asked), self._sites(asked)
        radius = float(asked.get("radius_mm", 5.0))
        before = self._tried(rows, self._nothing, sites, self._part(0.0, 0.3))
        made = search(
            self.heart,
            lambda h: self._screened(h, rows[0], sites, before),
            radius_mm=radius,
            report=self._part(0.3, 0.7),
        )
        plan = self._burn(made)
        after = self._tried(rows, plan, sites, self._part(0.7, 1.0))
        return {
            "lesions": [
                {
                    "kind": "point" if len(lesion.points_mm) == 1 else "line",
                    "vertices": [self._vertex(p) for p in lesion.points_mm],
                    "positions_mm": [list(p) for p in lesion.points_mm],
                    "radius_mm": lesion.radius_mm,
                }
                for lesion in made.lesions
            ],
            "plan": plan.name,
            "volume_ml": made.volume_ml,
            "rounds": [
                {"round": k + 1, "inducible_sites": list(r.inducible), "added": r.added}
                for k, r in enumerate(made.rounds)
            ],
            "before": self._told(before, rows, self._nothing),
            "after": self._told(after, rows, plan),
            "draws": len(rows),
            "words": _said(made, before, after),
            "based_on": self._based_on(),
        }

    def learn(self, asked: Mapping[str, Any]) -> Shape:
        """Train the emulator of this heart."""
        sites = self._sites(asked)
        before = self._tried(self._rows(asked), self._nothing, sites, self._part(0.0, 0.2))
        made = train(
            self.case,
            self.posterior.prior,
            before,
            self.protocol,
            runs=int(asked.get("runs", RUNS)),
            progress=self._part(0.2, 1.0),
        )
        _remember(_EMULATORS, self._key, made)
        return {"runs": made.runs, "brier": made.brier, "hits": made.hits, "sites": made.sites}

    def explore(self, asked: Mapping[str, Any]) -> Shape:
        """What the emulator says of a plan."""
        start = time.monotonic()
        emulator = _EMULATORS.get(self._key)
        if emulator is None:
            return _untrusted("Nothing was learned of this heart yet.", start)
        guess = emulator.asked(self.rows, plan_of(self.heart, asked, self.case))
        if not guess.trusted:
            return _untrusted(guess.words, start)
        return {
            "probability": guess.probability,
            "low": guess.low,
            "high": guess.high,
            "trusted": True,
            "words": guess.words,
            "seconds": time.monotonic() - start,
        }

    def pace(self, asked: Mapping[str, Any]) -> Shape:
        """Activation of a sinus beat, or of a beat paced from `sites` after `delays_ms`."""
        sites = tuple(asked.get("sites") or ())
        delays = tuple(float(d) for d in asked.get("delays_ms") or [0.0] * len(sites))
        pacing = [Pacing(sites=sites, delays_ms=delays)] if sites else []
        plan: RhythmPlan = Plan(
            name="pace", interventions=tuple(pacing), until_h=self.case.now_h + 24.0
        )
        widths = np.array([intervals_ms(self.heart, row, plan)[0] for row in self.rows])
        waves = waves_of(self.heart, self.rows[0])
        if sites:
            arrival = paced_arrival_ms(waves, pacing)
        else:
            arrival = sinus_arrival_ms(waves, unknowns_of(self.rows[0])["endocardial_speedup"])
        arrival = arrival - arrival[np.isfinite(arrival)].min()
        s = waves.substrate
        lasts = (s.restitution.apd_ms[:, -1][s.kind] * s.apd_share).astype(np.float64)
        times = np.arange(-20.0, 600.0, SAMPLE_MS)
        ecg = LeadField.of(self.heart).ecg(arrival, lasts, times)
        low, high = np.quantile(widths, [0.05, 0.95])
        return {
            "sites": list(sites),
            "qrs_ms": float(np.median(widths)),
            "low": float(low),
            "high": float(high),
            "draws": len(widths),
            "arrays": {"lat": packed(_on_skin(self.heart, arrival))},
            "ecg": _ecg(times, ecg),
        }

    @property
    def _key(self) -> str:
        return f"{self.heart.content_address} {self.protocol}"

    @property
    def _nothing(self) -> RhythmPlan:
        return Plan(name="nothing", until_h=self.case.now_h + 24.0)

    def _rows(self, asked: Mapping[str, Any]) -> Array:
        draws = int(asked.get("draws") or USUAL_DRAWS)
        if not 1 <= draws <= len(self.rows):
            raise InvalidInputError(f"1 to {len(self.rows)} draws can be stimulated, got {draws}.")
        return _usual_first(self.rows)[:draws]

    def _part(self, start: float, end: float) -> Progress:
        return lambda what, share: self.progress(what, start + (end - start) * share)

    def _sites(self, asked: Mapping[str, Any]) -> tuple[str, ...]:
        """The sites asked for, else all."""
        names = tuple(str(s) for s in asked.get("sites") or self.heart.sites)
        for name in names:
            places(self.heart, name)
        return names

    def _tried(
        self, rows: Array, plan: RhythmPlan, sites: tuple[str, ...], progress: Progress
    ) -> Tested:
        """Stimulation of these draws under a plan; what was done lately is not done again."""
        key = f"{self._key} {plan.name} {sites} {digest(rows)}"
        if key not in _TESTED:
            made = stimulated(self.case, rows, plan, self.protocol, progress, sites=sites)
            _remember(_TESTED, key, made)
        return _TESTED[key]

    def _told(self, found: Tested, rows: Array, plan: RhythmPlan) -> Shape:
        return {
            **_share(found.inducible),
            "plan": plan.name,
            "draws": len(rows),
            "based_on": self._based_on(),
            "remarks": [WARNED, *self.case.assumed],
            "sites": [self._site(found, r.site) for r in found.results[0]],
            "circuits": [self._circuit(rows, plan, k, f) for k, f in enumerate(found.circuits)],
        }

    def _screened(
        self, heart: Heart, row: Array, sites: tuple[str, ...], before: Tested
    ) -> tuple[SiteResult, ...]:
        if heart.content_address == self.heart.content_address:
            return before.results[0]
        return screen(waves_of(heart, row), self.protocol, sites=sites, report=self._quiet)

    def _quiet(self, what: str, share: float) -> None:
        _ = share
        self.progress(what, 0.5)

    def _control(self, row: Array, sites: tuple[str, ...], progress: Progress) -> Shape:
        healthy = self.heart.with_tissue(
            np.full(self.heart.voxels.count, Tissue.HEALTHY, dtype=np.uint8)
        )
        key = f"{self._key} {sites} {digest(row)}"
        if key not in _CONTROLS:
            waves = waves_of(healthy, row)
            _remember(_CONTROLS, key, screen(waves, self.protocol, sites=sites, report=progress))
        made = _CONTROLS[key]
        found = [r.site for r in made if r.inducible]
        words = (
            f"The same heart without scar and border zone: inducible from {_list(found)}, so part "
            "of what was found may be numerical."
            if found
            else f"The same heart without scar and border zone: from none of {len(made)} sites."
        )
        return {"inducible": bool(found), "sites": found, "words": words}

    def _burn(self, made: Search) -> RhythmPlan:
        items = tuple(Ablation(points_mm=m.points_mm, radius_mm=m.radius_mm) for m in made.lesions)
        return Plan(
            name="; ".join(_written(i) for i in items) or "nothing",
            interventions=items,
            until_h=self.case.now_h + 24.0,
        )

    def _site(self, found: Tested, name: str) -> Shape:
        of = [r for draw in found.results for r in draw if r.site == name]
        induced = [r for r in of if r.inducible]
        shown = induced[0] if induced else of[0]
        return {
            "site": name,
            **_share(found.site(name)),
            "outcome": shown.outcome,
            "coupling_intervals_ms": list(shown.coupling_intervals_ms),
            "erp_ms": _number(np.median([r.erp_ms for r in of])),
            "cycle_length_ms": _number(
                np.median([r.cycle_length_ms for r in induced]) if induced else np.nan
            ),
        }

    def _circuit(self, rows: Array, plan: RhythmPlan, number: int, found: Found) -> Shape:
        c, heart = found.circuit, waves_of(self.heart, rows[found.draw], plan).heart
        x = heart.voxels.positions_mm
        low, high = np.quantile(found.cycle_lengths_ms, [0.05, 0.95])
        end = found.beats.last_ms
        times = np.arange(max(found.beats.time_ms[0], end - LONGEST_ECG_MS), end, SAMPLE_MS)
        ecg = LeadField.of(heart).ecg_of(found.beats, times)
        return {
            "id": f"circuit {number + 1}",
            "kind": c.kind.value,
            "words": f"{c.kind.value.capitalize()}, exit at {c.exit_place}; in {found.hearts} of "
            f"{len(rows)} hearts.",
            "hearts": found.hearts,
            "cycle_length_ms": float(np.median(found.cycle_lengths_ms)),
            "low": float(low),
            "high": float(high),
            "isthmus_vertices": [self._vertex(x[v]) for v in c.isthmus],
            "isthmus_mm": x[c.isthmus].round(1).tolist(),
            "entrance_vertex": self._vertex(x[c.entrance]),
            "exit_vertex": self._vertex(x[c.exit]),
            "exit_mm": x[c.exit].round(1).tolist(),
            "exit_segment": c.exit_place,
            "path_mm": x[c.path].round(1).tolist(),
            "arrays": {"lat": packed(_on_skin(self.heart, c.lat_ms))},
            "ecg": _ecg(times - times[0], ecg),
        }

    def _vertex(self, at_mm: Sequence[float] | Array) -> int:
        away = skin(self.heart).vertices_mm - np.asarray(at_mm, dtype=np.float64)
        return int(np.argmin((away * away).sum(axis=1)))

    def _based_on(self) -> str:
        return (
            f"Image {self.case.inputs.image[:12]} on voxels of "
            f"{self.heart.voxels.spacing_mm:g} mm; {self.protocol.words}."
        )


def view_of(case: Case[Imaged]) -> View:
    """The heart as a surface, with what lies at each vertex."""
    heart = case.inputs.heart
    surface = skin(heart)
    arrays: dict[str, NDArray[Any]] = {
        "vertices": surface.vertices_mm.astype(np.float32),
        "triangles": surface.triangles.astype(np.uint32),
        "tissue": heart.tissue[surface.voxel].astype(np.uint8),
        "segment": heart.segment[surface.voxel].astype(np.uint8),
    }
    x = heart.voxels.positions_mm
    nearest = [
        int(np.argmin(((surface.vertices_mm - x[v]) ** 2).sum(axis=1)))
        for v in heart.sites.values()
    ]
    return View(
        header={
            "title": "Ventricles",
            "based_on": f"image {case.inputs.image[:12]}",
            "assumed": [*case.assumed, *case.inputs.repairs],
            "spacing_mm": heart.voxels.spacing_mm,
            "volumes_ml": {
                t.name.lower(): round(heart.volume_ml(t), 1)
                for t in (Tissue.HEALTHY, Tissue.BORDER, Tissue.SCAR, Tissue.INFLAMED)
            },
            "sites": [
                {
                    "name": name,
                    "label": name.removeprefix("segment ").replace("RV ", "RV"),
                    "ventricle": Ventricle(int(heart.ventricle[v])).name.lower(),
                    "vertex": vertex,
                    "position_mm": x[v].round(1).tolist(),
                }
                for (name, v), vertex in zip(heart.sites.items(), nearest, strict=True)
            ],
            "drugs": [{"name": n, "words": drugs.blocker(n).caution} for n in drugs.names()],
            "studies": STUDIES,
        },
        arrays=arrays,
    )


def plan_of(heart: Heart, asked: Mapping[str, Any], case: Case[Imaged]) -> RhythmPlan:
    """A plan from text, or from lesions by vertex of the view and a drug."""
    items: list[Intervention] = []
    if asked.get("plan"):
        items += interventions_from_text(str(asked["plan"]))
    at = skin(heart).vertices_mm
    for lesion in asked.get("lesions") or ():
        vertices = [int(v) for v in lesion["vertices"]]
        if not vertices or min(vertices) < 0 or max(vertices) >= len(at):
            raise InvalidInputError("A lesion names a vertex that the heart has not.")
        points = tuple((float(a), float(b), float(c)) for a, b, c in at[vertices])
        items.append(Ablation(points_mm=points, radius_mm=float(lesion["radius_mm"])))
    if asked.get("drug"):
        drug = asked["drug"]
        items.append(Drug(name=str(drug["name"]), multiple=float(drug.get("multiple", 1.0))))
    name = "; ".join(_written(i) for i in items) or "nothing"
    return Plan(name=name, interventions=tuple(items), until_h=case.now_h + 24.0)


def _written(item: Intervention) -> str:
    if isinstance(item, Ablation):
        points = " - ".join(" ".join(f"{q:.1f}" for q in p) for p in item.points_mm)
        return f"ablate {points} radius {item.radius_mm:g}"
    if isinstance(item, Drug):
        return f"give {item.name}" + ("" if item.multiple == 1 else f" x {item.multiple:g}")
    return "pace " + " + ".join(item.sites)


_SKINS: OrderedDict[str, Skin] = OrderedDict()
_TESTED: OrderedDict[str, Tested] = OrderedDict()
_CONTROLS: OrderedDict[str, tuple[SiteResult, ...]] = OrderedDict()
_EMULATORS: OrderedDict[str, Emulator] = OrderedDict()


def _remember(kept: OrderedDict[str, T], key: str, value: T) -> T:
    kept[key] = value
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
    return value


def skin(heart: Heart) -> Skin:
    """The surface of a heart; the last few are remembered."""
    key = heart.content_address
    return _SKINS.get(key) or _remember(_SKINS, key, skin_of(heart.voxels))


def _on_skin(heart: Heart, values: Array) -> NDArray[np.float32]:
    found = values[skin(heart).voxel].astype(np.float32)
    found[~np.isfinite(found)] = np.nan
    return found


def _usual_first(rows: Array) -> Array:
    """The draws, those nearest the middle of all first."""
    logs = np.log(rows)
    spread = np.maximum(logs.std(axis=0), 1e-9)
    away = (((logs - np.median(logs, axis=0)) / spread) ** 2).sum(axis=1)
    return rows[np.argsort(away, kind="stable")]


def _share(of: Share) -> Shape:
    return {"probability": of.probability, "low": of.low, "high": of.high}


def _ecg(times_ms: Array, mv: Array) -> Shape:
    return {"leads": list(LEADS), "time_ms": times_ms.round(1).tolist(), "mv": mv.round(4).tolist()}


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _list(names: Sequence[str] | Mapping[str, Any]) -> str:
    return ", ".join(names)


def _untrusted(words: str, start: float) -> Shape:
    return {
        "probability": None,
        "low": None,
        "high": None,
        "trusted": False,
        "words": f"{words} Run the full test.",
        "seconds": time.monotonic() - start,
    }


def _said(made: Search, before: Tested, after: Tested) -> str:
    if not made.rounds[0].inducible:
        return "No tachycardia could be induced in the most usual heart, so nothing is to be burnt."
    if not made.non_inducible:
        return (
            "No set of lesions was found that leaves the most usual heart non-inducible; what is "
            "listed is where the search stopped."
        )
    b, a = before.inducible, after.inducible
    return (
        f"{len(made.lesions)} lesions, {made.volume_ml:.1f} mL, leave the most usual heart "
        f"non-inducible from every site. Over {b.of} hearts and lesions that come out larger or "
        f"smaller than planned, inducible before in {100 * b.probability:.0f} % "
        f"({100 * b.low:.0f} to {100 * b.high:.0f} %), after in {100 * a.probability:.0f} % "
        f"({100 * a.low:.0f} to {100 * a.high:.0f} %)."
    )
