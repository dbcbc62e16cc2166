/** A few line drawings on a 20 by 20 grid. Always beside words, or named. */
const PATHS = {
  allowed: "M4 10.5l4 4 8-9",
  refused: "M5 5l10 10M15 5L5 15",
  shield: "M10 2.5l6 2.2v4.8c0 4-2.6 6.6-6 8-3.4-1.4-6-4-6-8V4.7zM7 10h6",
  warning: "M10 3l7.5 13.5h-15zM10 8v4M10 14.3v.2",
  retry: "M16 10a6 6 0 1 1-1.8-4.3M16 3v3.5h-3.5",
  close: "M5 5l10 10M15 5L5 15",
  back: "M12 4l-6 6 6 6",
  forth: "M8 4l6 6-6 6",
  file: "M5 2.5h6.5L15 6v11.5H5zM11.5 2.5V6H15",
  down: "M10 3v9M6 8.5l4 4 4-4M4 16.5h12",
  up: "M10 13V4M6 7.5l4-4 4 4M4 16.5h12",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6L16 16M4 16l1.4-1.4M14.6 5.4L16 4",
  moon: "M16.5 11.8A7 7 0 1 1 8.2 3.5a5.6 5.6 0 0 0 8.3 8.3z",
  system: "M3 4h14v9.5H3zM7.5 17h5M10 13.5V17",
  plus: "M10 4v12M4 10h12",
  stop: "M5.5 5.5h9v9h-9z",
  bin: "M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.8 11h7.4l.8-11",
  eye: "M2 10s3-5.5 8-5.5 8 5.5 8 5.5-3 5.5-8 5.5S2 10 2 10zM10 7.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
  empty: "M3 11l2.5-6.5h9L17 11v5H3zM3 11h4l1 2h4l1-2h4",
  done: "M4 10.5l4 4 8-9",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, label }: { name: IconName; label?: string }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" role={label ? "img" : undefined} aria-label={label} aria-hidden={label ? undefined : "true"}>
      <path d={PATHS[name]} />
    </svg>
  );
}
