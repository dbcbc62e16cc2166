/** The channels as a table for those who cannot see the lines. */
import { number, withUnit } from "../format";
import { el } from "../organ/dom";
import type { History } from "./history";

const SPAN_MS = 10_000;

export interface Alternative {
  element: HTMLElement;
  update(history: History): void;
}

export function alternative(): Alternative {
  const body = el("tbody");
  const element = el("table", { class: "unseen" },
    el("caption", {}, "Channels in the last 10 seconds"),
    el("thead", {}, el("tr", {}, ...["Channel", "Quantity", "Lowest", "Highest"].map((h) => el("th", { scope: "col" }, h)))),
    body);
  return {
    element,
    update(history) {
      body.replaceChildren(...history.channels.map((channel, n) => {
        const seen = history.span(n, history.end - SPAN_MS, Infinity);
        const cells = seen ? seen.map((v) => withUnit(number(v), channel.unit)) : ["nothing", "nothing"];
        return el("tr", {}, el("th", { scope: "row" }, channel.name), el("td", {}, channel.quantity), ...cells.map((c) => el("td", {}, c)));
      }));
    },
  };
}
