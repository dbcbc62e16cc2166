/** What a surface looks like, apart from who draws it. */
import type { Ball, Camera } from "./camera";

export interface Look {
  vertices: Float32Array;
  normals: Float32Array;
  triangles: Uint32Array;
  around: Ball;
  /** Values at the ends of the colours. */
  range: [number, number];
  /** The sd above which is hatched; 0 where no sd is known. */
  limit: number;
  /** Distance of contour lines in the unit of the values; 0 for none. */
  contour: number;
  /** Colour where there is no value. */
  nothing: [number, number, number];
}

export interface Painter {
  readonly kind: "3-D" | "flat";
  /** The values of the time that is shown. */
  values(shown: { values: Float32Array; sd: Float32Array | null }): void;
  draw(camera: Camera, look: Look, moving: boolean): void;
  destroy(): void;
}
