/** A block of voxels: where one lies, and the slices through it. */
import type { Vector } from "./camera";
import type { VoxelData } from "./data";

/** Indices in the order z, y, x. */
export type Index = [number, number, number];
export type Axis = 0 | 1 | 2;

/** How a slice across an axis lies on the screen: which axis runs right, which down, which upside down. */
export interface Cut {
  axis: Axis;
  right: Axis;
  down: Axis;
  isFlipped: boolean;
  words: string;
}

export const CUTS: Cut[] = [
  { axis: 0, right: 2, down: 1, isFlipped: false, words: "z" },
  { axis: 1, right: 2, down: 0, isFlipped: true, words: "y" },
  { axis: 2, right: 1, down: 0, isFlipped: true, words: "x" },
];

export function offset({ shape, places }: VoxelData, [k, j, i]: Index, time: number): number {
  return time * places + (k * shape[1] + j) * shape[2] + i;
}

/** Middle of a voxel in mm, as x, y, z. */
export function centre({ spacing, origin }: VoxelData, index: Index): Vector {
  const at = index.map((n, axis) => origin[axis]! + n * spacing[axis]!);
  return [at[2]!, at[1]!, at[0]!];
}

/** Corners of the block, as x, y, z, from the outer faces of the voxels. */
export function corners({ shape, spacing, origin }: VoxelData): [Vector, Vector] {
  const low = origin.map((o, axis) => o - spacing[axis]! / 2);
  const high = origin.map((o, axis) => o + (shape[axis]! - 0.5) * spacing[axis]!);
  return [[low[2]!, low[1]!, low[0]!], [high[2]!, high[1]!, high[0]!]];
}

/** Voxel of a row and a column of a slice through `index`. */
export function voxel(data: VoxelData, cut: Cut, index: Index, column: number, row: number): Index {
  const found: Index = [...index];
  const last = data.shape[cut.down] - 1;
  found[cut.right] = within(column, data.shape[cut.right]);
  found[cut.down] = within(cut.isFlipped ? last - row : row, data.shape[cut.down]);
  return found;
}

export function within(n: number, size: number): number {
  return Math.min(size - 1, Math.max(0, Math.floor(n)));
}

/** Column and row of a voxel in a slice. */
export function spot(data: VoxelData, cut: Cut, index: Index): [number, number] {
  const row = index[cut.down];
  return [index[cut.right], cut.isFlipped ? data.shape[cut.down] - 1 - row : row];
}

/** The voxel of the largest value; the middle of the block if there is none. */
export function peak(data: VoxelData): Index {
  let best = -1;
  for (let n = 0; n < data.places; n += 1) {
    const value = data.values[n]!;
    if (Number.isFinite(value) && (best < 0 || value > data.values[best]!)) best = n;
  }
  const [, rows, columns] = data.shape;
  if (best < 0) return data.shape.map((size) => Math.floor(size / 2)) as Index;
  return [Math.floor(best / (rows * columns)), Math.floor(best / columns) % rows, best % columns];
}
