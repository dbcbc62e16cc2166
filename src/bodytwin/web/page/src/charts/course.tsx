/** A quantity over time: bands of what would be measured, what was, the aim, and the doses at the foot. */
import { useEffect, useRef, useState } from "preact/hooks";
import { interval, moment, unit, withUnit } from "../format";
import type { Dose, QuantityCurves } from "../shapes";
import { useCell } from "../state";
import { theme } from "../theme";
import { useWidth } from "../views/timeline";
import { type Band, type Course, draw } from "./draw";

export interface CourseProps {
  title: string;
  about?: string;
  origin: string;
  nowH: number;
  bands: Band[];
  quantity: QuantityCurves;
  doses: Dose[];
  fromH?: number;
  height?: number;
}

export function CourseChart(props: CourseProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const mount = useRef<HTMLDivElement>(null);
  const chart = useRef<Course | null>(null);
  const colours = useCell(theme);
  const [at, point] = useState<number | null>(null);
  const { quantity: q, bands } = props;
  const height = props.height ?? Math.round(Math.min(620, Math.max(300, 0.28 * width)));
  useEffect(() => {
    if (width < 40 || !mount.current) return undefined;
    chart.current = draw(mount.current, props, width, height, point);
    return () => {
      chart.current?.destroy();
      chart.current = null;
    };
  }, [props.bands, props.quantity, props.doses, width, height, colours]);
  const press = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 12, PageUp: -12 }[event.key];
    if (step === undefined || !chart.current) return;
    event.preventDefault();
    point(chart.current.step(step));
  };
  return (
    <figure class="course">
      <figcaption class="course-head">
        <h3>{props.title}</h3>
        <span class="muted small">{unit(q.unit) || "no unit"}{props.about ? `, ${props.about}` : ""}</span>
      </figcaption>
      <div ref={box} class="course-box">
        <div ref={mount} class="course-canvas" tabIndex={0} role="img" aria-label={`${props.title}. ${described(props)} Arrow keys read it out.`} onKeyDown={press} />
      </div>
      <p class="readout small" role="status" aria-live="polite">{at === null || !chart.current ? <span class="muted">{bands.length > 1 ? "Point at the chart, or use the arrow keys on it, to read values." : described(props)}</span> : <Read chart={chart.current} at={at} bands={bands} code={q.unit} />}</p>
    </figure>
  );
}

function Read({ chart, at, bands, code }: { chart: Course; at: number; bands: Band[]; code: string }) {
  const values = chart.at(at);
  return (
    <>
      <b>{moment(values.time)}</b>
      {bands.map((b, i) => {
        const v = values.bands[i];
        if (!v || v.median === null) return null;
        const said = interval(v.median, v.low, v.high);
        return <span key={b.words}> · {bands.length > 1 ? `${b.words}: ` : ""}{withUnit(said.median, code)} ({said.low} to {said.high})</span>;
      })}
    </>
  );
}

function described({ bands, quantity: q }: CourseProps): string {
  const b = bands[0];
  if (!b) return "";
  const last = b.curves.median.length - 1;
  const said = interval(b.curves.median[last] ?? null, b.curves.lower[last] ?? null, b.curves.upper[last] ?? null);
  return `At the end ${withUnit(said.median, q.unit)}, nine times in ten from ${said.low} to ${withUnit(said.high, q.unit)}.`;
}
