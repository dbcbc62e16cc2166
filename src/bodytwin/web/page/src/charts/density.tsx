/** What a parameter was before the data (grey outline) and after (filled). */
import type { Density } from "../shapes";
import { linear } from "../scale";

const W = 180, H = 40;

export function DensityPlot({ d, label }: { d: Density; label: string }) {
  const known = d.x.filter((v): v is number => v !== null);
  const top = Math.max(...d.prior.map((v) => v ?? 0), ...d.posterior.map((v) => v ?? 0));
  if (known.length < 2 || top <= 0) return null;
  const x = linear([known[0]!, known[known.length - 1]!], [1, W - 1]);
  const y = linear([0, top], [H - 2, 3]);
  const path = (row: (number | null)[]) => row.map((v, i) => (v === null || d.x[i] === null ? "" : `${i ? "L" : "M"}${x(d.x[i]!).toFixed(1)} ${y(v).toFixed(1)}`)).join("");
  const after = path(d.posterior);
  return (
    <svg class="density" viewBox={`0 0 ${W} ${H}`} width={W} height={H} role="img" aria-label={label}>
      <line x1={0} x2={W} y1={H - 1.5} y2={H - 1.5} />
      <path class="after" d={`${after}L${W - 1} ${H - 2}L1 ${H - 2}Z`} /><path class="edge" d={after} /><path class="before" d={path(d.prior)} />
    </svg>
  );
}
