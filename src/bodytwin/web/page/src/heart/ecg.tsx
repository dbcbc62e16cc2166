/** Twelve leads at 25 mm/s, the same stretch of time in each. */
import type { Ecg } from "./shapes";

const ROWS = [["I", "aVR", "V1", "V4"], ["II", "aVL", "V2", "V5"], ["III", "aVF", "V3", "V6"]];
const [COLUMN_MM, ROW_MM, SECONDS, MM_PER_S] = [62.5, 22, 2.5, 25];
const GAINS = [10, 20, 50, 100, 200];

export function EcgPicture({ ecg }: { ecg: Ecg }) {
  const largest = Math.max(1e-6, ...ecg.mv.flat().map(Math.abs));
  const gain = GAINS.find((g) => largest * g > 4) ?? 200;
  const step = (ecg.time_ms[1]! - ecg.time_ms[0]!) / 1000;
  const many = Math.floor(SECONDS / step);
  const [width, height] = [4 * COLUMN_MM, 3 * ROW_MM];
  return (
    <figure class="heart-ecg">
      <div class="scroll" tabIndex={0}>
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label="Twelve-lead electrocardiogram">
          <path class="grid" d={grid(width, height)} />
          {ROWS.flatMap((names, r) => names.map((name, c) => {
            const mv = (ecg.mv[ecg.leads.indexOf(name)] ?? []).slice(-many);
            const points = mv.map((v, k) => `${(c * COLUMN_MM + k * step * MM_PER_S).toFixed(2)},${((r + 0.5) * ROW_MM - v * gain).toFixed(2)}`);
            return <g key={name}><polyline class="lead" points={points.join(" ")} /><text x={c * COLUMN_MM + 1} y={r * ROW_MM + 4.5}>{name}</text></g>;
          }))}
        </svg>
      </div>
      <figcaption class="small muted">The same {SECONDS} s in every lead, 25 mm/s, {gain} mm/mV. Lead field on a trunk without borders and electrodes of a template: compare shapes, not amplitudes.</figcaption>
    </figure>
  );
}

function grid(width: number, height: number): string {
  const lines: string[] = [];
  for (let x = 0; x <= width; x += 5) lines.push(`M${x} 0V${height}`);
  for (let y = 0; y <= height; y += 5) lines.push(`M0 ${y}H${width}`);
  return lines.join("");
}
