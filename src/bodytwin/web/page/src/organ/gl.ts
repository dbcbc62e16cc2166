/** The surface drawn by WebGL: only when asked, coarser while it moves. */
import {
  BufferAttribute, BufferGeometry, ClampToEdgeWrapping, DataTexture, DoubleSide, LinearFilter, Mesh,
  OrthographicCamera, Scene, ShaderMaterial, Vector2, Vector3, type WebGLRenderer,
} from "three";
import { aim, rendererOn } from "./aim";
import type { Camera } from "./camera";
import { colours, SHADES, STEPS } from "./colour";
import { coarse, FINE } from "./lod";
import { FRAGMENT, VERTEX } from "./shader";
import type { Look, Painter } from "./painter";

/** Frames that take longer than this while the camera moves are drawn with fewer pixels. */
const SLOW_MS = 70;
const COARSE_RATIO = 0.5;

/** Null where WebGL cannot be had. */
export function glPainter(canvas: HTMLCanvasElement, look: Look, lost: () => void): Painter | null {
  const renderer = rendererOn(canvas);
  return renderer && new GlPainter(canvas, renderer, look, lost);
}

class GlPainter implements Painter {
  readonly kind = "3-D";
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #eye = new OrthographicCamera();
  readonly #geometry = new BufferGeometry();
  readonly #material: ShaderMaterial;
  readonly #texture: DataTexture;
  readonly #canvas: HTMLCanvasElement;
  readonly #whole: BufferAttribute;
  #coarse: BufferAttribute | null = null;
  #isSlow = false;
  #isLost = false;
  #wasMoving = false;
  #last = 0;
  readonly #onLost: (event: Event) => void;

  constructor(canvas: HTMLCanvasElement, renderer: WebGLRenderer, look: Look, lost: () => void) {
    this.#canvas = canvas;
    this.#renderer = renderer;
    this.#whole = new BufferAttribute(look.triangles, 1);
    if (look.vertices.length / 3 > FINE) {
      this.#coarse = new BufferAttribute(coarse(look.vertices, look.triangles, look.around.radius), 1);
    }
    this.#texture = table();
    this.#material = material(this.#texture);
    this.#fill(look);
    this.#scene.add(new Mesh(this.#geometry, this.#material));
    this.#onLost = (event) => {
      event.preventDefault();
      this.#isLost = true;
      lost();
    };
    canvas.addEventListener("webglcontextlost", this.#onLost);
  }

  #fill({ vertices, normals }: Look): void {
    const points = vertices.length / 3;
    this.#geometry.setAttribute("position", new BufferAttribute(vertices, 3));
    this.#geometry.setAttribute("normal", new BufferAttribute(normals, 3));
    for (const name of ["value", "sd", "known"]) {
      this.#geometry.setAttribute(name, new BufferAttribute(new Float32Array(points), 1));
    }
  }

  values({ values, sd }: { values: Float32Array; sd: Float32Array | null }): void {
    const [value, doubt, known] = ["value", "sd", "known"].map((n) => this.#geometry.getAttribute(n) as BufferAttribute);
    for (let i = 0; i < values.length; i += 1) {
      const isKnown = Number.isFinite(values[i]!);
      value!.array[i] = isKnown ? values[i]! : 0;
      known!.array[i] = isKnown ? 1 : 0;
      doubt!.array[i] = sd && Number.isFinite(sd[i]!) ? sd[i]! : 0;
    }
    for (const attribute of [value, doubt, known]) attribute!.needsUpdate = true;
  }

  draw(camera: Camera, look: Look, moving: boolean): void {
    const now = performance.now();
    if (moving && this.#wasMoving) this.#isSlow ||= now - this.#last > SLOW_MS;
    [this.#last, this.#wasMoving] = [now, moving];
    const ratio = moving && this.#isSlow ? COARSE_RATIO : Math.min(2, devicePixelRatio || 1);
    const size = this.#renderer.getSize(new Vector2());
    if (size.x !== camera.width || size.y !== camera.height || this.#renderer.getPixelRatio() !== ratio) {
      this.#renderer.setPixelRatio(ratio);
      this.#renderer.setSize(camera.width, camera.height, false);
    }
    this.#geometry.setIndex(moving && this.#coarse ? this.#coarse : this.#whole);
    const u = this.#material.uniforms;
    (u["range"]!.value as Vector2).set(...look.range);
    u["limit"]!.value = look.limit;
    u["contour"]!.value = look.contour;
    u["ratio"]!.value = ratio;
    (u["nothing"]!.value as Vector3).set(...look.nothing);
    aim(this.#eye, camera, look.around.radius);
    this.#renderer.render(this.#scene, this.#eye);
  }

  destroy(): void {
    this.#canvas.removeEventListener("webglcontextlost", this.#onLost);
    this.#geometry.dispose();
    this.#material.dispose();
    this.#texture.dispose();
    this.#renderer.dispose();
    if (!this.#isLost) this.#renderer.forceContextLoss();
  }
}

function table(): DataTexture {
  const texture = new DataTexture(colours(), STEPS, SHADES);
  texture.magFilter = texture.minFilter = LinearFilter;
  texture.wrapS = texture.wrapT = ClampToEdgeWrapping;
  texture.needsUpdate = true;
  return texture;
}

function material(texture: DataTexture): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    side: DoubleSide,
    uniforms: {
      table: { value: texture },
      range: { value: new Vector2() },
      limit: { value: 0 },
      contour: { value: 0 },
      ratio: { value: 1 },
      nothing: { value: new Vector3() },
    },
  });
}
