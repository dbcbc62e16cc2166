/** Which published models spoke, with what weight; which declined, and why. */
import { percent, short } from "../format";
import type { Personalised, Subject } from "../shapes";

const LEVEL: Record<string, string> = {
  SIMULATOR: "computes", PERSONALISED: "personalises", SCORED: "forecasts are scored", DECISION: "supports decisions",
};

export function levelWords(level: string): string {
  return LEVEL[level] ?? level.toLowerCase();
}

export function Models({ found, subject }: { found: Personalised; subject: Subject }) {
  const about = new Map(subject.variants.map((v) => [v.name, v]));
  const refused = Object.entries(found.refused);
  return (
    <section class="stack tight" aria-labelledby="models">
      <h3 id="models" class="sub">Which models spoke</h3>
      <ul class="models">
        {found.posteriors.map((p) => (
          <li key={p.id}>
            <div class="row">
              <b>{about.get(p.variant)?.title ?? p.variant}</b>
              <span class="tag info">weight {percent(p.weight)}</span>
              <span class="tag">{levelWords(about.get(p.variant)?.level ?? "")}</span>
              {p.trusted ? null : <span class="tag warn">approximate</span>}
            </div>
            <p class="small muted">{about.get(p.variant)?.source}</p>
            <details class="small">
              <summary>How it was computed</summary>
              <p>{p.method_reason} {p.draws} draws, seed {p.seed}, {p.measurements} measurements. Posterior <code>{short(p.id)}</code>.</p>
              {p.assumed.length + p.left_out.length > 0 ? <ul class="bullets">{[...p.assumed, ...p.left_out].map((w) => <li key={w}>{w}</li>)}</ul> : null}
            </details>
          </li>
        ))}
        {refused.map(([name, why]) => (
          <li key={name} class="declined">
            <div class="row"><b>{about.get(name)?.title ?? name}</b><span class="tag warn">declined</span></div>
            <ul class="bullets small">{why.map((w) => <li key={w}>{w}</li>)}</ul>
          </li>
        ))}
      </ul>
    </section>
  );
}
