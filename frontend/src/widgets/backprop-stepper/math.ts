/**
 * What the backpropagation stepper shows, without a page: convolution, ReLU and pooling forward, the gradients back,
 * one step at a time, and every path between an input, a weight or a bias and the output.
 */
import { type NdArray, size, withoutNoise } from "../../math/array";
import { conv, convBackward, inputsOf as tapsAt, pool, poolBackward } from "../../math/ops";
import { extent, type Geometry, geometry, type Pair, paddedShape, type PerAxis, refuse } from "../../math/shapes";

export type Pool = "max" | "mean" | "none";
/** How dX is computed: each element of dZ stamps its kernel on dX, or a window slides over dZ framed by zeros. */
export type Route = "scatter" | "gather";

export interface Setting {
  /** (C, H, W) */
  x: NdArray;
  /** (K, C, *k) */
  weight: NdArray;
  /** (K,) */
  bias: NdArray;
  /** The gradient at P, of its shape: (K, *out). */
  grad: NdArray;
  stride: PerAxis;
  padding: number | Pair[];
  dilation: PerAxis;
  pool: Pool;
  poolKernel: PerAxis;
  /** The pooling's kernel if null. */
  poolStride: PerAxis | null;
  route: Route;
  /** Whether the arrays came without channels. */
  plain: boolean;
}

/** The arrays, by their names. */
export type Name = "X" | "W" | "b" | "Z" | "A" | "P" | "dX" | "dW" | "db" | "dZ" | "dA" | "dP";
/** The planes of an array, one after the other. */
type Planes = Float64Array;

export interface Scene extends Record<Name, Planes> {
  setting: Setting;
  inputs: number;
  kernels: number;
  /** Of the convolution and of the pooling; where there is none, of one that takes each element alone. */
  g: Geometry;
  q: Geometry;
  /** How many numbers a plane of each array has. */
  lengths: Record<Name, number>;
  /** Which input meets which weight in which element of Z (−1: padding), and which element of A stands where in the
   * window of which element of P. */
  meets: Int32Array;
  holds: Int32Array;
  /** dZ as the gather finds it (`framed`). */
  frame: number[][];
  /** The first largest element of A in the window of each element of P, in its plane. */
  winners: Int32Array;
}

const MOST_POSITIONS = 10; // on an axis, padding included: as in Python

/** The geometries of a setting, of which arrays need only shapes; refuses what is not legal. */
export const resolve = (setting: Setting): [g: Geometry, q: Geometry] => {
  const { x, weight, stride, padding, dilation } = setting;
  const [, inputs, ...kernel] = weight.shape;
  if (inputs !== x.shape[0]) refuse("weight", `for ${x.shape[0]} input channels`, inputs);
  const g = geometry(x.shape.slice(1), kernel, { stride, padding, dilation });
  const most = Math.max(...paddedShape(g));
  if (most > MOST_POSITIONS) refuse("padding", `no more than leaves ${MOST_POSITIONS} positions on an axis`, most);
  if (setting.pool === "none") return [g, geometry(g.output, 1)];
  try {
    return [g, geometry(g.output, setting.poolKernel, { stride: setting.poolStride ?? setting.poolKernel })];
  } catch (error) {
    throw new RangeError((error as Error).message.replace(/^(?=kernel|stride)/, "pooling "));
  }
};

/** For each output's cell of the kernel, the input there, as flat indices; −1 for padding. */
const tableOf = (g: Geometry): Int32Array =>
  Int32Array.from(upTo(size(g.output)).flatMap((output) => tapsAt(output, g).map(({ input }) => input)));

