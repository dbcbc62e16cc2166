/** The three slices where they lie in the block, drawn by WebGL. */
import {
  BufferAttribute, BufferGeometry, CanvasTexture, DoubleSide, LineBasicMaterial, LineSegments, Mesh,
  MeshBasicMaterial, NearestFilter, OrthographicCamera, Scene, SRGBColorSpace,
} from "three";
import { corners, CUTS, centre, type Cut, type Index } from "./block";
import { aim, rendererOn } from "./aim";
import type { Camera, Vector } from "./camera";
import type { VoxelData } from "./data";

export interface Box {
  draw(camera: Camera, index: Index, edge: string): void;
  /** The slices were painted again. */
  painted(): void;
  destroy(): void;
}

const EDGES = [0, 1, 0, 2, 0, 4, 1, 3, 1, 5, 2, 3, 2, 6, 3, 7, 4, 5, 4, 6, 5, 7, 6, 7];

/** Null where WebGL cannot be had. */
export function box(canvas: HTMLCanvasElement, data: VoxelData, images: HTMLCanvasElement[], radius: number): Box | null {
  const renderer = rendererOn(canvas);
  if (!renderer) return null;
  const scene = new Scene();
  const eye = new OrthographicCamera();
  const textures = images.map((image) => {
    const texture = new CanvasTexture(image);
    texture.colorSpace = SRGBColorSpace;
    texture.magFilter = texture.minFilter = NearestFilter;
    texture.generateMipmaps = false;
    return texture;
  });
  const sheets = CUTS.map((_, n) => sheet(textures[n]!));
  const frame = edges(data);
  scene.add(frame, ...sheets);

  return {
    draw(camera, index, edge) {
      renderer.setPixelRatio(Math.min(2, devicePixelRatio || 1));
      renderer.setSize(camera.width, camera.height, false);
      (frame.material as LineBasicMaterial).color.set(edge);
      CUTS.forEach((cut, n) => lay(sheets[n]!, data, cut, index));
      aim(eye, camera, radius);
      renderer.render(scene, eye);
    },
    painted: () => textures.forEach((texture) => (texture.needsUpdate = true)),
    destroy() {
      for (const thing of [...sheets, frame]) {
        thing.geometry.dispose();
        (thing.material as MeshBasicMaterial).dispose();
      }
      textures.forEach((texture) => texture.dispose());
      renderer.dispose();
      renderer.forceContextLoss();
    },
  };
}

function sheet(map: CanvasTexture): Mesh {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(12), 3));
  geometry.setAttribute("uv", new BufferAttribute(Float32Array.from([0, 1, 1, 1, 0, 0, 1, 0]), 2));
  geometry.setIndex([0, 2, 1, 1, 2, 3]);
  return new Mesh(geometry, new MeshBasicMaterial({ map, side: DoubleSide, alphaTest: 0.5 }));
}

/** Put a sheet where its slice lies: corners left and right above, left and right below. */
function lay(mesh: Mesh, data: VoxelData, cut: Cut, index: Index): void {
  const [low, high] = corners(data);
  const here = centre(data, index);
  const position = mesh.geometry.getAttribute("position") as BufferAttribute;
  for (let n = 0; n < 4; n += 1) {
    const isRight = n % 2 === 1;
    const isLow = cut.isFlipped ? n >= 2 : n < 2;
    const at: Vector = [...here];
    at[2 - cut.right] = (isRight ? high : low)[2 - cut.right]!;
    at[2 - cut.down] = (isLow ? low : high)[2 - cut.down]!;
    position.setXYZ(n, ...at);
  }
  position.needsUpdate = true;
  mesh.geometry.computeBoundingSphere();
}

function edges(data: VoxelData): LineSegments {
  const [low, high] = corners(data);
  const points = Array.from({ length: 8 }, (_, n) => [0, 1, 2].map((d) => ((n >> d) & 1 ? high : low)[d]!)).flat();
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(Float32Array.from(points), 3));
  geometry.setIndex(EDGES);
  return new LineSegments(geometry, new LineBasicMaterial());
}
