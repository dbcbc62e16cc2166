/** Long work: how far it is, and a way to stop it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Progress, type Running, work } from "../api";
import { announce } from "../state";
import { Icon } from "./icon";

export interface Work {
  progress: Progress | null;
  error: unknown;
  start(path: string, body: unknown): void;
  stop(): void;
}

export function useWork<T>(done: (result: T) => void): Work {
  const [progress, tell] = useState<Progress | null>(null);
  const [error, fail] = useState<unknown>(null);
  const running = useRef<Running<T> | null>(null);
  useEffect(() => () => running.current?.stop(), []);
  return {
    progress,
    error,
    start(path, body) {
      running.current?.stop();
      fail(null);
      tell({ message: "Starting", fraction: 0 });
      const mine = work<T>(path, body, (p) => running.current === mine && tell(p));
      running.current = mine;
      mine.done.then(done, (e: unknown) => fail(e)).finally(() => running.current === mine && tell(null));
    },
    stop() {
      running.current?.stop();
      announce("Stopped.");
    },
  };
}

export function Busy({ progress, onStop }: { progress: Progress; onStop: () => void }) {
  return (
    <div class="progress">
      <div class="row">
        <span class="grow" role="status">{progress.message} …</span>
        <button class="button" type="button" onClick={onStop}><Icon name="stop" />Stop</button>
      </div>
      <progress max={1} value={progress.fraction} aria-label={progress.message} />
    </div>
  );
}
