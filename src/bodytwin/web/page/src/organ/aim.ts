/** The camera of the page as a camera of three.js, and the way to a renderer. */
import { Vector3, WebGLRenderer, type OrthographicCamera } from "three";
import { axes, type Camera } from "./camera";

export function aim(eye: OrthographicCamera, camera: Camera, radius: number): void {
  const far = 20 * radius;
  eye.right = camera.width / (2 * camera.scale);
  eye.left = -eye.right;
  eye.top = camera.height / (2 * camera.scale);
  eye.bottom = -eye.top;
  eye.near = 0;
  eye.far = 2 * far;
  eye.up.set(0, 0, 1);
  eye.position.set(...camera.target).addScaledVector(new Vector3(...axes(camera).towards), far);
  eye.lookAt(...camera.target);
  eye.updateProjectionMatrix();
}

/** Null where WebGL cannot be had; asked for here, because three.js would complain aloud. */
export function rendererOn(canvas: HTMLCanvasElement): WebGLRenderer | null {
  const context = canvas.getContext("webgl2", { alpha: true, antialias: true, depth: true, stencil: false });
  if (!context) return null;
  try {
    return new WebGLRenderer({ canvas, context, antialias: true, alpha: true });
  } catch {
    return null;
  }
}
