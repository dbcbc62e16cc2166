/** A plan as it is typed: does it have the shape of a plan the twin knows? The twin has the last word. */

export interface Hint {
  state: "empty" | "known" | "so far" | "unsure";
  words: string;
}

/** Numbers stand for numbers; the rest must agree. */
function shape(text: string): string {
  return text.trim().toLowerCase().replace(/\s+/g, " ").replace(/\d+(\.\d*)?/g, "#");
}

export function hint(text: string, known: readonly string[], grammar: string): Hint {
  const asked = shape(text);
  if (asked === "") return { state: "empty", words: grammar };
  const shapes = new Map([...known].reverse().map((k) => [shape(k), k]));
  const same = shapes.get(asked);
  if (same) return { state: "known", words: `Understood, like “${same}”.` };
  const begun = [...shapes].find(([s]) => s.startsWith(asked));
  if (begun) return { state: "so far", words: `Go on: “${begun[1]}”.` };
  const longer = [...shapes].find(([s]) => asked.startsWith(`${s} `));
  if (longer) return { state: "unsure", words: `Begins like “${longer[1]}”; the twin will say whether it understands the rest. ${grammar}` };
  return { state: "unsure", words: grammar };
}
