/** What the patient's data changed, parameter by parameter. */
import { DensityPlot } from "../charts/density";
import { interval, named, number, percent, unit, withUnit } from "../format";
import type { ParameterShape, Personalised, PosteriorShape } from "../shapes";

export function Parameters({ found }: { found: Personalised }) {
  return (
    <section class="stack tight" aria-labelledby="learned">
      <h3 id="learned" class="sub">What was learned of this patient</h3>
      <p class="muted small">Grey line: patients like this one. Filled: this patient. Learned: the share of the spread that the data settled.</p>
      {found.posteriors.map((p) => <One key={p.id} p={p} found={found} many={found.posteriors.length > 1} />)}
    </section>
  );
}

function One({ p, found, many }: { p: PosteriorShape; found: Personalised; many: boolean }) {
  const densities = found.densities?.[p.id] ?? [];
  const rows = (
    <div class="scroll" tabIndex={0} role="region" aria-label={`Parameters of ${p.variant}`}>
      <table class="parameters narrow-table">
        <caption class="unseen">Parameters of {p.variant}</caption>
        <thead><tr><th scope="col">Parameter</th><th scope="col">Before and after</th><th scope="col" class="num">Patients like this</th><th scope="col" class="num">This patient, 90{"\u00a0"}% interval</th><th scope="col" class="num">Learned</th></tr></thead>
        <tbody>{p.parameters.map((q) => <Row key={q.name} q={q} density={densities.find((d) => d.parameter === q.name)} />)}</tbody>
      </table>
    </div>
  );
  if (!many) return rows;
  return <details open={p.weight === Math.max(...found.posteriors.map((x) => x.weight))}><summary>{p.variant} <span class="muted small">weight {percent(p.weight)}</span></summary>{rows}</details>;
}

function Row({ q, density }: { q: ParameterShape; density: NonNullable<Personalised["densities"]>[string][number] | undefined }) {
  const said = interval(q.median, q.low90, q.high90);
  return (
    <tr>
      <th scope="row">{named(q.name)}<span class="range">{unit(q.unit) || "no unit"}</span></th>
      <td class="drawn">{density ? <DensityPlot d={density} label={`${named(q.name)}: before and after the data`} /> : null}</td>
      <td class="num before-data">{withUnit(number(q.population_median), q.unit)}</td>
      <td class="num after-data"><b>{withUnit(said.median, q.unit)}</b><span class="range">{said.low} to {withUnit(said.high, q.unit)}</span></td>
      <td class="num learned"><Learned share={q.learned} /></td>
    </tr>
  );
}

function Learned({ share }: { share: number | null }) {
  if (share === null) return <span class="muted">not known</span>;
  const part = Math.max(0, Math.min(1, share));
  return (
    <>
      {part < 0.1 ? <span class="muted">next to nothing</span> : percent(share)}
      <svg class="share" viewBox="0 0 60 4" width="60" height="4" aria-hidden="true"><rect width="60" height="4" class="of" /><rect width={60 * part} height="4" /></svg>
    </>
  );
}
