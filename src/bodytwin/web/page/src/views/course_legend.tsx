/** What the marks of a course mean, with words beside every mark. */
import { DASHES } from "../palette";
import type { Band } from "../charts/draw";
import { asGiven, unit } from "../format";
import type { Dose, QuantityCurves } from "../shapes";

interface Legend { bands: Band[]; quantity: QuantityCurves; doses: Dose[]; single?: boolean; prior?: boolean }

export function CourseLegend({ bands, quantity: q, doses, single = false, prior = false }: Legend) {
  const aim = q.aim;
  const u = unit(q.unit);
  const range = aim && (aim.low !== null || aim.high !== null);
  const most = doses.reduce((best, d) => (d.amount > (best?.amount ?? 0) ? d : best), doses[0]);
  return (
    <ul class="course-legend">
      {single ? <li><svg viewBox="0 0 24 12" aria-hidden="true"><rect class="band" width="24" height="12" /><path class="median" d="M0 6h24" /></svg>this patient: median, nine in ten readings</li> : null}
      {bands.map((b) => <li key={b.words}><svg viewBox="0 0 24 12" aria-hidden="true"><rect width="24" height="12" fill={b.colour} fill-opacity={0.14} /><path d="M0 6h24" stroke={b.colour} stroke-width={2.4} stroke-dasharray={DASHES[b.dash]!.join(" ")} /></svg><span class="ink">{b.words}</span></li>)}
      {prior ? <li><svg viewBox="0 0 24 12" aria-hidden="true"><path class="prior" d="M0 1.5h24M0 10.5h24" /></svg>without this patient’s measurements</li> : null}
      {q.measured.length > 0 ? <li><svg viewBox="0 0 12 12" class="square" aria-hidden="true"><circle class="seen" cx="6" cy="6" r="4.5" /></svg>measured</li> : null}
      {range ? <li title={aim.words}><svg viewBox="0 0 24 12" aria-hidden="true"><rect class="aim" width="24" height="12" /></svg>aim {aim.low === null ? "below" : asGiven(aim.low)}{aim.low !== null && aim.high !== null ? " to " : aim.high === null ? " or more" : " "}{aim.high === null ? "" : asGiven(aim.high)} {u}</li> : null}
      {aim?.harm_above != null ? <li><svg viewBox="0 0 24 12" aria-hidden="true"><path class="harm" d="M0 6h24" /></svg>harm above {asGiven(aim.harm_above)} {u}</li> : null}
      {aim?.harm_below != null ? <li><svg viewBox="0 0 24 12" aria-hidden="true"><path class="harm" d="M0 6h24" /></svg>harm below {asGiven(aim.harm_below)} {u}</li> : null}
      {most ? <li><svg viewBox="0 0 12 12" class="square" aria-hidden="true"><path class="dose" d="M6 12V1" /></svg>doses, tallest {asGiven(most.amount)} {unit(most.unit)}</li> : null}
    </ul>
  );
}
