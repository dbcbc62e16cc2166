import assert from "node:assert/strict";
import test from "node:test";
import { resample } from "../src/charts/resample";
import { age, asGiven, interval, named, number, percent, quantity, span, unit } from "../src/format";
import { contrast, oklch, planColour } from "../src/palette";
import { linear, step, timeMarks } from "../src/scale";
import { lanes } from "../src/views/lanes";
import { hint } from "../src/views/plan_words";

const NB = "\u00a0";

test("numbers keep three significant digits and no exponent a reader can do without", () => {
  assert.equal(number(0.0058904), "0.00589");
  assert.equal(number(12345), "12345");
  assert.equal(number(-3.456), "\u22123.46");
  assert.equal(number(1e-7), `1.00${NB}×${NB}10⁻⁷`);
  assert.equal(number(null), "–");
  assert.equal(number(0.9996), "1.00");
});

test("a value as given gets no digit it did not have", () => {
  assert.equal(asGiven(24.6), "24.6");
  assert.equal(asGiven(9), "9");
  assert.equal(asGiven(1234567), "1\u202f234\u202f600");
});

test("an interval is written so that its ends can be told apart", () => {
  assert.deepEqual(interval(0.00589, 0.00449, 0.00747), { median: "0.00589", low: "0.00449", high: "0.00747" });
  assert.deepEqual(interval(682.1, 538.4, 879.2), { median: "682", low: "538", high: "879" });
  assert.deepEqual(interval(28.9, 22.7, 35.7), { median: "28.9", low: "22.7", high: "35.7" });
  assert.equal(interval(-0.0001, -3.06, 3.29).median, "0.00");
});

test("units are written as people write them, bound to their number", () => {
  assert.equal(unit("mm[Hg]"), "mmHg");
  assert.equal(unit("10*3/uL"), "10³/µL");
  assert.equal(unit("mg.h/L"), "mg·h/L");
  assert.equal(unit("kg/m2"), "kg/m²");
  assert.equal(unit("/h"), "/h");
  assert.equal(unit("1"), "");
  assert.equal(quantity(33, "mg/L", "<"), `<${NB}33${NB}mg/L`);
});

test("shares near the edges are not rounded to certainty", () => {
  assert.equal(percent(0.9995), `>${NB}99.9${NB}%`);
  assert.equal(percent(0.0004), `<${NB}0.1${NB}%`);
  assert.equal(percent(0), `0${NB}%`);
  assert.equal(percent(0.992), `99.2${NB}%`);
});

test("names of parameters lose their unit and nothing else", () => {
  assert.equal(named("clearance_l_per_h"), "Clearance");
  assert.equal(named("central_volume_l"), "Central volume");
  assert.equal(named("absorption_per_h"), "Absorption");
});

test("ages and spans", () => {
  assert.equal(age("1984-07-02", Date.UTC(2026, 6, 1)), `41${NB}years`);
  assert.equal(age("2026-06-20", Date.UTC(2026, 6, 1)), `11${NB}days`);
  assert.equal(span("2000-01-01T00:00Z", "2000-01-06T00:00Z"), `1${NB}Jan – 6${NB}Jan${NB}2000`);
});

test("marks stand on round numbers and on the calendar", () => {
  assert.equal(step(10, 5), 2);
  assert.equal(step(0.7, 5), 0.1);
  const days = timeMarks(Date.UTC(2000, 0, 1), Date.UTC(2000, 0, 7), 7);
  assert.deepEqual(days.map((m) => m.words).slice(0, 2), ["1 Jan", "2 Jan"]);
  const years = timeMarks(Date.UTC(1980, 0, 1), Date.UTC(2020, 0, 1), 5);
  assert.ok(years.every((m) => /^\d{4}$/.test(m.words)) && years.length >= 3);
  assert.equal(linear([2, 2], [0, 10])(2), 5);
});

test("curves on another grid are interpolated, and end where they end", () => {
  assert.deepEqual(resample([0, 2], [0, 4], [-1, 0, 1, 2, 3]), [null, 0, 2, 4, null]);
  assert.deepEqual(resample([0, 1, 2], [0, null, 2], [0.5, 1, 1.5, 2]), [null, null, null, 2]);
});

test("colours of plans reach 4.5 to 1 on the page, light and dark", () => {
  const at = (hex: string): [number, number, number] => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255) as [number, number, number];
  for (const i of [0, 1, 2, 3]) {
    assert.ok(contrast(at(planColour(i, "light")), at("#fdfdfb")) >= 4.5);
    assert.ok(contrast(at(planColour(i, "dark")), at("#1a2025")) >= 4.5);
  }
  assert.ok(oklch(1, 0, 0).every((c) => Math.abs(c - 1) < 1e-3));
});

test("a plan is hinted at by its shape, and the twin has the last word", () => {
  const known = ["2 mg every 12 h", "1 mg every 24 h"];
  assert.equal(hint("3 mg every 8 h", known, "g").state, "known");
  assert.equal(hint("3 mg ev", known, "g").state, "so far");
  assert.equal(hint("banana", known, "g").state, "unsure");
  assert.equal(hint("", known, "g").words, "g");
});

test("facts fall into one lane for each code and unit, doses first, in order of time", () => {
  const fact = (kind: "observation" | "treatment", code: string, time: string, unit = "mg/L") => ({
    kind, code, time, unit, precision: "second", zone_assumed: false, system: "s", display: "", value: 1, comparator: null,
    route: null, duration_h: null, recorded_at: time, conflict: false, superseded: false, sources: [],
  });
  const all = lanes([
    fact("observation", "a", "2000-01-02T00:00Z"), fact("observation", "a", "2000-01-01T00:00Z"),
    fact("observation", "a", "2000-01-01T00:00Z", "mmol/L"), fact("treatment", "b", "2000-01-03T00:00Z", "mg"),
  ]);
  assert.deepEqual(all.map((l) => [l.code, l.unit, l.points.length]), [["b", "mg", 1], ["a", "mg/L", 2], ["a", "mmol/L", 1]]);
  assert.ok(all[1]!.points[0]!.t < all[1]!.points[1]!.t);
});
