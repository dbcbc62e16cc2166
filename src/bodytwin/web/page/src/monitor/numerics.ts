/** What is estimated now, large: value, interval, unit, and from what. */
import { capital, interval, NB, withUnit } from "../format";
import { el } from "../organ/dom";
import type { Estimate } from "./frames";
import { clock } from "./strips";

export interface Numerics {
  element: HTMLElement;
  show(estimate: Estimate): void;
  /** Old numbers are marked as old. */
  dim(isOld: boolean): void;
}

interface Tile {
  time: number;
  element: HTMLElement;
}

export function numerics(): Numerics {
  const element = el("dl", { class: "monitor-numerics", hidden: true });
  const tiles = new Map<string, Tile>();
  return {
    element,
    show(estimate) {
      const old = tiles.get(estimate.quantity);
      if (old && old.time > estimate.time_ms) return;
      const fresh = tile(estimate);
      if (old) old.element.replaceWith(fresh);
      else element.append(fresh);
      tiles.set(estimate.quantity, { time: estimate.time_ms, element: fresh });
      element.hidden = false;
    },
    dim: (isOld) => element.classList.toggle("old", isOld),
  };
}

function tile({ quantity, unit, value, lower, upper, words, time_ms }: Estimate): HTMLElement {
  const { median, low, high } = interval(value, lower, upper);
  const spoken = withUnit("", unit).trim();
  const hasInterval = lower !== null && upper !== null;
  return el(
    "div",
    {},
    el("dt", {}, capital(quantity)),
    el("dd", { class: "monitor-value" }, el("b", {}, value === null ? "–" : median), spoken ? el("span", {}, `${NB}${spoken}`) : null),
    el("dd", { class: "small" }, hasInterval ? withUnit(`${low} to ${high}`, unit) : "no interval"),
    el("dd", { class: "small muted" }, words, el("span", { class: "monitor-as-of" }, ` as of ${clock(time_ms)} UTC`)),
  );
}
