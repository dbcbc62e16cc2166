/** Results of this sitting, so that going to another tab and back loses nothing. */
import { Cell, purpose } from "../state";
import type { Compared, Personalised } from "../shapes";

export interface Kept {
  personalised?: Personalised;
  compared?: Compared;
  plans?: string[];
}

const kept = new Map<string, Cell<Kept>>();

export function keptFor(patient: string, subject: string): Cell<Kept> {
  const key = `${patient} ${subject}`;
  const found = kept.get(key) ?? new Cell<Kept>({});
  kept.set(key, found);
  return found;
}

purpose.watch(() => {
  for (const cell of kept.values()) cell.value = {};
});
