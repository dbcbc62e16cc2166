/** A few choices of which one holds. */
export interface Choosing<T extends string> {
  label: string;
  options: readonly { value: T; words: string }[];
  value: T;
  onChoose: (value: T) => void;
}

export function Segmented<T extends string>({ label, options, value, onChoose }: Choosing<T>) {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {options.map((o) => (
        <button key={o.value} type="button" aria-pressed={o.value === value} onClick={() => onChoose(o.value)}>{o.words}</button>
      ))}
    </div>
  );
}
