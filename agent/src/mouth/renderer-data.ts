/**
 * Reads models/lite/renderer.bin: mean face, mouth shapes, fine mesh and mouth interior.
 * Layout: models/lite/build-renderer-data/README.md.
 */
import { AvatarError } from '../errors.ts';

/** Landmarks that carry the face surface; the attention mesh adds 10 iris points, which are not used. */
export const FACE_LANDMARKS = 468;
/** Coarse vertices a fine vertex is made of, unused ones with weight 0. */
export const STENCIL_TAPS = 8;
/** Length of `upperLip` and `lowerLip`; the first and the last are the corners, shared by both. */
export const LIP_LINE_POINTS = 11;

/** Soft pictures of folds and shadows over the mean face seen from the front: x from −x to x, y from low to high, dm. */
export type ShadeMap = {
  readonly names: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly low: number;
  readonly high: number;
  /** names × height × width, −1…1: negative darkens; row 0 is the top; 0 along the borders. */
  readonly masks: Float32Array;
};

/** Everything the renderer needs that is not code. Lengths in dm, x to the subject's left, y up, z to the viewer. */
export type RendererData = {
  /** Order of the numbers `LiteRenderer.render` takes. */
  readonly parameterNames: readonly string[];
  /** 468 × 3 mean face. */
  readonly restFace: Float32Array;
  /** Shapes behind the parameters' that an avatar's settings use: mouthSmile, mouthFrown. */
  readonly extraShapeNames: readonly string[];
  /** (parameters, then extra shapes) × 468 × 3 displacement at full strength. */
  readonly shapes: Float32Array;
  /** Landmarks that speech does not move: nose, eyes, forehead, upper cheeks. */
  readonly stable: Uint16Array;
  /** Inner lip line from the subject's right corner to the left one, 11 landmarks each. */
  readonly upperLip: Uint16Array;
  readonly lowerLip: Uint16Array;
  /** Ring vertices outside the jaw line (coarse vertices from 468 on): their outline landmark … */
  readonly ringOf: Uint16Array;
  /** … how far beyond it they lie, as a part of its distance to the upper lip … */
  readonly ringReach: Float32Array;
  /** … and the part of its displacement they take over. */
  readonly ringGain: Float32Array;
  /** Fine vertices × 8 coarse vertices, and their weights. */
  readonly taps: Uint16Array;
  readonly tapWeights: Float32Array;
  /** Fine triangles × 3, drawn in this order: rings, face, inside of the lips. */
  readonly meshTriangles: Uint16Array;
  /** How many of the last triangles lie inside the lips. */
  readonly fanTriangleCount: number;
  /** Fine vertices of the inner lip line, a closed polygon (the first is repeated at the end). */
  readonly lipLoop: Uint16Array;
  /** Landmarks of the lips' red and between lower lip and jaw line: what gives way (chin-skin.ts) … */
  readonly chin: Uint16Array;
  /** … and their neighbours: those of chin[k] are chinNeighbours[chinStart[k]] … chinNeighbours[chinStart[k + 1] − 1]. */
  readonly chinStart: Uint16Array;
  readonly chinNeighbours: Uint16Array;
  readonly shadeMap: ShadeMap;
  /** Teeth (the first `toothVertexCount`), gums, tongue and walls: vertices × 3. */
  readonly mouthPositions: Float32Array;
  readonly toothVertexCount: number;
  readonly mouthNormals: Float32Array;
  /** 0–255 RGB with the shade of depth in it. */
  readonly mouthColours: Uint8Array;
  /** Displacement for jawOpen = 1 and for tongueUp = 1. */
  readonly mouthJaw: Float32Array;
  readonly mouthTongue: Float32Array;
  /** Triangles × 3, counter-clockwise seen from outside. */
  readonly mouthTriangles: Uint16Array;
};

const MAGIC = 0x3144524c; // 'LRD1'
const VERSION = 2;
const FILE = 'models/lite/renderer.bin';
const CURE = 'Fetch the file again (git checkout or a new download).';

type Section = { name: string; type: string; offset: number; length: number };
type Header = {
  version: number;
  parameterNames: string[];
  scales: Record<string, number>;
  extraShapeNames: string[];
  fanTriangleCount: number;
  toothVertexCount: number;
  shadeMap: Omit<ShadeMap, 'masks'>;
  sections: Section[];
};

/** FNV-1a over bytes from `start`, unsigned 32 bit. */
function fnv1a(bytes: Uint8Array, start: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < bytes.length; i += 1) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

function corrupt(reason: string): AvatarError {
  return new AvatarError('MODEL_PACK_CORRUPT', `${FILE}: ${reason}. ${CURE}`);
}

