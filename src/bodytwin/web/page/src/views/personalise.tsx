/** Fit the published models to this patient; then what was learned, and what is foreseen. */
import { useState } from "preact/hooks";
import { CourseChart } from "../charts/course";
import { capital, count, moment } from "../format";
import { colour } from "../theme";
import type { Personalised, Person, Subject } from "../shapes";
import { announce, type Cell, useCell } from "../state";
import { theme } from "../theme";
import { Busy, useWork } from "../ui/job";
import { Trouble } from "../ui/states";
import { Icon } from "../ui/icon";
import { CourseLegend } from "./course_legend";
import type { Kept } from "./kept";
import { Models } from "./models";
import { Parameters } from "./parameters";

interface Part { person: Person; subject: Subject; cell: Cell<Kept>; again: () => void }

export function PersonalisePart({ person, subject, cell, again }: Part) {
  const kept = useCell(cell);
  const [asOf, setAsOf] = useState("");
  const [draws, setDraws] = useState("2000");
  const [seed, setSeed] = useState("0");
  const job = useWork<Personalised>((result) => {
    cell.value = { personalised: result };
    announce("Personalised.");
    again();
  });
  const names = new Set(subject.variants.map((v) => v.name));
  const last = person.latest.filter((l) => names.has(l.variant)).map((l) => l.made_at).sort().at(-1);
  const start = (event: Event) => {
    event.preventDefault();
    job.start(`/patients/${encodeURIComponent(person.patient)}/personalise`, {
      twin: subject.twin, subject: subject.subject, draws: Number(draws), seed: Number(seed),
      ...(asOf ? { as_of: `${asOf}:00Z` } : {}),
    });
  };
  return (
    <section class="stack" aria-labelledby="personalise">
      <div class="section-head">
        <div>
          <h2 id="personalise">{capital(subject.subject)}</h2>
          <p class="lead muted">{subject.question}</p>
        </div>
      </div>
      <form class="stack tight" onSubmit={start}>
        {job.progress ? <Busy progress={job.progress} onStop={job.stop} /> : (
          <div class="row">
            <button class={kept.personalised ? "button" : "button main"} type="submit"><Icon name={kept.personalised ? "retry" : "forth"} />{kept.personalised ? "Personalise again" : "Personalise"}</button>
            <span class="muted small">{count(subject.variants.length, "published model")}{last ? `; last on ${moment(last)}. Where nothing changed, the kept result comes back at once.` : "; never done for this patient."}</span>
          </div>
        )}
        <details>
          <summary class="small">How</summary>
          <div class="row end how">
            <div class="field"><label for="p-asof">Data up to (UTC; else all)</label><input id="p-asof" class="input" type="datetime-local" value={asOf} onInput={(e) => setAsOf(e.currentTarget.value)} /></div>
            <div class="field"><label for="p-draws">Draws</label><input id="p-draws" class="input num" type="number" min={100} max={100000} step={100} value={draws} onInput={(e) => setDraws(e.currentTarget.value)} /></div>
            <div class="field"><label for="p-seed">Seed</label><input id="p-seed" class="input num" type="number" min={0} step={1} value={seed} onInput={(e) => setSeed(e.currentTarget.value)} /></div>
          </div>
        </details>
      </form>
      {job.error ? <Trouble error={job.error} patient={person.patient} /> : null}
      {kept.personalised ? <Result found={kept.personalised} subject={subject} /> : null}
    </section>
  );
}

function Result({ found, subject }: { found: Personalised; subject: Subject }) {
  const colours = useCell(theme);
  const first = [...found.posteriors].sort((a, b) => b.weight - a.weight)[0];
  const curves = found.curves;
  return (
    <div class="stack wide">
      {first ? <p class={first.describes_the_data ? "note good" : "note bad"}>{first.fit} <span class="muted">Data up to {moment(found.as_of)} UTC.</span></p> : null}
      {curves?.quantities.map((q) => (
        <div key={q.quantity} class="stack tight">
          <Forecast q={q} curves={curves} key={`${q.quantity} ${colours}`} />
        </div>
      ))}
      <Parameters found={found} />
      <Models found={found} subject={subject} />
    </div>
  );
}

function Forecast({ q, curves }: { q: NonNullable<Personalised["curves"]>["quantities"][number]; curves: NonNullable<Personalised["curves"]> }) {
  const [bands] = useState(() => [{ words: "This patient", curves: q, colour: colour("--twin"), dash: 0, prior: true }]);
  return (
    <>
      <CourseChart title={capital(q.quantity)} about="as it would be measured" origin={curves.origin} nowH={curves.now_h} bands={bands} quantity={q} doses={curves.doses} />
      <CourseLegend bands={[]} quantity={q} doses={curves.doses} single prior />
    </>
  );
}
