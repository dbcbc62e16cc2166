/** What a picture of a field offers, whether a surface or voxels. */

/** Read at every drawing; whoever changes them asks for `refresh`. */
export interface Settings {
  /** The sd above which is hatched; 0 where no sd is known. */
  limit: number;
  /** Distance of contour lines; 0 for none. */
  contour: number;
}

export interface Picture {
  element: HTMLElement;
  reading: HTMLElement;
  notes: HTMLElement[];
  refresh(): void;
  time(index: number): void;
  destroy(): void;
}
