/** Say it before it is measured; then see whether it was right. */
import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import { IntervalMark, reachOf } from "../charts/interval_mark";
import { capital, count, interval, moment, number, short, withUnit } from "../format";
import type { ForecastTarget, Person, Registered, Scored, Scoring, Subject } from "../shapes";
import { announce } from "../state";
import { Icon } from "../ui/icon";
import { Busy, useWork } from "../ui/job";
import { useLoad } from "../ui/load";
import { Loading, Trouble } from "../ui/states";

interface Props { person: Person; subject: Subject; turn: number; made: () => void; plans: string[] }

export function Forecasts({ person, subject, turn, made, plans }: Props) {
  const base = `/patients/${encodeURIComponent(person.patient)}`;
  const [found, again] = useLoad<Registered[]>(`${base}/forecasts`);
  const [scoring, setScoring] = useState<Scoring | null>(null);
  const [trouble, fail] = useState<unknown>(null);
  useEffect(() => {
    if (turn > 0) again();
  }, [turn]);
  const score = async () => {
    fail(null);
    try {
      const said = (await api.send(`${base}/score`, { method: "POST", body: {} })) as Scoring;
      setScoring(said);
      announce(`${said.scored.length} scored, ${said.waiting} still wait.`);
      again();
    } catch (error) {
      fail(error);
    }
  };
  const names = new Set(subject.variants.map((v) => v.name));
  const list = found.is === "here" ? found.value : found.is === "loading" ? found.before : undefined;
  const mine = list?.filter((f) => f.variant.split(/[\s,+]+/).some((v) => names.has(v))) ?? [];
  return (
    <section class="stack" aria-labelledby="forecasts">
      <div><h2 id="forecasts">Forecasts</h2><p class="muted">A forecast is registered before it is shown, and cannot be changed. When the outcome is measured, it is scored, whether it flatters or not.</p></div>
      <Register person={person} subject={subject} plans={plans} made={made} />
      {found.is === "trouble" ? <Trouble error={found.error} again={again} patient={person.patient} /> : null}
      {found.is === "loading" && !list ? <Loading what="forecasts" rows={2} /> : null}
      {list && mine.length === 0 ? <p class="muted">None yet.</p> : null}
      {mine.length > 0 ? (
        <>
          <ol class="forecasts">{[...mine].reverse().map((f) => <One key={f.id} f={f} all={mine} />)}</ol>
          <div class="row"><button class="button" type="button" onClick={score}>Hold against what was measured since</button>{scoring ? <span class="muted" role="status">{count(scoring.scored.length, "forecast")} scored now; {scoring.waiting} still wait.</span> : null}</div>
          {trouble ? <Trouble error={trouble} patient={person.patient} /> : null}
        </>
      ) : null}
    </section>
  );
}

function Register({ person, subject, plans, made }: { person: Person; subject: Subject; plans: string[]; made: () => void }) {
  const [at, setAt] = useState("+12h");
  const [plan, setPlan] = useState("");
  const job = useWork<Registered>((r) => {
    announce(`Registered: ${said(r.targets[0])}`);
    made();
  });
  const times = at.split(/[,;]\s*/).map((t) => t.trim()).filter(Boolean);
  const good = times.length > 0 && times.every((t) => /^\+\d+(\.\d+)?\s*(min|h|d)$/.test(t) || !Number.isNaN(Date.parse(t)));
  const start = (event: Event) => {
    event.preventDefault();
    job.start(`/patients/${encodeURIComponent(person.patient)}/forecast`, {
      subject: subject.subject, at: times.map((t) => t.replace(/\s+/g, "")), ...(plan.trim() ? { plan: plan.trim() } : {}),
    });
  };
  return (
    <form class="stack tight" onSubmit={start}>
      <div class="row register">
        <div class="field">
          <label for="f-at">When it will be measured</label>
          <input id="f-at" class="input" type="text" value={at} aria-invalid={good ? undefined : "true"} aria-describedby="f-at-hint" onInput={(e) => setAt(e.currentTarget.value)} />
          <span id="f-at-hint" class={good ? "hint" : "hint bad"}>{good ? "After the newest data; or a time in UTC, as 2024-03-02T08:00Z. Several with commas." : "Write +12h, +2d, or 2024-03-02T08:00Z."}</span>
        </div>
        <div class="field">
          <label for="f-plan">What will be given until then</label>
          <input id="f-plan" class="input" type="text" list="f-plans" autoComplete="off" placeholder="nothing more" value={plan} onInput={(e) => setPlan(e.currentTarget.value)} />
          <datalist id="f-plans">{["as given", ...plans].map((p) => <option key={p} value={p} />)}</datalist>
          <span class="hint">A plan in words, “as given” for what the record says, or nothing.</span>
        </div>
        <div class="field"><span class="label">{"\u00a0"}</span>{job.progress ? null : <button class="button" type="submit" disabled={!good}>Register a forecast</button>}<span class="hint" /></div>
      </div>
      {job.progress ? <Busy progress={job.progress} onStop={job.stop} /> : null}
      {job.error ? <Trouble error={job.error} patient={person.patient} /> : null}
    </form>
  );
}

