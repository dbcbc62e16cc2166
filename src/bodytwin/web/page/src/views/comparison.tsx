/** Plans compared: the curves over each other, a table of outcomes, and whether one may be called best. */
import { useMemo } from "preact/hooks";
import { CourseChart } from "../charts/course";
import type { Band } from "../charts/draw";
import { IntervalMark, reachOf } from "../charts/interval_mark";
import { capital, interval, named, number, percent, unit, withUnit } from "../format";
import { planColour } from "../palette";
import type { Compared, Curves, Difference, Option, OutcomeShape } from "../shapes";
import { useCell } from "../state";
import { theme } from "../theme";
import { Icon } from "../ui/icon";
import { CourseLegend } from "./course_legend";

export function Comparison({ found, past }: { found: Compared; past: Curves | null }) {
  return (
    <div class="stack wide">
      <div class={found.best ? "note good" : "note warn"}>
        <p class="lead">{found.best ? null : <><Icon name="shield" /> </>}{found.ranking}</p>
        {found.remarks.map((r) => <p key={r} class="small">{r}</p>)}
        <p class="small muted">What counts as good: {found.utility}</p>
      </div>
      <Overlaid found={found} past={past} />
      <Ranking found={found} />
      <Outcomes found={found} />
    </div>
  );
}

function Overlaid({ found, past }: { found: Compared; past: Curves | null }) {
  const colours = useCell(theme);
  const shown = useMemo(() => charts(found, colours), [found, colours]);
  const curves = found.curves?.[found.options[0]?.plan ?? ""] ?? past;
  if (!curves || shown.length === 0) return null;
  return (
    <>
      {shown.map(({ q, bands }) => {
        const end = Math.max(...bands.map((b) => b.curves.time_h.at(-1) ?? 0));
        return (
          <div key={q.quantity} class="stack tight">
            <CourseChart title={`${capital(q.quantity)} under each plan`} origin={curves.origin} nowH={curves.now_h} bands={bands} quantity={q} doses={given(curves)} fromH={Math.max(q.measured[0]?.time_h ?? 0, curves.now_h - 0.3 * (end - curves.now_h))} />
            <CourseLegend bands={bands} quantity={q} doses={given(curves)} />
          </div>
        );
      })}
    </>
  );
}

/** Plans differ in what follows, so only what was given stands at the foot. */
function given(curves: Curves) {
  return curves.doses.filter((d) => d.time_h <= curves.now_h);
}

function charts(found: Compared, colours: "light" | "dark") {
  const first = found.options.map((o) => found.curves?.[o.plan]).find(Boolean);
  return (first?.quantities ?? []).map((q) => ({
    q,
    bands: found.options.flatMap((o, i): Band[] => {
      const mine = found.curves?.[o.plan]?.quantities.find((c) => c.quantity === q.quantity);
      return mine ? [{ words: o.plan, curves: mine, colour: planColour(i, colours), dash: i }] : [];
    }),
  }));
}