export const compute = (setting: Setting): Scene => {
  const [g, q] = resolve(setting);
  const { x, weight, bias, grad, pool: kind } = setting;
  const kernels = weight.shape[0];
  if (size(bias.shape) !== kernels) refuse("bias", `a number for each of ${kernels} kernels`, bias.shape);
  if (`${grad.shape}` !== `${[kernels, ...q.output]}`)
    refuse("grad", `of the output's shape, ${[kernels, ...q.output].join(" × ")}`, grad.shape);
  const window = { stride: g.stride, padding: g.padding, dilation: g.dilation };
  const pooling = { stride: q.stride, mode: kind === "mean" ? ("mean" as const) : ("max" as const) };
  const z = conv(x, weight, bias, window);
  withoutNoise(z.data, x.data, weight.data);
  const a = { ...z, data: z.data.map((value) => Math.max(value, 0)) };
  const da = poolBackward(grad, a, q.kernel, pooling).data;
  withoutNoise(da, grad.data, Float64Array.of(1));
  const dz = { ...z, data: da.map((value, at) => (z.data[at] > 0 ? value : 0)) };
  const { dx, dweight, dbias } = convBackward(dz, x, weight, window);
  withoutNoise(dx.data, dz.data, weight.data);
  withoutNoise(dweight.data, dz.data, x.data);
  withoutNoise(dbias.data, dz.data, Float64Array.of(1));
  const holds = tableOf(q);
  const [inputs, taps, maps, outputs] = [g.input, g.kernel, g.output, q.output].map(size);
  return {
    setting,
    g,
    q,
    inputs: x.shape[0],
    kernels,
    ...{ X: x.data, W: weight.data, b: bias.data, Z: z.data, A: a.data, P: pool(a, q.kernel, pooling).data },
    ...{ dX: dx.data, dW: dweight.data, db: dbias.data, dZ: dz.data, dA: da, dP: grad.data },
    lengths: {
      ...{ X: inputs, dX: inputs, W: taps, dW: taps, b: 1, db: 1 },
      ...{ Z: maps, dZ: maps, A: maps, dA: maps, P: outputs, dP: outputs },
    },
    meets: tableOf(g),
    frame: framed(g),
    holds,
    winners: winnersOf(a.data, q, holds, kernels),
  };
};

const winnersOf = (a: Planes, q: Geometry, holds: Int32Array, kernels: number): Int32Array => {
  const [plane, outputs, cells] = [size(q.input), size(q.output), size(q.kernel)];
  return Int32Array.from({ length: kernels * outputs }, (_, at) => {
    const from = Math.floor(at / outputs) * plane;
    return planeOf(holds, at % outputs, cells).reduce((best, i) => (a[from + i] > a[from + best] ? i : best));
  });
};

// ---- elements --------------------------------------------------------------------------------------
export const pools = ({ setting }: Scene): boolean => setting.pool !== "none";
/** The sizes of a plane of an array: of an input channel, of a kernel in one of them, of a feature map. */
export const shapeOf = ({ g, q }: Scene, name: Name): number[] =>
  ({ X: g.input, W: g.kernel, b: [] as number[], P: q.output })[name.replace("d", "")] ?? g.output;
export const tapsOf = ({ lengths }: Scene): number => lengths.W;
export const inputsOf = ({ lengths }: Scene): number => lengths.X;
export const mapOf = ({ lengths }: Scene): number => lengths.Z;
export const outputsOf = ({ lengths }: Scene): number => lengths.P;
export const cellsOf = ({ q }: Scene): number => size(q.kernel);

/** Where an element of an array stands among its numbers: of X by its channel, of W by both, else by its kernel. */
export const entryOf = ({ inputs, lengths }: Scene, name: Name, k: number, c: number, at: number): number => {
  const plane = name.endsWith("X") ? c : name.endsWith("W") ? k * inputs + c : k;
  return plane * lengths[name] + at;
};
/** The number of an element; 0 for one of the padding, at −1. */
export const valueOf = (scene: Scene, name: Name, k: number, c: number, at: number): number =>
  at < 0 ? 0 : scene[name][entryOf(scene, name, k, c, at)];
const weightOf = (scene: Scene, k: number, c: number, tap: number): number => valueOf(scene, "W", k, c, tap);
/** One plane of K of them, as it is kept. */
export const planeOf = <Numbers extends Planes | Int32Array>(planes: Numbers, k: number, length: number): Numbers =>
  planes.subarray(k * length, (k + 1) * length) as Numbers;
/** The elements of A in the window of an element of P. */
export const windowAt = (scene: Scene, p: number): number[] => [...planeOf(scene.holds, p, cellsOf(scene))];
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

