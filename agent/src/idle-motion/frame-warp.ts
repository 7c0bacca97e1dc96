/**
 * Moves an I420 frame by a MotionGrid: luma with a 4-tap kernel, first along rows and then along columns; chroma with
 * its four neighbours. Fixed point, nothing allocated per frame. Cells that cannot move are copied byte by byte. The
 * loops are WebAssembly with SIMD (agent/wasm/frame-warp.as.ts); this file lays out their memory.
 *
 * The kernel keeps detail between pixels (a bilinear one would blur and sharpen the picture in the rhythm of the motion).
 */
import { FRAME_WARP_WASM } from './frame-warp.wasm.ts';
import { MAX_DISPLACEMENT_PX, type MotionGrid } from './motion-grid.ts';

/** Places between two pixels the kernel knows: 1/64 px. */
const PHASES = 64;
/** Kernel weights add up to this. */
const UNITY = 128;
/** Cubic convolution's free parameter (R. Keys 1981): −0.5 is Catmull-Rom; this one keeps more of fine hair. */
const SHARPNESS = -0.9;
/** What the second pass has to do with a cell: it moves, or the neighbour above or below reads from it. */
const MOVES = 1;
const IS_READ = 2;
const MEMORY_PAGE_BYTES = 65_536;
/** Below this the module keeps data of its own. */
const FIRST_BYTE = 1024;

/** The part of Node's WebAssembly that is used; TypeScript declares it for browsers only. */
type WasmEngine = {
  readonly Module: new (code: Uint8Array) => object;
  readonly Memory: new (size: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  readonly Instance: new (
    module: object,
    imports: { env: { memory: object } },
  ) => { exports: { warp: (...args: number[]) => void } };
};
const wasm = (globalThis as unknown as { WebAssembly: WasmEngine }).WebAssembly;
const compiled = new wasm.Module(FRAME_WARP_WASM);

/** What the warp of one size of frame needs; made once. */
export class FrameWarp {
  /** I420 in the loops' own memory: a picture drawn here need not be copied there. */
  readonly canvas: Uint8Array;
  readonly #grid: MotionGrid;
  readonly #moved: Uint8Array;
  readonly #dx: Int32Array;
  readonly #dy: Int32Array;
  readonly #run: () => void;

  constructor(width: number, height: number, grid: MotionGrid) {
    const { columns, rows } = grid;
    const frameBytes = (width * height * 3) / 2;
    const nodes = columns * rows;
    let used = FIRST_BYTE;
    const place = (bytes: number): number => {
      const at = used;
      used += Math.ceil(bytes / 16) * 16;
      return at;
    };
    const source = place(frameBytes);
    const target = place(frameBytes);
    const between = place(2 * width * height);
    const kernel = place(2 * 4 * PHASES);
    const dx = place(4 * nodes);
    const dy = place(4 * nodes);
    const moving = place(grid.isMoving.length);
    const pages = Math.ceil(used / MEMORY_PAGE_BYTES);
    const memory = new wasm.Memory({ initial: pages, maximum: pages });
    const { buffer } = memory;
    const { warp } = new wasm.Instance(compiled, { env: { memory } }).exports;
    this.#grid = grid;
    this.canvas = new Uint8Array(buffer, source, frameBytes);
    this.#moved = new Uint8Array(buffer, target, frameBytes);
    this.#dx = new Int32Array(buffer, dx, nodes);
    this.#dy = new Int32Array(buffer, dy, nodes);
    new Int16Array(buffer, kernel, 4 * PHASES).set(createKernel());
    new Uint8Array(buffer, moving, grid.isMoving.length).set(statesOf(grid));
    // All moving cells lie at least CELL_PX inside the frame (see motion-weights.ts), so samples stay inside its planes.
    this.#run = () =>
      warp(width, height, columns, rows, source, target, between, kernel, dx, dy, moving);
  }

  /** Write `source` (I420: `canvas`, or any other frame), displaced by the grid's dx and dy, to `target`. */
  apply(source: Uint8Array, target: Uint8Array): void {
    if (source !== this.canvas) this.canvas.set(source);
    const { dx, dy } = this.#grid;
    for (let node = 0; node < dx.length; node += 1) {
      this.#dx[node] = toFixed(dx[node]!); // same length
      this.#dy[node] = toFixed(dy[node]!);
    }
    this.#run();
    target.set(this.#moved);
  }
}

/** Per cell: MOVES, IS_READ or 0. */
function statesOf({ columns, isMoving }: MotionGrid): Uint8Array {
  const below = columns - 1;
  return isMoving.map((moves, cell) => {
    if (moves === 1) return MOVES;
    return isMoving[cell - below] === 1 || isMoving[cell + below] === 1 ? IS_READ : 0;
  });
}

/** px → 1/65536 px, bounded so that no sample ever lies outside the frame. */
function toFixed(px: number): number {
  const bounded = Math.min(MAX_DISPLACEMENT_PX, Math.max(-MAX_DISPLACEMENT_PX, px));
  return Math.round(bounded * 65536);
}

/** Four weights for each of PHASES places between two pixels; every four add up to UNITY. */
function createKernel(): Int16Array {
  const weights = new Int16Array(PHASES * 4);
  for (let phase = 0; phase < PHASES; phase += 1) {
    const t = phase / PHASES;
    const near = (d: number): number => (SHARPNESS + 2) * d * d * d - (SHARPNESS + 3) * d * d + 1;
    const far = (d: number): number => SHARPNESS * (d * d * d - 5 * d * d + 8 * d - 4);
    const four = [far(1 + t), near(t), near(1 - t), far(2 - t)].map((w) => Math.round(w * UNITY));
    const rest = UNITY - four.reduce((sum, weight) => sum + weight, 0);
    four[t < 0.5 ? 1 : 2]! += rest;
    weights.set(four, phase * 4);
  }
  return weights;
}
