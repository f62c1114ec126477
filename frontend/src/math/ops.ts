/**
 * The layers, forward and backward, with the answers of `cnnviz.ops`: same names in camelCase, and
 * the keyword arguments in an options object (`padding_mode` is `paddingMode`).
 *
 * One walk over windows (`walk`) carries all of them. Arrays are (C, *spatial) or (N, C, *spatial),
 * weights (K, C/groups, *kernel), with one to three spatial axes; `correlate`, `convolve` and `pad`
 * take plain images. What an output reads is said once, by a `Geometry`.
 */
import { type NdArray, size, unravel, zeros } from "./array";
import {
  type Geometry,
  type GeometryOptions,
  geometry,
  integers,
  type Padding,
  type PaddingMode,
  paddedShape,
  type PerAxis,
  refuse,
  type TransposeOptions,
  transposeGeometry,
} from "./shapes";

export interface ConvOptions extends GeometryOptions {
  groups?: number;
}

export interface ConvTransposeOptions extends TransposeOptions {
  groups?: number;
}

export interface PoolOptions {
  /** The kernel's size if not given. */
  stride?: PerAxis;
  padding?: Padding;
  /** "l2" is the root of the mean of the squares. */
  mode?: "max" | "mean" | "l2";
}

// ---- padding -------------------------------------------------------------------------------------

/** The input that a padded coordinate shows (`i` runs from −before to n + after − 1); −1 for a zero. */
export function padIndex(i: number, n: number, mode: PaddingMode): number {
  const modulo = (period: number): number => ((i % period) + period) % period;
  if (i >= 0 && i < n) return i;
  if (mode === "replicate") return i < 0 ? 0 : n - 1;
  if (mode === "circular") return modulo(n);
  if (mode === "zero") return -1;
  // Reflected at the centres of the first and the last pixel, so that neither is repeated.
  return n - 1 - Math.abs(n - 1 - modulo(2 * (n - 1) || 1));
}

/** The flat index of `inner` along one more axis of n, where −1 is nowhere. */
const join = (outer: number, inner: number, n: number): number => (outer < 0 || inner < 0 ? -1 : outer * n + inner);

/** For every element of a padded plane, the element of the plane that it shows; −1 for a zero. */
function sources(g: Geometry): Int32Array {
  let table = Int32Array.of(0);
  paddedShape(g).forEach((length, axis) => {
    const n = g.input[axis];
    const line = Int32Array.from({ length }, (_, i) => padIndex(i - g.padding[axis][0], n, g.mode));
    const next = new Int32Array(table.length * length);
    let at = 0;
    for (const outer of table) for (const inner of line) next[at++] = join(outer, inner, n);
    table = next;
  });
  return table;
}

/** Each plane of `data`, padded. */
function padPlanes(data: Float64Array, g: Geometry, fill = 0): Float64Array {
  const from = sources(g);
  const n = size(g.input);
  const out = new Float64Array((data.length / n) * from.length);
  for (let start = 0, at = 0; start < data.length; start += n)
    for (let j = 0; j < from.length; j++, at++) out[at] = from[j] < 0 ? fill : data[start + from[j]];
  return out;
}

/** The adjoint of `padPlanes`: every padded element's gradient goes to the pixel that it showed. */
function unpadPlanes(padded: Float64Array, g: Geometry): Float64Array {
  const from = sources(g);
  const n = size(g.input);
  const out = new Float64Array((padded.length / from.length) * n);
  for (let start = 0, at = 0; at < padded.length; start += n)
    for (let j = 0; j < from.length; j++, at++) if (from[j] >= 0) out[start + from[j]] += padded[at];
  return out;
}

/** Pads every axis by a number, or the last axes by a list's items, the others being channels. */
export function pad(x: NdArray, padding: Padding, mode: PaddingMode = "zero"): NdArray {
  const rank = Array.isArray(padding) ? padding.length : x.shape.length;
  checkShape("x", x, x.shape);
  // A kernel of one cell reads each padded element once.
  const g = geometry(x.shape.slice(-rank), 1, { padding, paddingMode: mode });
  return { data: padPlanes(x.data, g), shape: [...x.shape.slice(0, -rank), ...g.output] };
}

