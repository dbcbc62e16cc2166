/** One lane: a small chart of one quantity over time. Arrow keys walk its points, Enter opens one. */
import { useMemo, useState } from "preact/hooks";
import { asGiven, moment, quantity, unit } from "../format";
import { linear, padded, timeMarks } from "../scale";
import type { Fact } from "../shapes";
import type { Lane, Point } from "./lanes";

const HEIGHT = { treatment: 40, observation: 64, covariate: 40 };
const NARROW = 640;
/** Room at the left of a chart for the values of its ends. */
const ROOM = 44;

export interface LaneProps {
  lane: Lane;
  range: [number, number];
  width: number;
  asOf: number | null;
  chosen: Fact | null;
  onChoose: (fact: Fact) => void;
}

export function columns(width: number): { label: number; chart: number; value: number } {
  if (width < NARROW) return { label: width, chart: width, value: 0 };
  const em = width > 2000 ? 1.25 : width > 1700 ? 1.125 : 1;
  const label = Math.min(300 * em, Math.max(170, width * 0.19));
  const value = 134 * em;
  return { label, chart: Math.max(80, width - label - value), value };
}

export function TimeAxis({ range, width }: { range: [number, number]; width: number }) {
  const { label, chart } = columns(width);
  const left = width < NARROW ? 0 : label;
  const x = linear(range, [ROOM, chart - 10]);
  const marks = timeMarks(range[0], range[1], chart / 90).filter((m) => x(m.at) > ROOM - 2 && x(m.at) < chart - 18);
  const years = new Date((range[0] + range[1]) / 2).getUTCFullYear();
  return (
    <svg class="time-axis" width={width} height={26} aria-hidden="true">
      {marks.length > 0 && !/^\d{4}$/.test(marks[0]!.words) ? <text x={0} y={17} class={left > 0 ? "year" : "unseen"}>{years}</text> : null}
      {marks.map((m) => <g key={m.at}><line x1={left + x(m.at)} x2={left + x(m.at)} y1={21} y2={26} /><text x={left + x(m.at)} y={17} text-anchor="middle">{m.words}</text></g>)}
    </svg>
  );
}

export function LaneRow({ lane, range, width, asOf, chosen, onChoose }: LaneProps) {
  const { label, chart, value } = columns(width);
  const here = useMemo(() => lane.points.filter((p) => p.t >= range[0] && p.t <= range[1]), [lane, range[0], range[1]]);
  const at = here.findIndex((p) => p.fact === chosen);
  const [focus, setFocus] = useState<number | null>(null);
  const active = focus === null ? at : Math.min(focus, here.length - 1);
  const last = lane.points.filter((p) => asOf === null || p.t <= asOf).filter((p) => !p.fact.superseded).at(-1) ?? lane.points.at(-1)!;
  const shown = here[active];
  const key = (event: KeyboardEvent) => {
    const from = active < 0 ? here.length - 1 : active;
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: here.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setFocus(Math.max(0, Math.min(here.length - 1, to)));
    } else if ((event.key === "Enter" || event.key === " ") && here[from]) {
      event.preventDefault();
      onChoose(here[from]!.fact);
    }
  };
  return (
    <div class={width < NARROW ? "lane narrow" : "lane"}>
      <div class="lane-title" ref={(e) => { if (e) e.style.width = width < NARROW ? "" : `${label}px`; }}>
        <b title={lane.points[0]!.fact.display || lane.code}>{lane.title}</b>
        <span class="muted small">{lane.points.length > 1 ? `${lane.points.length} × ` : ""}{unit(lane.unit) || "no unit"}</span>
      </div>
      {width > 0 ? (
        <div
          class="lane-chart" tabIndex={0} role="slider" aria-orientation="horizontal" aria-label={`${lane.title}, ${here.length} points. Enter opens where it comes from.`}
          aria-valuemin={1} aria-valuemax={Math.max(1, here.length)} aria-valuenow={Math.max(1, active + 1)} aria-valuetext={told(here[active < 0 ? here.length - 1 : active])}
          onKeyDown={key} onFocus={(e) => { if ((e.currentTarget as Element).matches(":focus-visible") && focus === null && at < 0) setFocus(here.length - 1); }} onBlur={() => setFocus(null)}
        >
          <Chart lane={lane} here={here} range={range} width={chart} asOf={asOf} active={active} onHover={setFocus} onPick={(i) => here[i] && onChoose(here[i]!.fact)} />
        </div>
      ) : null}
      <div class="lane-value" ref={(e) => { if (e && value > 0) e.style.width = `${value}px`; }}>
        {shown ? <><b>{amount(shown.fact)}</b><span class="muted">{moment(shown.fact.time)}</span></> : <b>{amount(last.fact)}</b>}
      </div>
    </div>
  );
}

function amount(f: Fact): string {
  return quantity(f.value, f.unit, f.comparator, 4);
}

