/** Are you sure? In the browser's own modal dialog: focus is kept inside, Escape means no. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export interface Asking {
  title: string;
  yes: string;
  danger?: boolean;
  ready?: boolean;
  children?: ComponentChildren;
  onYes: () => void;
  onNo: () => void;
}

export function Confirm({ title, yes, danger = false, ready = true, children, onYes, onNo }: Asking) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return (
    <dialog ref={box} aria-labelledby={id} onCancel={(e) => { e.preventDefault(); onNo(); }}>
      <form class="stack" method="dialog" onSubmit={(e) => { e.preventDefault(); if (ready) onYes(); }}>
        <h2 id={id}>{title}</h2>
        {children}
        <div class="row">
          <button class="button" type="button" onClick={onNo}>Cancel</button>
          <button class={danger ? "button danger" : "button main"} type="submit" disabled={!ready}>{yes}</button>
        </div>
      </form>
    </dialog>
  );
}