// ---- loops ---------------------------------------------------------------------------------------

/** y[j·stepY] += a · x[j·stepX], `n` times from the offsets on: nearly all the time is spent here. */
function axpy(
  n: number,
  a: number,
  x: Float64Array,
  atX: number,
  stepX: number,
  y: Float64Array,
  atY: number,
  stepY: number,
): void {
  // Four at a time: measured, nearly twice as fast in V8 as one at a time.
  for (; n > 3; n -= 4, atX += 4 * stepX, atY += 4 * stepY) {
    y[atY] += a * x[atX];
    y[atY + stepY] += a * x[atX + stepX];
    y[atY + 2 * stepY] += a * x[atX + 2 * stepX];
    y[atY + 3 * stepY] += a * x[atX + 3 * stepX];
  }
  for (; n > 0; n--, atX += stepX, atY += stepY) y[atY] += a * x[atX];
}

/** Σ x[j] · y[j·stepY]. */
function dot(n: number, x: Float64Array, atX: number, y: Float64Array, atY: number, stepY: number): number {
  let sum = 0;
  for (; n > 0; n--, atX++, atY += stepY) sum += x[atX] * y[atY];
  return sum;
}

/** One loop over three axes serves 1-D and 2-D too, behind leading axes of size 1. */
const lift = (list: readonly number[]): [number, number, number] =>
  [1, 1, ...list].slice(-3) as [number, number, number];

/**
 * One kernel cell against one row of outputs: `output`, `output + 1`, … (`width` of them) read padded
 * inputs `input`, `input + step`, … All are offsets into flat data.
 */
type Visit = (cell: number, output: number, input: number, width: number, step: number) => void;

/** Visits every kernel cell with every row of outputs of one plane. */
function walk(g: Geometry, visit: Visit): void {
  const [depth, height, width] = lift(g.output);
  const [kd, kh, kw] = lift(g.kernel);
  const [sd, sh, step] = lift(g.stride);
  const [dd, dh, dw] = lift(g.dilation);
  const [, ph, pw] = lift(paddedShape(g));
  for (let z = 0, output = 0; z < depth; z++)
    for (let y = 0; y < height; y++, output += width)
      for (let a = 0, cell = 0; a < kd; a++)
        for (let b = 0; b < kh; b++) {
          const row = ((z * sd + a * dd) * ph + y * sh + b * dh) * pw;
          for (let c = 0; c < kw; c++) visit(cell++, output, row + c * dw, width, step);
        }
}

interface Channels {
  batch: number;
  inputs: number;
  outputs: number;
  groups: number;
}

/** `walk` over every pair of channels of one group; `cell` is then the offset of a weight. */
function walkChannels({ batch, inputs, outputs, groups }: Channels, g: Geometry, visit: Visit): void {
  const perGroup = inputs / groups;
  const cells = size(g.kernel);
  const outputPlane = size(g.output);
  const inputPlane = size(paddedShape(g));
  for (let n = 0; n < batch; n++)
    for (let k = 0; k < outputs; k++)
      for (let c = 0; c < perGroup; c++) {
        const weight = (k * perGroup + c) * cells;
        const output = (n * outputs + k) * outputPlane;
        const channel = Math.floor((k * groups) / outputs) * perGroup + c;
        const input = (n * inputs + channel) * inputPlane;
        walk(g, (cell, o, i, width, step) => visit(weight + cell, output + o, input + i, width, step));
      }
}

// ---- convolution ---------------------------------------------------------------------------------

/** The batch, the channels and the `rank` spatial axes of `x`, once it is known to have them. */
function split(x: NdArray, rank: number, leading = 1): [number, number, number[]] {
  const axes = x.shape.length - rank;
  if (rank < 1 || rank > 3) refuse("kernel", "for 1, 2 or 3 axes", rank);
  if (axes < leading || axes > 2) refuse("x", `of ${rank + leading} to ${rank + 2} axes`, x.shape);
  checkShape("x", x, integers("x.shape", x.shape, axes + rank));
  return [axes > 1 ? x.shape[0] : 1, x.shape[axes - 1], x.shape.slice(axes)];
}