/** Parse the file. The bytes are copied. @throws AvatarError MODEL_PACK_CORRUPT on any damage */
export function parseRendererData(bytes: Uint8Array): RendererData {
  if (bytes.length < 12) throw corrupt(`only ${bytes.length} bytes long`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw corrupt('does not start with LRD1');
  if (view.getUint32(4, true) !== fnv1a(bytes, 8)) throw corrupt('checksum differs');
  const headerLength = view.getUint32(8, true);
  const body = 12 + headerLength;
  if (body > bytes.length) throw corrupt('header is longer than the file');
  // The checksum has held, so the header is what the build script wrote.
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(12, body))) as Header;
  if (header.version !== VERSION) {
    throw corrupt(`layout version ${header.version}, this program reads ${VERSION}`);
  }
  const read = (name: string, type: string, size: number): ArrayBuffer => {
    const section = header.sections.find((s) => s.name === name);
    if (section?.type !== type) throw corrupt(`section ${name} (${type}) is missing`);
    const from = body + section.offset;
    const to = from + section.length * size;
    if (to > bytes.length) throw corrupt(`section ${name} ends behind the file`);
    // Not `slice`: a Node Buffer's slice shares the memory of its pool.
    return new Uint8Array(bytes.subarray(from, to)).buffer;
  };
  const f32 = (name: string): Float32Array => new Float32Array(read(name, 'f32', 4));
  const u16 = (name: string): Uint16Array => new Uint16Array(read(name, 'u16', 2));
  const scaled = (name: string): Float32Array => {
    const scale = header.scales[name];
    if (scale === undefined) throw corrupt(`scale of ${name} is missing`);
    return Float32Array.from(new Int16Array(read(name, 'i16', 2)), (v) => v * scale);
  };
  const bytesOf = (name: string): Float32Array =>
    Float32Array.from(new Int8Array(read(name, 'i8', 1)), (v) => v / 127);
  const data: RendererData = {
    parameterNames: header.parameterNames,
    extraShapeNames: header.extraShapeNames,
    restFace: f32('restFace'),
    shapes: scaled('shapes'),
    stable: u16('stable'),
    upperLip: u16('upperLip'),
    lowerLip: u16('lowerLip'),
    ringOf: u16('ringOf'),
    ringReach: f32('ringReach'),
    ringGain: f32('ringGain'),
    taps: u16('taps'),
    tapWeights: f32('tapWeights'),
    meshTriangles: u16('meshTriangles'),
    fanTriangleCount: header.fanTriangleCount,
    lipLoop: u16('lipLoop'),
    chin: u16('chin'),
    chinStart: u16('chinStart'),
    chinNeighbours: u16('chinNeighbours'),
    shadeMap: { ...header.shadeMap, masks: bytesOf('shadeMasks') },
    mouthPositions: f32('mouthPositions'),
    toothVertexCount: header.toothVertexCount,
    mouthNormals: bytesOf('mouthNormals'),
    mouthColours: new Uint8Array(read('mouthColours', 'u8', 1)),
    mouthJaw: scaled('mouthJaw'),
    mouthTongue: scaled('mouthTongue'),
    mouthTriangles: u16('mouthTriangles'),
  };
  assertConsistent(data);
  return data;
}

/** Every number that is used as an index stays inside its array, so the loops need no checks. */
function assertConsistent(data: RendererData): void {
  const coarse = FACE_LANDMARKS + data.ringOf.length;
  const fine = data.taps.length / STENCIL_TAPS;
  const mouth = data.mouthPositions.length / 3;
  const below = (values: Uint16Array, limit: number): boolean => values.every((v) => v < limit);
  const ok =
    data.restFace.length === FACE_LANDMARKS * 3 &&
    data.shapes.length ===
      (data.parameterNames.length + data.extraShapeNames.length) * FACE_LANDMARKS * 3 &&
    data.upperLip.length === LIP_LINE_POINTS &&
    data.lowerLip.length === LIP_LINE_POINTS &&
    data.ringReach.length === data.ringOf.length &&
    data.ringGain.length === data.ringOf.length &&
    data.tapWeights.length === data.taps.length &&
    data.chinStart.length === data.chin.length + 1 &&
    data.chinStart[data.chin.length] === data.chinNeighbours.length &&
    data.shadeMap.masks.length ===
      data.shadeMap.names.length * data.shadeMap.width * data.shadeMap.height &&
    data.toothVertexCount <= mouth &&
    data.mouthNormals.length === mouth * 3 &&
    data.mouthColours.length === mouth * 3 &&
    data.mouthJaw.length === mouth * 3 &&
    data.mouthTongue.length === mouth * 3 &&
    below(data.stable, FACE_LANDMARKS) &&
    below(data.upperLip, FACE_LANDMARKS) &&
    below(data.lowerLip, FACE_LANDMARKS) &&
    below(data.ringOf, FACE_LANDMARKS) &&
    below(data.chin, FACE_LANDMARKS) &&
    below(data.chinNeighbours, FACE_LANDMARKS) &&
    below(data.taps, coarse) &&
    below(data.meshTriangles, fine) &&
    below(data.lipLoop, fine) &&
    below(data.mouthTriangles, mouth);
  if (!ok) throw corrupt('sections do not fit each other');
}
