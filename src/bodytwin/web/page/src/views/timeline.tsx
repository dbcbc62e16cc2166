/** What is known of a patient over time, lane by lane, and what was known on an earlier day. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api } from "../api";
import { count, moment } from "../format";
import type { Fact, Known } from "../shapes";
import { useLoad } from "../ui/load";
import { Segmented } from "../ui/segmented";
import { Empty, Loading, Trouble } from "../ui/states";
import { FactPanel } from "./fact_panel";
import { LaneRow, TimeAxis } from "./lane_row";
import { extent, GROUPS, lanes, type Lane } from "./lanes";

const DAY = 86_400_000;
const WINDOWS = [
  { value: "day", words: "Last day", ms: DAY },
  { value: "week", words: "Week", ms: 7 * DAY },
  { value: "month", words: "Month", ms: 31 * DAY },
  { value: "year", words: "Year", ms: 366 * DAY },
  { value: "all", words: "All", ms: Infinity },
] as const;
type Window = (typeof WINDOWS)[number]["value"];

export function TimelineView({ patient }: { patient: string }) {
  const path = `/patients/${encodeURIComponent(patient)}/timeline`;
  const [whole, again] = useLoad<Known>(path);
  if (whole.is === "trouble") return <Trouble error={whole.error} again={again} patient={patient} />;
  if (whole.is === "loading") return <Loading what="the timeline" rows={8} />;
  if (whole.value.facts.length === 0) {
    return <Empty title="Nothing is known yet"><p class="muted">Import a file that speaks of this patient; what was read shows here.</p></Empty>;
  }
  return <Whole patient={patient} path={path} whole={whole.value} />;
}

function Whole({ patient, path, whole }: { patient: string; path: string; whole: Known }) {
  const all = useMemo(() => lanes(whole.facts), [whole]);
  const [first, last] = useMemo(() => extent(all), [all]);
  const stages = useMemo(() => recorded(whole.facts), [whole]);
  const [asOf, setAsOf] = useState<number | null>(null);
  const [stage, setStage] = useState<string>("");
  const [earlier, earlierTrouble] = useEarlier(path, asOf, stage);
  const shown = useMemo(() => (earlier ? lanes(earlier.facts) : all), [earlier, all]);
  const [zoom, setZoom] = useState<Window>("all");
  const [find, setFind] = useState("");
  const [chosen, choose] = useState<Fact | null>(null);
  const [box, width] = useWidth<HTMLDivElement>();
  const windows = WINDOWS.filter((w) => w.value === "all" || w.ms < 0.7 * (last - first));
  const size = WINDOWS.find((w) => w.value === zoom)!.ms;
  const pad = 0.015 * Math.min(size, Math.max(last - first, 3_600_000));
  const range: [number, number] = [Math.max(first, last - size) - pad, last + pad];
  const asked = find.trim().toLocaleLowerCase();
  const kept = shown.filter((l) => !asked || `${l.title} ${l.code}`.toLocaleLowerCase().includes(asked));
  const now = asOf ?? last;
  return (
    <div class={chosen ? "timeline with-panel" : "timeline"}>
      <div class="timeline-main">
        <div class="timeline-tools">
          <div class="field">
            <label for="find-lane">Find a quantity</label>
            <input id="find-lane" class="input" type="search" value={find} onInput={(e) => setFind(e.currentTarget.value)} />
          </div>
          {windows.length > 1 ? <div class="field"><span class="label">Show</span><Segmented label="How much of the record" options={windows} value={zoom} onChoose={setZoom} /></div> : null}
          <div class="field as-of">
            <label for="as-of">What was known on <b>{asOf === null ? "the last day" : moment(now)}</b></label>
            <input id="as-of" type="range" min={0} max={1000} step={1} value={Math.round((1000 * (now - first)) / Math.max(1, last - first))} aria-valuetext={asOf === null ? "everything" : moment(now)}
              onInput={(e) => setAsOf(Number(e.currentTarget.value) >= 1000 ? null : first + ((last - first) * Number(e.currentTarget.value)) / 1000)} />
          </div>
          {stages.length > 1 ? (
            <div class="field">
              <label for="stage">As bodytwin had read it</label>
              <select id="stage" class="input" value={stage} onChange={(e) => setStage(e.currentTarget.value)}>
                <option value="">by now</option>
                {stages.map((s) => <option key={s} value={s}>by {moment(s)}</option>)}
              </select>
            </div>
          ) : null}
        </div>
        {earlierTrouble ? <Trouble error={earlierTrouble} patient={patient} /> : null}
        <Legend lanes={shown} />
        <div ref={box}>
          {kept.length === 0 ? <Empty icon="search" title={asked ? `No quantity matches “${find}”` : "Nothing was known by then"} /> : <Grouped lanes={kept} range={range} width={width} asOf={asOf} chosen={chosen} onChoose={choose} />}
        </div>
        <p class="muted small">{summary(shown)} Times in UTC.</p>
      </div>
      {chosen ? <FactPanel patient={patient} fact={chosen} onClose={() => choose(null)} /> : null}
    </div>
  );
}

interface Grouping { lanes: Lane[]; range: [number, number]; width: number; asOf: number | null; chosen: Fact | null; onChoose: (f: Fact) => void }

function Grouped({ lanes: all, range, width, asOf, chosen, onChoose }: Grouping) {
  const kinds = (["treatment", "observation", "covariate"] as const).filter((k) => all.some((l) => l.kind === k));
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    const rows = [...document.querySelectorAll<HTMLElement>(".lane-chart")];
    event.preventDefault();
    rows[rows.indexOf(document.activeElement as HTMLElement) + step]?.focus();
  };
  return (
    <div class="lanes" onKeyDown={move}>
      {width > 0 ? <TimeAxis range={range} width={width} /> : null}
      {kinds.map((kind) => (
        <section key={kind}>
          <h2 class="lane-group">{GROUPS[kind]}</h2>
          {all.filter((l) => l.kind === kind).map((l) => <LaneRow key={l.key} lane={l} range={range} width={width} asOf={asOf} chosen={chosen} onChoose={onChoose} />)}
        </section>
      ))}
    </div>
  );
}

function Legend({ lanes: all }: { lanes: Lane[] }) {
  const some = (test: (f: Fact) => boolean) => all.some((l) => l.points.some((p) => test(p.fact)));
  const marks: [string, string, boolean][] = [
    ["M8 8h0", "measured", some((f) => f.kind === "observation")],
    ["M8 2v12", "dose", some((f) => f.kind === "treatment")],
    ["M4 5h8l-4 7z", "below what can be measured (or above: pointing up)", some((f) => f.comparator !== null)],
    ["M8 2l6 6-6 6-6-6z", "sources disagree", some((f) => f.conflict)],
    ["M4 4l8 8M12 4l-8 8", "replaced by a later version", some((f) => f.superseded)],
  ];
  const present = marks.filter(([, , is]) => is);
  if (present.length < 2) return null;
  return (
    <ul class="lane-legend">
      {present.map(([d, words]) => <li key={words}><svg viewBox="0 0 16 16" aria-hidden="true" class={`legend-mark l${marks.findIndex((m) => m[1] === words)}`}><path d={d} /></svg>{words}</li>)}
    </ul>
  );
}

function summary(all: Lane[]): string {
  const facts = all.flatMap((l) => l.points);
  const disagree = facts.filter((p) => p.fact.conflict).length;
  const replaced = facts.filter((p) => p.fact.superseded).length;
  const said = [`${count(facts.length, "fact")} in ${count(all.length, "lane")}.`];
  if (disagree > 0) said.push(`In ${disagree} the sources disagree.`);
  if (replaced > 0) said.push(`${replaced} replaced by a later version, shown crossed out.`);
  return said.join(" ");
}

/** When something was read, most recent first, without the present state. */
function recorded(facts: readonly Fact[]): string[] {
  const minutes = new Map(facts.map((f) => [f.recorded_at.slice(0, 16), f.recorded_at]));
  return [...minutes.keys()].sort().reverse().slice(0, 40).map((m) => `${m}:59.999Z`);
}

function useEarlier(path: string, asOf: number | null, stage: string): [Known | null, unknown] {
  const [found, set] = useState<Known | null>(null);
  const [error, fail] = useState<unknown>(null);
  const [query, ask] = useState("");
  useEffect(() => {
    const parts = new URLSearchParams();
    if (asOf !== null) parts.set("as_of", new Date(asOf).toISOString());
    if (stage) parts.set("known_at", stage);
    const wait = setTimeout(() => ask(parts.toString()), 220);
    return () => clearTimeout(wait);
  }, [asOf, stage]);
  useEffect(() => {
    fail(null);
    if (query === "") {
      set(null);
      return undefined;
    }
    const stop = new AbortController();
    api.get(`${path}?${query}`, stop.signal).then(
      (k: Known) => !stop.signal.aborted && set(k),
      (e: unknown) => !stop.signal.aborted && fail(e),
    );
    return () => stop.abort();
  }, [path, query]);
  return [found, error];
}

export function useWidth<T extends HTMLElement>(): [{ current: T | null }, number] {
  const box = useRef<T>(null);
  const [width, set] = useState(0);
  useEffect(() => {
    if (!box.current) return undefined;
    const watch = new ResizeObserver(([entry]) => entry && set(Math.floor(entry.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}