function checkShape(name: string, { data, shape }: NdArray, wanted: readonly number[]): void {
  if (`${shape}` !== `${wanted}` || data.length !== size(wanted))
    refuse(`${name}.shape`, `[${wanted}], with as much data`, shape);
}

function checkGroups(groups: number, inputs: number, outputs: number): void {
  integers("groups", groups, 1);
  if (inputs % groups || outputs % groups)
    refuse("groups", `a divisor of the channels, ${inputs} in and ${outputs} out`, groups);
}

/** Adds each channel's bias to its planes. */
function addBias(y: NdArray, bias: NdArray | null | undefined, rank: number): NdArray {
  if (!bias) return y;
  const channels = y.shape[y.shape.length - rank - 1];
  const plane = size(y.shape.slice(-rank));
  checkShape("bias", bias, [channels]);
  y.data.forEach((sum, at) => {
    y.data[at] = sum + bias.data[Math.floor(at / plane) % channels];
  });
  return y;
}

/** What `conv` and `convBackward` have in common: which channels meet, in which windows. */
function resolveConv(
  x: NdArray,
  weight: NdArray,
  options: ConvOptions,
): { channels: Channels; g: Geometry; shape: number[] } {
  const [outputs, , ...kernel] = integers("weight.shape", weight.shape, weight.shape.length);
  const [batch, inputs, spatial] = split(x, kernel.length);
  const g = geometry(spatial, kernel, options);
  const groups = options.groups ?? 1;
  checkGroups(groups, inputs, outputs);
  checkShape("weight", weight, [outputs, inputs / groups, ...g.kernel]);
  const shape = [...x.shape.slice(0, -kernel.length - 1), outputs, ...g.output];
  return { channels: { batch, inputs, outputs, groups }, g, shape };
}

/** Cross-correlation, as deep learning has it: 1-D, 2-D or 3-D by the weight's shape. */
export function conv(x: NdArray, weight: NdArray, bias?: NdArray | null, options: ConvOptions = {}): NdArray {
  const { channels, g, shape } = resolveConv(x, weight, options);
  const padded = padPlanes(x.data, g);
  const y = zeros(shape);
  walkChannels(channels, g, (w, output, input, width, step) =>
    axpy(width, weight.data[w], padded, input, step, y.data, output, 1),
  );
  return addBias(y, bias, g.input.length);
}

/** The gradients of a loss with respect to `conv`'s arguments, given `grad`, that of its output. */
export function convBackward(
  grad: NdArray,
  x: NdArray,
  weight: NdArray,
  options: ConvOptions = {},
): { dx: NdArray; dweight: NdArray; dbias: NdArray } {
  const { channels, g, shape } = resolveConv(x, weight, options);
  checkShape("grad", grad, shape);
  const padded = padPlanes(x.data, g);
  const dpadded = new Float64Array(padded.length);
  const dweight = zeros(weight.shape);
  walkChannels(channels, g, (w, output, input, width, step) => {
    dweight.data[w] += dot(width, grad.data, output, padded, input, step);
    axpy(width, weight.data[w], grad.data, output, 1, dpadded, input, step);
  });
  const dbias = zeros([channels.outputs]);
  const plane = size(g.output);
  grad.data.forEach((value, at) => {
    dbias.data[Math.floor(at / plane) % channels.outputs] += value;
  });
  return { dx: { data: unpadPlanes(dpadded, g), shape: [...x.shape] }, dweight, dbias };
}

