/** Facts sorted into lanes: one for each code, doses first. */
import { capital } from "../format";
import type { Fact } from "../shapes";

export interface Point {
  fact: Fact;
  t: number;
  index: number;
}

export interface Lane {
  key: string;
  kind: Fact["kind"];
  title: string;
  code: string;
  unit: string;
  points: Point[];
}

const ORDER: Record<Fact["kind"], number> = { treatment: 0, observation: 1, covariate: 2 };
export const GROUPS: Record<Fact["kind"], string> = {
  treatment: "Given", observation: "Measured", covariate: "About the patient",
};

export function lanes(facts: readonly Fact[]): Lane[] {
  const found = new Map<string, Lane>();
  facts.forEach((fact, index) => {
    const key = `${fact.kind}|${fact.system}|${fact.code}|${fact.unit}`;
    const lane = found.get(key) ?? {
      key, kind: fact.kind, title: title(fact), code: fact.code, unit: fact.unit, points: [],
    };
    lane.points.push({ fact, t: Date.parse(fact.time), index });
    found.set(key, lane);
  });
  const all = [...found.values()];
  for (const lane of all) lane.points.sort((a, b) => a.t - b.t || a.index - b.index);
  return all.sort((a, b) => ORDER[a.kind] - ORDER[b.kind] || b.points.length - a.points.length || (a.title < b.title ? -1 : 1));
}

/** The part of a code's name that says what it is; the rest stays in the tooltip. */
export function title(fact: Fact): string {
  if (fact.display) return capital(fact.display.replace(/\s*\[[^\]]*\]/g, "").replace(/\s+by Automated count$/, ""));
  return capital(fact.code.replace(/_(kg|a|cm|mg|h|l)$/, "").replace(/_/g, " "));
}

export function extent(all: readonly Lane[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const lane of all) {
    low = Math.min(low, lane.points[0]?.t ?? Infinity);
    high = Math.max(high, lane.points.at(-1)?.t ?? -Infinity);
  }
  return [low, high];
}
