/** The mark on the place that is read, and what is read there. */
import { el } from "./dom";
import { amount, position, sentence, type Reading } from "./words";

export interface Probe {
  mark: HTMLElement;
  element: HTMLElement;
  /** `aloud` where a key moved it: a screen reader says what the mouse sees. */
  read(reading: Reading | null, aloud: boolean): void;
  at(point: [number, number] | null): void;
}

const PAUSE_MS = 250;

export function probe(unit: string): Probe {
  const mark = el("i", { class: "organ-probe", "aria-hidden": "true", hidden: true });
  const value = el("b", {});
  const place = el("span", { class: "muted" });
  const spoken = el("span", { class: "unseen", role: "status" });
  const element = el("div", { class: "organ-reading" }, el("div", { "aria-hidden": "true" }, value, place), spoken);
  let timer = 0;
  const nothing = (): void => {
    value.textContent = "–";
    place.textContent = "Point at a place, or use the arrow keys.";
  };
  nothing();
  return {
    mark,
    element,
    read(reading, aloud) {
      if (!reading) nothing();
      else {
        value.textContent = amount(reading.value, reading.sd, unit);
        place.textContent = `at ${position(reading.at)}`;
      }
      if (!aloud || !reading) return;
      clearTimeout(timer);
      timer = window.setTimeout(() => (spoken.textContent = sentence(reading, unit)), PAUSE_MS);
    },
    at(point) {
      mark.hidden = point === null;
      if (point) mark.style.transform = `translate(${point[0]}px, ${point[1]}px)`;
    },
  };
}