function said(t: ForecastTarget | undefined): string {
  if (!t) return "";
  const i = interval(t.median, t.low90, t.high90);
  return `${t.quantity} at ${moment(t.time)}: ${withUnit(i.median, t.unit)}, nine in ten from ${i.low} to ${i.high}`;
}

function One({ f, all }: { f: Registered; all: Registered[] }) {
  return (
    <li>
      <div class="forecast-targets">{f.targets.map((t) => <Target key={`${t.quantity} ${t.time}`} t={t} reach={reach(all, t)} scores={(f.scores ?? []).filter((s) => s.quantity === t.quantity && s.time === t.time)} />)}</div>
      <p class="small muted">Registered {moment(f.registered_at)} with data up to {moment(f.as_of)}; plan: {f.plan}; <code>{f.variant}</code>, <code title={f.id}>{short(f.id)}</code>{f.standing === "replay" ? <> <span class="tag">replay: the outcome was known, and kept from the model</span></> : null}</p>
    </li>
  );
}

/** One scale for all forecasts of a quantity, so that they can be compared by eye. */
function reach(all: Registered[], t: ForecastTarget): [number, number] {
  const same = all.flatMap((f) => [
    ...f.targets.filter((x) => x.quantity === t.quantity && x.unit === t.unit).flatMap((x) => [x.low90, x.high90]),
    ...(f.scores ?? []).filter((s) => s.quantity === t.quantity).map(observed),
  ]);
  return reachOf(same);
}

function observed(score: Scored | undefined): number | null {
  const value = score?.["observed"];
  return typeof value === "number" ? value : null;
}

function Target({ t, scores, reach: scale }: { t: ForecastTarget; scores: Scored[]; reach: [number, number] }) {
  const i = interval(t.median, t.low90, t.high90);
  const score = scores[0];
  const seen = observed(score);
  return (
    <div class="target">
      <Verdict score={score} t={t} />
      <p>{capital(t.quantity)} on {moment(t.time)}: <b>{withUnit(i.median, t.unit)}</b>, nine in ten from {i.low} to {withUnit(i.high, t.unit)}.{score ? <> {capital(score.words)}</> : null} <span class="muted small">Without this patient’s data: {withUnit(number(t.population.median), t.unit)}.</span></p>
      <IntervalMark low={t.low90} median={t.median} high={t.high90} reach={scale} seen={seen} label={`Interval ${i.low} to ${i.high}${seen === null ? "" : `, measured ${number(seen)}`}`} />
    </div>
  );
}

function Verdict({ score, t }: { score: Scored | undefined; t: ForecastTarget }) {
  if (!score) return <span class="tag">{Date.parse(t.time) > Date.now() ? "not yet due" : "no outcome yet"}</span>;
  const hit = typeof score["covered90"] === "boolean" ? score["covered90"] : !/outside/i.test(score.words);
  return hit ? <span class="tag good"><Icon name="allowed" />hit</span> : <span class="tag bad"><Icon name="refused" />miss</span>;
}