function Ranking({ found }: { found: Compared }) {
  const colours = useCell(theme);
  if (found.options.length < 2) return null;
  return (
    <div class="stack tight">
    <p class="muted small">Over the draws of this patient. ± is the error of the computation, not of the patient.</p>
    <div class="scroll" tabIndex={0} role="region" aria-label="Plans, ranked by what is expected of them">
      <table class="narrow-table">
        <caption class="unseen">Plans and what is expected of them</caption>
        <thead><tr><th scope="col">Plan</th><th scope="col" class="num">Best of these, probability</th><th scope="col" class="num">Expected regret, points</th><th scope="col" class="num">Expected utility, points</th></tr></thead>
        <tbody>
          {found.options.map((o, i) => (
            <tr key={o.plan} class={o.plan === found.best ? "best" : ""}>
              <th scope="row"><PlanName plan={o.plan} colour={planColour(i, colours)} />{o.plan === found.best ? <span class="tag good"><Icon name="done" />best</span> : null}</th>
              <td class="num">{percent(o.probability_best)}<PlusMinus v={o.probability_best_se} share /></td>
              <td class="num">{number(o.expected_regret, 2)}<PlusMinus v={o.expected_regret_se} /></td>
              <td class="num">{number(o.expected_utility, 2)}<PlusMinus v={o.expected_utility_se} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    </div>
  );
}

function PlusMinus({ v, share = false }: { v: number | null; share?: boolean }) {
  if (v === null) return null;
  return <span class="range">± {share ? percent(v) : number(v, 1)}</span>;
}

function PlanName({ plan, colour }: { plan: string; colour: string }) {
  return <span class="plan-name"><svg viewBox="0 0 12 12" class="swatch" aria-hidden="true"><circle cx="6" cy="6" r="5" fill={colour} /></svg>{plan}</span>;
}

function Outcomes({ found }: { found: Compared }) {
  const names = found.options[0]?.outcomes.map((o) => o.name) ?? [];
  return (
    <section class="stack" aria-labelledby="outcomes">
      <h3 id="outcomes" class="sub">Outcomes</h3>
      <div class="outcomes">{names.map((name) => <Outcome key={name} name={name} found={found} />)}</div>
    </section>
  );
}

function Outcome({ name, found }: { name: string; found: Compared }) {
  const colours = useCell(theme);
  const rows = found.options.flatMap((o: Option): [Option, OutcomeShape][] => {
    const mine = o.outcomes.find((x) => x.name === name);
    return mine ? [[o, mine]] : [];
  });
  const first = rows[0]?.[1];
  if (!first) return null;
  const reach = reachOf(rows.flatMap(([, x]) => [x.low90, x.high90]));
  const differences = (found.difference ?? []).filter((d) => d.outcome === name);
  const happens = rows.every(([, x]) => x.probability !== null);
  const targeted = rows.some(([, x]) => x.probability_in_target !== null);
  const harmful = rows.some(([, x]) => x.probability_of_harm !== null);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={first.words || named(name)}>
      <table>
        <caption class="outcome-name">{first.words || named(name)} <span class="muted">{unit(first.unit)}</span></caption>
        <thead>
          <tr>
            <th scope="col">Plan</th>{happens ? null : <th scope="col" class="wide-only"><span class="unseen">Interval drawn</span></th>}
            <th scope="col" class="num">{happens ? "Probability" : "Median, 90\u00a0% interval"}</th>
            {differences.length > 0 && !happens ? <th scope="col" class="num">Against the first plan</th> : null}
            {targeted ? <th scope="col" class="num">In target</th> : null}{harmful ? <th scope="col" class="num">Harm</th> : null}
          </tr>
        </thead>
        <tbody>
          {rows.map(([o, x]) => {
            const i = found.options.indexOf(o);
            const said = interval(x.median, x.low90, x.high90);
            return (
              <tr key={o.plan}>
                <th scope="row"><PlanName plan={o.plan} colour={planColour(i, colours)} /></th>
                {happens ? null : <td class="wide-only"><IntervalMark low={x.low90} median={x.median} high={x.high90} reach={reach} colour={planColour(i, colours)} label={`${said.low} to ${said.high}`} /></td>}
                <td class="num">{happens ? <b>{percent(x.probability)}</b> : <><b>{withUnit(said.median, x.unit)}</b><span class="range">{said.low} to {withUnit(said.high, x.unit)}</span></>}</td>
                {differences.length > 0 && !happens ? <td class="num">{i === 0 ? <span class="muted">–</span> : <Against d={differences.find((d) => d.plan === o.plan)} />}</td> : null}
                {targeted ? <td class="num">{percent(x.probability_in_target)}</td> : null}
                {harmful ? <td class="num">{percent(x.probability_of_harm)}</td> : null}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Against({ d }: { d: Difference | undefined }) {
  if (!d || d.median === null) return <span class="muted">–</span>;
  const said = interval(d.median, d.lower, d.upper);
  const plus = (v: number | null, text: string) => (v !== null && v > 0 ? `+${text}` : text);
  return <>{plus(d.median, withUnit(said.median, d.unit))}<span class="range">{plus(d.lower, said.low)} to {plus(d.upper, withUnit(said.high, d.unit))}</span></>;
}
