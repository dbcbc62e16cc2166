/** A coarser surface to draw while the camera moves: points of one cell of a grid become one. */

export const FINE = 15_000;
const CELLS = 48;

/** Triangles over the same points, far fewer where there are many. */
export function coarse(vertices: Float32Array, triangles: Uint32Array, radius: number): Uint32Array {
  const size = (2 * radius) / CELLS;
  const first = new Map<string, number>();
  const stands = new Uint32Array(vertices.length / 3);
  for (let i = 0; i < stands.length; i += 1) {
    const cell = [0, 1, 2].map((d) => Math.floor(vertices[3 * i + d]! / size)).join();
    const known = first.get(cell);
    if (known === undefined) first.set(cell, i);
    stands[i] = known ?? i;
  }
  const kept: number[] = [];
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = [stands[triangles[t]!]!, stands[triangles[t + 1]!]!, stands[triangles[t + 2]!]!];
    if (i !== j && j !== k && i !== k) kept.push(i, j, k);
  }
  return Uint32Array.from(kept);
}