/** `conv`'s gradient with respect to its input, run forwards. Weights are (C, K/groups, *kernel). */
export function convTranspose(
  x: NdArray,
  weight: NdArray,
  bias?: NdArray | null,
  options: ConvTransposeOptions = {},
): NdArray {
  const [, perGroup, ...kernel] = integers("weight.shape", weight.shape, weight.shape.length);
  const rank = kernel.length;
  const [batch, channels, spatial] = split(x, rank);
  const groups = options.groups ?? 1;
  const produced = perGroup * groups;
  checkGroups(groups, channels, produced);
  const g = transposeGeometry(spatial, kernel, options);
  checkShape("weight", weight, [channels, perGroup, ...g.kernel]);
  const padded = new Float64Array(batch * produced * size(paddedShape(g)));
  const meeting = { batch, inputs: produced, outputs: channels, groups };
  walkChannels(meeting, g, (w, output, input, width, step) =>
    axpy(width, weight.data[w], x.data, output, 1, padded, input, step),
  );
  const shape = [...x.shape.slice(0, -rank - 1), produced, ...g.input];
  return addBias({ data: unpadPlanes(padded, g), shape }, bias, rank);
}

/** One image, one kernel of the same rank: the kernel as it stands at every window. */
export function correlate(image: NdArray, kernel: NdArray, options: GeometryOptions = {}): NdArray {
  if (image.shape.length !== kernel.shape.length)
    refuse("kernel.shape", `of ${image.shape.length} axes, as the image`, kernel.shape);
  const x = { ...image, shape: [1, ...image.shape] };
  const weight = { ...kernel, shape: [1, 1, ...kernel.shape] };
  const { data, shape } = conv(x, weight, null, options);
  return { data, shape: shape.slice(1) };
}

/** `correlate` with the kernel flipped on every axis: the convolution of mathematics. */
export function convolve(image: NdArray, kernel: NdArray, options: GeometryOptions = {}): NdArray {
  // In row-major order, flipping every axis is reading backwards.
  return correlate(image, { ...kernel, data: kernel.data.slice().reverse() }, options);
}

/**
 * Adds `delta` × the image as kernel cell (ku, kv) sees it to the 2-D output `y`, in place: all that
 * changes in a correlation when that cell grows by `delta`. `padded` is `pad(x, g.padding, g.mode)`.
 */
export function addShifted(y: NdArray, padded: NdArray, delta: number, ku: number, kv: number, g: Geometry): void {
  if (g.output.length !== 2) refuse("the geometry", "2-D", g.output);
  const [height, width] = g.output as [number, number];
  checkShape("y", y, g.output);
  checkShape("padded", padded, paddedShape(g));
  [ku, kv].forEach((cell, axis) => checkIndex(axis ? "kv" : "ku", cell, [g.kernel[axis]]));
  const across = padded.shape[1];
  for (let row = 0; row < height; row++) {
    const from = (row * g.stride[0] + ku * g.dilation[0]) * across + kv * g.dilation[1];
    axpy(width, delta, padded.data, from, g.stride[1], y.data, row * width, 1);
  }
}

// ---- pooling -------------------------------------------------------------------------------------

interface Pooling {
  g: Geometry;
  mode: "max" | "mean" | "l2";
  padded: Float64Array;
  shape: number[];
}

function resolvePool(x: NdArray, kernel: PerAxis, options: PoolOptions): Pooling {
  const rank = Array.isArray(kernel) ? kernel.length : ({ 1: 1, 5: 3 }[x.shape.length] ?? 2);
  const [, , spatial] = split(x, rank, 0);
  const { stride = kernel, padding = 0, mode = "max" } = options;
  if (!["max", "mean", "l2"].includes(mode)) refuse("mode", "max, mean or l2", mode);
  const g = geometry(spatial, kernel, { stride, padding });
  g.padding.forEach((pair, axis) => {
    // PyTorch's rule: more, and a window could lie in the padding alone.
    const most = g.kernel[axis] >> 1;
    if (Math.max(...pair) > most) refuse("padding", `at most half the kernel, ${most}`, pair);
  });
  const padded = padPlanes(x.data, g, mode === "max" ? -Infinity : 0);
  return { g, mode, padded, shape: [...x.shape.slice(0, -rank), ...g.output] };
}

/** Visits every pixel of every window of every plane. */
function walkPixels({ g, padded }: Pooling, visit: (output: number, input: number) => void): void {
  const planes = padded.length / size(paddedShape(g));
  const each = { batch: planes, inputs: 1, outputs: 1, groups: 1 };
  walkChannels(each, g, (_, output, input, width, step) => {
    for (let j = 0; j < width; j++) visit(output + j, input + j * step);
  });
}