function told(p: Point | undefined): string {
  if (!p) return "no points in this span";
  const state = [p.fact.conflict ? "sources disagree" : "", p.fact.superseded ? "replaced" : ""].filter(Boolean).join(", ");
  return `${moment(p.fact.time)}: ${amount(p.fact)}${state ? `, ${state}` : ""}`;
}

interface Charted { lane: Lane; here: Point[]; range: [number, number]; width: number; asOf: number | null; active: number; onHover: (i: number | null) => void; onPick: (i: number) => void }

function Chart({ lane, here, range, width, asOf, active, onHover, onPick }: Charted) {
  const height = HEIGHT[lane.kind];
  const x = linear(range, [ROOM, width - 10]);
  const drawn = useMemo(() => draw(lane, here, x, height), [lane, here, range[0], range[1], width]);
  const nearest = (event: PointerEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let best = -1;
    let least = 26 ** 2;
    drawn.at.forEach(([cx, cy], i) => {
      const far = (cx - px) ** 2 + 0.25 * (cy - py) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    return best;
  };
  const cut = asOf === null ? null : x(asOf);
  const mark = drawn.at[active];
  return (
    <svg width={width} height={height} class={`lane-svg ${lane.kind}${here.length > width / 9 ? " dense" : ""}`} aria-hidden="true"
      onPointerMove={(e) => { const i = nearest(e); onHover(i < 0 ? null : i); }} onPointerLeave={() => onHover(null)}
      onClick={(e) => { const i = nearest(e as unknown as PointerEvent); if (i >= 0) onPick(i); }}>
      {drawn.ends ? <><text class="end" x={0} y={15}>{drawn.ends[1]}</text><text class="end" x={0} y={height - 7}>{drawn.ends[0]}</text></> : null}
      <path class="thread" d={drawn.thread} />
      <path class="doses" d={drawn.doses} /><path class="dots" d={drawn.dots} />
      <path class="limits" d={drawn.limits} /><path class="conflicts" d={drawn.conflicts} /><path class="crossed" d={drawn.crossed} />
      {cut !== null && cut < width ? <><rect class="later" x={Math.max(0, cut)} y={0} width={width - Math.max(0, cut)} height={height} /><line class="cut" x1={cut} x2={cut} y1={0} y2={height} /></> : null}
      {mark ? <><line class="cursor" x1={mark[0]} x2={mark[0]} y1={0} y2={height} /><circle class="active" cx={mark[0]} cy={mark[1]} r={7} /></> : null}
    </svg>
  );
}

interface Drawn { at: [number, number][]; thread: string; dots: string; doses: string; limits: string; conflicts: string; crossed: string; ends: [string, string] | null }

function draw(lane: Lane, here: Point[], x: (t: number) => number, height: number): Drawn {
  const known = here.map((p) => p.fact.value).filter((v): v is number => v !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const dose = lane.kind === "treatment";
  const y = dose ? linear([0, high || 1], [height - 1, 6]) : linear(padded(low, high, 0.02), [height - 11, 11]);
  const d: Drawn = { at: [], thread: "", dots: "", doses: "", limits: "", conflicts: "", crossed: "", ends: null };
  for (const { fact, t } of here) {
    const [cx, cy] = [round(x(t)), round(fact.value === null ? height / 2 : y(fact.value))];
    d.at.push([cx, cy]);
    if (dose) d.doses += long(fact, x, t, cx, cy, height);
    else if (fact.superseded) d.crossed += cross(cx, cy);
    else if (fact.conflict) d.conflicts += `M${cx} ${cy - 6}l6 6l-6 6l-6-6z`;
    else if (fact.comparator) d.limits += fact.comparator.startsWith("<") ? `M${cx - 5} ${cy - 3.5}h10l-5 8z` : `M${cx - 5} ${cy + 3.5}h10l-5-8z`;
    else d.dots += `M${cx} ${cy}h0`;
    if (dose && fact.superseded) d.crossed += cross(cx, Math.max(cy, 6));
    if (dose && fact.conflict) d.conflicts += `M${cx} ${cy - 5}l5 5l-5 5l-5-5z`;
    if (!dose && !fact.superseded && fact.value !== null) d.thread += `${d.thread ? "L" : "M"}${cx} ${cy}`;
  }
  if (!dose && known.length > 1 && low !== high && height > 50) d.ends = [asGiven(low, 3), asGiven(high, 3)];
  return d;
}

function long(fact: Fact, x: (t: number) => number, t: number, cx: number, cy: number, height: number): string {
  const wide = fact.duration_h ? x(t + fact.duration_h * 3_600_000) - x(t) : 0;
  return wide > 3 ? `M${cx} ${height - 1}V${cy}h${round(wide)}V${height - 1}` : `M${cx} ${height - 1}V${cy}`;
}

function cross(cx: number, cy: number): string {
  return `M${cx - 4} ${cy - 4}l8 8M${cx + 4} ${cy - 4}l-8 8`;
}

function round(v: number): number {
  return Math.round(10 * v) / 10;
}
