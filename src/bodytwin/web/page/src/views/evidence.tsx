/** What speaks for and against the model: claims, their support, and how its forecasts fared. */
import { count, number, percent, short } from "../format";
import type { Card, Estimate, Shown } from "../shapes";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";
import { Loading, Trouble } from "../ui/states";
import { levelWords } from "./models";

export function EvidenceView({ twin, variant }: { twin: string; variant: string }) {
  const [found, again] = useLoad<Shown>(`/twins/${encodeURIComponent(twin)}/evidence?variant=${encodeURIComponent(variant)}`);
  return (
    <section class="stack" aria-labelledby="evidence">
      <div><h2 id="evidence">Evidence</h2><p class="muted"><code>{variant}</code></p></div>
      {found.is === "trouble" ? <Trouble error={found.error} again={again} /> : found.is === "loading" ? <Loading what="evidence" rows={3} /> : <Told shown={found.value} />}
    </section>
  );
}

function Told({ shown }: { shown: Shown }) {
  const cards = [...shown.cards, ...shown.replayed];
  return (
    <>
      {shown.evidence.map((e) => (
        <div key={e.variant} class="stack">
          <div class="row"><span class="tag info">{levelWords(e.level)}</span><span class={e.may_rank ? "tag good" : "tag warn"}><Icon name={e.may_rank ? "allowed" : "shield"} />{e.may_rank ? "may say which plan is best" : "may not say which plan is best"}</span></div>
          <dl class="claims">
            {e.claims.map((c) => (
              <div key={c.words}>
                <dt>{c.words}</dt>
                {c.findings.length === 0 ? <dd class="muted">Nothing supports this yet.</dd> : null}
                {c.findings.map((f) => (
                  <dd key={f.case}>
                    <span class={f.passed ? "tag good" : "tag bad"}><Icon name={f.passed ? "allowed" : "refused"} />{f.passed ? "holds" : "fails"}</span> {f.words}
                    <span class="small muted"> {f.support}{f.patients > 0 ? `, ${count(f.patients, "patient")}` : ""}{f.source ? `; ${f.source}` : ""}. <code>{f.command}</code></span>
                  </dd>
                ))}
              </div>
            ))}
          </dl>
          {e.known_failures.length > 0 ? <div class="note warn"><h3>Known failures</h3><ul class="bullets">{e.known_failures.map((w) => <li key={w}>{w}</li>)}</ul></div> : null}
        </div>
      ))}
      {cards.length > 0 ? <Cards cards={cards} /> : null}
      <p class="small muted"><Icon name={shown.log.sound ? "allowed" : "warning"} /> The log: {count(shown.log.entries, "entry", "entries")}, {shown.log.sound ? "sound" : `NOT sound: ${shown.log.faults.join(" ")}`}, head <code>{short(shown.log.head)}</code></p>
    </>
  );
}

function Cards({ cards }: { cards: Card[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="How forecasts fared">
      <table class="narrow-table">
        <caption>How the forecasts of this store fared, with 90{"\u00a0"}% intervals where they can be computed</caption>
        <thead><tr><th scope="col">Quantity</th><th scope="col" class="num">Patients</th><th scope="col" class="num">Forecasts</th><th scope="col" class="num">90{"\u00a0"}% interval held</th><th scope="col" class="num">Relative error</th><th scope="col" class="num">Skill over population</th><th scope="col" class="num">Skill over last value</th></tr></thead>
        <tbody>
          {cards.map((c, i) => (
            <tr key={i}>
              <th scope="row">{c.quantity}</th><td class="num">{c.patients}</td><td class="num">{c.forecasts}</td>
              <td class="num"><Figure e={c.coverage90} share /></td><td class="num"><Figure e={c.relative_rmse} share /></td>
              <td class="num"><Figure e={c.skill_over_population} /></td><td class="num"><Figure e={c.skill_over_last_value} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Figure({ e, share = false }: { e: Estimate | null; share?: boolean }) {
  const say = (v: number | null) => (share ? percent(v) : number(v, 2));
  if (!e || e.value === null) return <span class="muted">–</span>;
  return <>{say(e.value)}{e.low !== null && e.high !== null ? <span class="range">{say(e.low)} to {say(e.high)}</span> : null}</>;
}