// ---- steps -----------------------------------------------------------------------------------------
/** The parts of the process, in order. */
export const PARTS = ["z", "a", "p", "da", "dz", "dx", "dw", "db"] as const;
export type Part = (typeof PARTS)[number];

/** A step: the part that it belongs to, the kernel, and which of its items; and the input channel that is shown. */
export interface Moment {
  part: Part;
  k: number;
  item: number;
  c: number;
}

/** How many steps a part takes for one kernel. */
export const countOf = (scene: Scene, part: Part): number =>
  ({
    z: mapOf(scene),
    a: 1,
    p: pools(scene) ? outputsOf(scene) : 0,
    da: pools(scene) ? outputsOf(scene) : 0,
    dz: 1,
    dx: scene.setting.route === "scatter" ? mapOf(scene) : scene.inputs * inputsOf(scene),
    dw: scene.inputs * tapsOf(scene),
    db: 1,
  })[part];

export const stepsOf = (scene: Scene): number =>
  scene.kernels * PARTS.reduce((sum, part) => sum + countOf(scene, part), 0);

export const stepAt = (scene: Scene, { part, k, item }: Pick<Moment, "part" | "k" | "item">): number =>
  PARTS.slice(0, PARTS.indexOf(part)).reduce((sum, each) => sum + scene.kernels * countOf(scene, each), 0) +
  k * countOf(scene, part) +
  item;

/** The first step of a part in a kernel; nothing where there is none. */
export const firstOf = (scene: Scene, part: Part, k: number): number | undefined =>
  countOf(scene, part) ? stepAt(scene, { part, k, item: 0 }) : undefined;

/** How many items of a part belong to each input channel; nothing where they belong to all. */
export const perChannel = (scene: Scene, part: Part): number | undefined =>
  part === "dw" ? tapsOf(scene) : part === "dx" && scene.setting.route === "gather" ? inputsOf(scene) : undefined;

/** The moment of a step, the last one where there are not so many; `c` is shown where it belongs to all channels. */
export const momentAt = (scene: Scene, step: number, c: number): Moment => {
  let left = Math.min(step, stepsOf(scene) - 1);
  for (const part of PARTS) {
    const count = countOf(scene, part);
    if (left < scene.kernels * count) {
      const [k, item] = [Math.floor(left / count), left % count];
      const each = perChannel(scene, part);
      return { part, k, item, c: each ? Math.floor(item / each) : Math.min(c, scene.inputs - 1) };
    }
    left -= scene.kernels * count;
  }
  throw new RangeError(`step must be at least 0, got ${step}`);
};

/** How many of a part's items for a kernel have been done. */
export const doneOf = (scene: Scene, now: Moment, part: Part, k: number): number => {
  const after = PARTS.indexOf(now.part) - PARTS.indexOf(part);
  const count = countOf(scene, part);
  if (after) return after > 0 ? count : 0;
  return now.k > k ? count : now.k === k ? now.item + 1 : 0;
};
/** Whether dX is complete. */
const hasDx = (scene: Scene, now: Moment): boolean =>
  doneOf(scene, now, "dx", scene.kernels - 1) === countOf(scene, "dx");

// ---- what has been added up so far -----------------------------------------------------------------
/** What part of the gradient of an element of P the element of A in a cell of its window gets. */
export const shareOf = (scene: Scene, k: number, p: number, a: number): number =>
  scene.setting.pool === "mean" ? 1 / cellsOf(scene) : Number(scene.winners[k * outputsOf(scene) + p] === a);

/** A plane of dA after the first `done` elements of P have sent their gradients back. */
export const daAfter = (scene: Scene, k: number, done: number): Planes => {
  if (done >= outputsOf(scene)) return planeOf(scene.dA, k, mapOf(scene));
  const da = new Float64Array(mapOf(scene));
  for (let p = 0; p < done; p++)
    for (const a of windowAt(scene, p)) da[a] += valueOf(scene, "dP", k, 0, p) * shareOf(scene, k, p, a);
  withoutNoise(da, scene.dP, Float64Array.of(1));
  return da;
};

