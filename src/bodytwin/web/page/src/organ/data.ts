/** What a field is, as the server describes it, and its numbers. */
import type { MountContext } from "../mount";

export interface ArrayHeader {
  dtype: string;
  shape: number[];
}

export interface FieldHeader {
  id: string;
  title: string;
  kind: "surface" | "voxels";
  quantity: string;
  unit: string;
  source_words: string;
  made_at: string;
  times: number[] | null;
  time_unit: string | null;
  range: [number, number];
  arrays: Record<string, ArrayHeader>;
  spacing_mm: [number, number, number] | null;
  origin_mm: [number, number, number] | null;
  shape: [number, number, number] | null;
  based_on: string;
  uncertainty_words: string | null;
}

/** Values and their sd at one place after another; all places of the first time come first. */
export interface Numbers {
  values: Float32Array;
  sd: Float32Array | null;
  places: number;
  times: number;
}

export interface SurfaceData extends Numbers {
  vertices: Float32Array;
  triangles: Uint32Array;
}

/** Block of voxels; shape, spacing and origin in the order z, y, x. */
export interface VoxelData extends Numbers {
  shape: [number, number, number];
  spacing: [number, number, number];
  origin: [number, number, number];
}

export const LARGEST_BYTES = 512 * 1024 * 1024;

export class Unusable extends Error {}

export function fieldsPath(patient: string): string {
  return `/api/patients/${encodeURIComponent(patient)}/fields`;
}

export async function headers({ api, patient }: MountContext): Promise<FieldHeader[]> {
  return (await api.get(fieldsPath(patient))) as FieldHeader[];
}

export async function surfaceData(ctx: MountContext, header: FieldHeader): Promise<SurfaceData> {
  const numbers = await numbersOf(ctx, header);
  const [vertices, triangles] = await Promise.all([floats(ctx, header, "vertices"), indices(ctx, header)]);
  const points = vertices.length / 3;
  if (numbers.places !== points) throw new Unusable("The field has another number of values than of points.");
  if (triangles.some((corner) => corner >= points)) throw new Unusable("A triangle of the field names a point that does not exist.");
  return { vertices, triangles, ...numbers };
}

export async function voxelData(ctx: MountContext, header: FieldHeader): Promise<VoxelData> {
  const numbers = await numbersOf(ctx, header);
  const shape = header.shape ?? (header.arrays["values"]?.shape.slice(-3) as [number, number, number]);
  if (shape.reduce((a, b) => a * b, 1) !== numbers.places) throw new Unusable("The field has another number of values than of voxels.");
  return { shape, spacing: header.spacing_mm ?? [1, 1, 1], origin: header.origin_mm ?? [0, 0, 0], ...numbers };
}

/** The values come first and alone: whoever may not see them asks once. */
async function numbersOf(ctx: MountContext, header: FieldHeader): Promise<Numbers> {
  const times = Math.max(1, header.times?.length ?? 1);
  const values = await floats(ctx, header, "values");
  const sd = header.arrays["sd"] ? await floats(ctx, header, "sd") : null;
  if (values.length % times !== 0 || (sd && sd.length !== values.length)) {
    throw new Unusable("The field has another number of values than its times and places need.");
  }
  return { values, sd, times, places: values.length / times };
}

async function floats(ctx: MountContext, header: FieldHeader, name: string): Promise<Float32Array> {
  const buffer = await bytes(ctx, header, name, "float32");
  return new Float32Array(buffer);
}

async function indices(ctx: MountContext, header: FieldHeader): Promise<Uint32Array> {
  return new Uint32Array(await bytes(ctx, header, "triangles", "uint32"));
}

async function bytes({ api, patient }: MountContext, header: FieldHeader, name: string, dtype: string): Promise<ArrayBuffer> {
  const told = header.arrays[name];
  if (!told || told.dtype !== dtype) throw new Unusable(`The field has no array “${name}” of ${dtype}.`);
  const size = 4 * told.shape.reduce((a, b) => a * b, 1);
  if (size > LARGEST_BYTES) throw new Unusable("The field is too large to be shown in a page.");
  const found = await api.bytes(`${fieldsPath(patient)}/${encodeURIComponent(header.id)}/${name}`);
  if (found.byteLength !== size) throw new Unusable(`The array “${name}” came with ${found.byteLength} bytes; ${size} were announced.`);
  return found;
}
