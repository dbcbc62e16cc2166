/** Ask the server for what a view shows; ask again when the purpose changes. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { api } from "../api";
import { purpose, useCell } from "../state";

export type Loaded<T> = { is: "loading"; before?: T } | { is: "here"; value: T } | { is: "trouble"; error: unknown };

export function useLoad<T>(path: string): [Loaded<T>, () => void] {
  const why = useCell(purpose);
  const [turn, next] = useState(0);
  const [found, set] = useState<Loaded<T>>({ is: "loading" });
  useEffect(() => {
    const stop = new AbortController();
    set((was) => (was.is === "here" ? { is: "loading", before: was.value } : { is: "loading" }));
    api.get(path, stop.signal).then(
      (value: T) => !stop.signal.aborted && set({ is: "here", value }),
      (error: unknown) => !stop.signal.aborted && set({ is: "trouble", error }),
    );
    return () => stop.abort();
  }, [path, why, turn]);
  return [found, useCallback(() => next((n) => n + 1), [])];
}
