/** One time after another: a slider, and a button that moves it. */
import { asGiven, withUnit } from "../format";
import { el, fresh, icon, ICONS } from "./dom";

const PER_SECOND = 10;
const PER_SECOND_CALM = 1;

export interface Player {
  element: HTMLElement;
  stop(): void;
}

/** `show` is called with the place of a time in `times`. */
export function player(times: number[], unit: string, reducedMotion: boolean, show: (index: number) => void): Player {
  const id = fresh("organ-time");
  const slider = el("input", { type: "range", id, min: 0, max: times.length - 1, step: 1, value: 0 });
  const said = el("output", { for: id, class: "organ-said" });
  const button = el("button", { class: "button organ-square", type: "button" });
  let timer = 0;

  const go = (index: number): void => {
    slider.value = String(index);
    said.textContent = withUnit(asGiven(times[index] ?? 0), unit);
    slider.setAttribute("aria-valuetext", said.textContent);
    show(index);
  };
  const label = (): void => {
    button.setAttribute("aria-label", timer ? "Pause" : "Play");
    button.replaceChildren(icon(timer ? ICONS.pause : ICONS.play));
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = 0;
    label();
  };
  const start = (): void => {
    const every = 1000 / (reducedMotion ? PER_SECOND_CALM : PER_SECOND);
    timer = window.setInterval(() => {
      if (!document.hidden) go((Number(slider.value) + 1) % times.length);
    }, every);
    label();
  };
  button.addEventListener("click", () => (timer ? stop() : start()));
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  label();
  go(0);
  const element = el(
    "div",
    { class: "organ-control" },
    el("label", { for: id, class: "label" }, "Time"),
    el("div", { class: "organ-line" }, button, slider, said),
  );
  return { element, stop };
}