/**
 * The greatest, the mean or the root mean square of each window of the last axes: as many of them as
 * `kernel` lists, or with a number two (the only one of a 1-D array, three of a 5-D one). The padding
 * is −∞ for "max"; elsewhere it is zeros, which count.
 */
export function pool(x: NdArray, kernel: PerAxis, options: PoolOptions = {}): NdArray {
  const pooling = resolvePool(x, kernel, options);
  const { g, mode, padded, shape } = pooling;
  const y = zeros(shape);
  const cells = size(g.kernel);
  if (mode === "max") {
    y.data.fill(-Infinity);
    walkPixels(pooling, (o, i) => (y.data[o] = Math.max(y.data[o], padded[i])));
  } else {
    const power = mode === "mean" ? 1 : 2;
    walkPixels(pooling, (o, i) => (y.data[o] += padded[i] ** power));
    y.data.forEach((sum, o) => (y.data[o] = (sum / cells) ** (1 / power)));
  }
  return y;
}

/** The gradient with respect to `pool`'s input; a maximum's goes to the first that has it. */
export function poolBackward(grad: NdArray, x: NdArray, kernel: PerAxis, options: PoolOptions = {}): NdArray {
  const pooling = resolvePool(x, kernel, options);
  const { g, mode, padded, shape } = pooling;
  checkShape("grad", grad, shape);
  const dpadded = new Float64Array(padded.length);
  const y = pool(x, kernel, options).data;
  const cells = size(g.kernel);
  const given = new Uint8Array(y.length);
  const share = {
    max: (o: number, i: number) => (given[o] || padded[i] !== y[o] ? 0 : (given[o] = 1)),
    mean: () => 1 / cells,
    // The norm has a corner at zero; 0 is the subgradient of least norm.
    l2: (o: number, i: number) => (y[o] ? padded[i] / (cells * y[o]) : 0),
  }[mode];
  walkPixels(pooling, (o, i) => (dpadded[i] += grad.data[o] * share(o, i)));
  return { data: unpadPlanes(dpadded, g), shape: [...x.shape] };
}

// ---- what reads what -----------------------------------------------------------------------------

/** One product of a sum, as flat indices: `output` reads `input` (−1: a zero) through `kernel`. */
export interface Tap {
  output: number;
  kernel: number;
  input: number;
}

/** Every product, of those that are wanted on each axis. */
function taps(g: Geometry, wanted: (tap: Tap, axis: number) => boolean): Tap[] {
  return g.input.reduce<Tap[]>(
    (found, n, axis) => {
      const line: Tap[] = [];
      for (let output = 0; output < g.output[axis]; output++)
        for (let kernel = 0; kernel < g.kernel[axis]; kernel++) {
          const at = output * g.stride[axis] + kernel * g.dilation[axis] - g.padding[axis][0];
          const tap = { output, kernel, input: padIndex(at, n, g.mode) };
          if (wanted(tap, axis)) line.push(tap);
        }
      return found.flatMap((outer) =>
        line.map((inner) => ({
          output: join(outer.output, inner.output, g.output[axis]),
          kernel: join(outer.kernel, inner.kernel, g.kernel[axis]),
          input: join(outer.input, inner.input, n),
        })),
      );
    },
    [{ output: 0, kernel: 0, input: 0 }],
  );
}

function checkIndex(name: string, index: number, shape: number[]): number[] {
  if (!Number.isInteger(index) || index < 0 || index >= size(shape))
    refuse(name, `an index from 0 to ${size(shape) - 1}`, index);
  return unravel(index, shape);
}

/** The products that make an output, in the kernel's order. */
export function inputsOf(output: number, g: Geometry): Tap[] {
  const at = checkIndex("output", output, g.output);
  return taps(g, (tap, axis) => tap.output === at[axis]);
}

/** The products that an input takes part in, those that read it through the padding included. */
export function outputsOf(input: number, g: Geometry): Tap[] {
  const at = checkIndex("input", input, g.input);
  return taps(g, (tap, axis) => tap.input === at[axis]);
}