/** dX after the steps so far: (C, H, W). Where it gathers, inputs not come to yet lack this kernel's part. */
export const dxAfter = (scene: Scene, now: Moment): Planes => {
  if (hasDx(scene, now)) return scene.dX;
  const { inputs, kernels, meets, dZ, W } = scene;
  const [maps, taps, plane] = [mapOf(scene), tapsOf(scene), inputsOf(scene)];
  const dx = new Float64Array(scene.dX.length);
  const scatters = scene.setting.route === "scatter";
  for (let k = 0; k < kernels; k++) {
    const done = doneOf(scene, now, "dx", k);
    for (let z = 0; z < (scatters ? done : maps); z++)
      for (let tap = 0; tap < taps; tap++) {
        const at = meets[z * taps + tap];
        for (let c = 0; at >= 0 && c < inputs; c++)
          if (scatters || c * plane + at < done)
            dx[c * plane + at] += dZ[k * maps + z] * W[(k * inputs + c) * taps + tap];
      }
  }
  withoutNoise(dx, dZ, W);
  return dx;
};

/** Which elements of dX, (C, H, W), are finished: nothing more will be added to them. */
export const finished = (scene: Scene, now: Moment): ((index: number) => boolean) => {
  if (hasDx(scene, now)) return () => true;
  if (now.part !== "dx" || now.k < scene.kernels - 1) return () => false;
  if (scene.setting.route === "gather") return (index) => index <= now.item;
  const taps = tapsOf(scene);
  const open = new Set(scene.meets.subarray((now.item + 1) * taps));
  return (index) => !open.has(index % inputsOf(scene));
};

// ---- paths -----------------------------------------------------------------------------------------
/** Where a place of X or of Z is read. */
export interface Reader {
  output: number;
  cell: number;
}
const readersIn = (table: Int32Array, cells: number, at: number): Reader[] => {
  const found: Reader[] = [];
  table.forEach((one, entry) => one === at && found.push({ output: Math.floor(entry / cells), cell: entry % cells }));
  return found;
};
/** The elements of Z that read an input, and through which weight. */
export const readersOf = (scene: Scene, at: number): Reader[] => readersIn(scene.meets, tapsOf(scene), at);
/** The elements of P whose window holds an element of A. */
export const windowsOf = (scene: Scene, a: number): Reader[] => readersIn(scene.holds, cellsOf(scene), a);

/** One way from an input, a weight or a bias to an element of P: the gradient comes back on it as the product
 * `dp` · `share` · `gate` · `factor`. */
export interface Path {
  dp: number;
  share: number;
  gate: number;
  /** The weight that an input goes through, or the input that a weight meets; 1 for a bias. */
  factor: number;
}

/** The ways from an element of Z to P. */
const onwards = (scene: Scene, k: number, z: number, factor: number): Path[] =>
  windowsOf(scene, z).map(({ output: p }) => ({
    dp: valueOf(scene, "dP", k, 0, p),
    share: shareOf(scene, k, p, z),
    gate: Number(valueOf(scene, "Z", k, 0, z) > 0),
    factor,
  }));

/** All ways from an input, a weight or a bias. */
export const pathsOf = (scene: Scene, name: Name, k: number, c: number, at: number): Path[] => {
  if (name === "X")
    return upTo(scene.kernels).flatMap((k) =>
      readersOf(scene, at).flatMap(({ output, cell }) => onwards(scene, k, output, weightOf(scene, k, c, cell))),
    );
  const met = (z: number) => (name === "b" ? 1 : valueOf(scene, "X", k, c, scene.meets[z * tapsOf(scene) + at]));
  return upTo(mapOf(scene)).flatMap((z) => onwards(scene, k, z, met(z)));
};

// ---- the gather ------------------------------------------------------------------------------------
/** dZ as the window of the gather finds it on each axis: s − 1 zeros between neighbours, and a frame of zeros; where
 * each position comes from, −1 for a zero. The window of input i begins at position i. */
export const framed = (g: Geometry): number[][] =>
  g.input.map((n, axis) => {
    const reach = extent(g.kernel[axis], g.dilation[axis]) - 1;
    return Array.from({ length: n + reach }, (_, i) => {
      const at = i - reach + g.padding[axis][0];
      const source = at / g.stride[axis];
      return at >= 0 && Number.isInteger(source) && source < g.output[axis] ? source : -1;
    });
  });
