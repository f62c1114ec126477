/**
 * What the convolution stepper shows, without a page: which input meets which weight in which output,
 * ordinary and transposed, in one to three dimensions, with channels and groups.
 */
import { type NdArray, size, unravel, withoutNoise } from "../../math/array";
import { conv, convTranspose, inputsOf, outputsOf, padIndex } from "../../math/ops";
import {
  extent,
  type Geometry,
  geometry,
  type Pair,
  type PaddingMode,
  paddedShape,
  type PerAxis,
  refuse,
  transposeGeometry,
} from "../../math/shapes";
import { type Kinds, kindsOf } from "../../ui/grids/areas";

export type Reading = "scatter" | "stuffed";

export interface Setting {
  /** (C, *n) */
  x: NdArray;
  /** Every weight, also those that groups leave unused: (K, C, *k), transposed (C, K, *k). */
  dense: NdArray;
  /** (K,) */
  bias: NdArray;
  stride: PerAxis;
  padding: number | Pair[];
  dilation: PerAxis;
  groups: number;
  mode: PaddingMode;
  transposed: boolean;
  outputPadding: PerAxis;
  /** Whether x and w came without channels. */
  plain: boolean;
  reading: Reading;
}

/** One axis of the input as it is seen: which input stands at each position (−1: a zero), and what the position is. */
interface SeenAxis {
  source: number[];
  kinds: Kinds;
}

export interface Scene {
  setting: Setting;
  /** Channels in and out. */
  inputs: number;
  outputs: number;
  rank: number;
  /** Of the convolution; where it is transposed, of the one that it runs backwards. */
  g: Geometry;
  /** The sizes of x and of y. */
  n: number[];
  out: number[];
  /** (K, *out) */
  y: NdArray;
  seen: SeenAxis[];
  /** Whether each input stamps its kernel on the output, which is then seen before the padding is cut off. */
  scatters: boolean;
}

/** The block-diagonal parts of a dense weight, (rows, columns/groups, *k). */
export const blockDiagonal = ({ data, shape }: NdArray, groups: number): NdArray => {
  const [rows, cols, ...kernel] = shape;
  const each = (cols / groups) * size(kernel);
  const out = new Float64Array(rows * each);
  for (let r = 0; r < rows; r++) {
    const from = r * cols * size(kernel) + Math.floor((r * groups) / rows) * each;
    out.set(data.subarray(from, from + each), r * each);
  }
  return { data: out, shape: [rows, cols / groups, ...kernel] };
};

/** Rows and columns swapped: a weight for C → K channels, read the other way round. */
export const swapped = ({ data, shape: [rows, cols, ...kernel] }: NdArray): NdArray => {
  const cells = size(kernel);
  const out = new Float64Array(data.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++)
      out.set(data.subarray((r * cols + c) * cells, (r * cols + c + 1) * cells), (c * rows + r) * cells);
  return { data: out, shape: [cols, rows, ...kernel] };
};

/** The geometry of a setting, of which arrays need only shapes; refuses what is not legal. */
export const resolve = (
  setting: Omit<Setting, "x" | "dense" | "bias"> & { x: { shape: number[] }; dense: { shape: number[] } },
): Geometry => {
  const { x, dense, stride, padding, dilation, groups, mode, transposed, outputPadding } = setting;
  const [channels, ...n] = x.shape;
  const [outputs, inputs] = transposed ? [dense.shape[1], dense.shape[0]] : dense.shape;
  if (inputs !== channels) refuse("weight", `for ${channels} input channels`, inputs);
  if (channels % groups || outputs % groups)
    refuse("groups", `a divisor of the channels, ${channels} in and ${outputs} out`, groups);
  const kernel = dense.shape.slice(2);
  if (!transposed) return geometry(n, kernel, { stride, padding, dilation, paddingMode: mode });
  if (mode !== "zero")
    refuse("padding_mode", "zero where the convolution is transposed: its padding is cut off the output", mode);
  return transposeGeometry(n, kernel, { stride, padding, dilation, outputPadding });
};

/** The last positions of each axis that no stamp reaches: `output_padding`. */
export const extras = (g: Geometry): number[] =>
  paddedShape(g).map((full, a) => full - (g.output[a] - 1) * g.stride[a] - extent(g.kernel[a], g.dilation[a]));

/** A zero-stuffed input: s − 1 zeros between neighbours, d(k − 1) − p before and after, and the output padding. */
const stuffedAxis = (g: Geometry, a: number): SeenAxis => {
  const [n, s] = [g.output[a], g.stride[a]];
  const reach = extent(g.kernel[a], g.dilation[a]) - 1;
  const last = (n - 1) * s;
  const before = reach - g.padding[a][0];
  const length = g.input[a] + reach;
  const at = Array.from({ length }, (_, i) => i - before);
  return {
    source: at.map((q) => (q >= 0 && q <= last && q % s === 0 ? q / s : -1)),
    kinds: at.map((q, i) =>
      q < 0
        ? "pad zero"
        : q > last
          ? i >= length - extras(g)[a]
            ? "extra"
            : "pad zero"
          : q % s
            ? "stuffed"
            : undefined,
    ),
  };
};

const seenAxes = (g: Geometry, { transposed, reading }: Setting): SeenAxis[] => {
  if (transposed && reading === "stuffed") return g.input.map((_, a) => stuffedAxis(g, a));
  if (transposed)
    return g.output.map((n) => ({ source: Array.from({ length: n }, (_, i) => i), kinds: Array(n).fill(undefined) }));
  const kinds = kindsOf(g);
  return g.input.map((n, a) => ({
    kinds: kinds[a],
    source: kinds[a].map((_, i) => padIndex(i - g.padding[a][0], n, g.mode)),
  }));
};

/** `g` with nothing cut off. */
const uncut = (g: Geometry) => ({ stride: g.stride, dilation: g.dilation, outputPadding: extras(g) });

export const compute = (setting: Setting): Scene => {
  const g = resolve(setting);
  const { x, dense, bias, groups, transposed } = setting;
  const outputs = dense.shape[transposed ? 1 : 0];
  if (size(bias.shape) !== outputs) refuse("bias", `a number for each of ${outputs} output channels`, bias.shape);
  const weight = blockDiagonal(dense, groups);
  const options = { stride: g.stride, padding: g.padding, dilation: g.dilation, groups };
  const y = transposed
    ? convTranspose(x, weight, null, { ...options, outputPadding: extras(g) })
    : conv(x, weight, null, { ...options, paddingMode: g.mode });
  addBias(y, setting);
  return {
    setting,
    g,
    y,
    outputs,
    inputs: x.shape[0],
    rank: g.input.length,
    n: x.shape.slice(1),
    out: y.shape.slice(1),
    seen: seenAxes(g, setting),
    scatters: transposed && setting.reading === "scatter",
  };
};

/** Clean sums of rounding noise, then add each channel's bias. */
const addBias = (y: NdArray, { x, dense, bias }: Setting): void => {
  withoutNoise(y.data, x.data, dense.data);
  const plane = size(y.shape.slice(1));
  y.data.forEach((sum, at) => (y.data[at] = sum + bias.data[Math.floor(at / plane)]));
};

/** Which channels meet. */
export const meet = ({ inputs, outputs, setting: { groups } }: Scene, k: number, c: number): boolean =>
  Math.floor((k * groups) / outputs) === Math.floor((c * groups) / inputs);

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
export const inputsFor = (scene: Scene, k: number): number[] => upTo(scene.inputs).filter((c) => meet(scene, k, c));
export const outputsFor = (scene: Scene, c: number): number[] => upTo(scene.outputs).filter((k) => meet(scene, k, c));

/** Where the weight from channel c to channel k in a kernel's cell stands in `dense`. */
export const weightIndex = (
  { inputs, outputs, g, setting: { transposed } }: Scene,
  k: number,
  c: number,
  cell = 0,
): number => (transposed ? c * outputs + k : k * inputs + c) * size(g.kernel) + cell;

export const weightOf = (scene: Scene, k: number, c: number, cell: number): number =>
  scene.setting.dense.data[weightIndex(scene, k, c, cell)];
export const inputOf = ({ n, setting: { x } }: Scene, c: number, at: number): number =>
  at < 0 ? 0 : x.data[c * size(n) + at];

export interface Meeting {
  /** Flat indices into a plane of x (−1: a zero of the padding), of y, and into a kernel. */
  x: number;
  y: number;
  cell: number;
}

/** The products behind one place of an output plane; where it is transposed, those with true inputs alone. */
export const behind = ({ g, setting: { transposed } }: Scene, y: number): Meeting[] =>
  transposed
    ? outputsOf(y, g)
        .map(({ output, kernel }) => ({ x: output, y, cell: kernel }))
        .sort((a, b) => a.x - b.x)
    : inputsOf(y, g).map(({ input, kernel }) => ({ x: input, y, cell: kernel }));

/** The products that one place of an input plane takes part in. */
export const reached = ({ g, setting: { transposed } }: Scene, x: number): Meeting[] =>
  transposed
    ? inputsOf(x, g)
        .filter(({ input }) => input >= 0)
        .map(({ input, kernel }) => ({ x, y: input, cell: kernel }))
    : outputsOf(x, g).map(({ output, kernel }) => ({ x, y: output, cell: kernel }));

/** Where on the seen input the window of an output meets a cell of the kernel; where it scatters, on the uncut
 * output. */
export const placeOf = ({ g, scatters, setting: { transposed } }: Scene, at: number[], cell: number[]): number[] =>
  at.map((i, a) =>
    transposed && !scatters
      ? i + g.dilation[a] * (g.kernel[a] - 1 - cell[a])
      : i * g.stride[a] + g.dilation[a] * cell[a],
  );

/** What channel c alone gives to channel k: a plane of partial sums, without the bias. */
export const partial = (scene: Scene, k: number, c: number): NdArray => {
  const {
    setting: { x, dense, transposed },
    g,
    n,
    out,
  } = scene;
  const from = weightIndex(scene, k, c);
  const plane = { data: x.data.subarray(c * size(n), (c + 1) * size(n)), shape: [1, ...n] };
  const weight = { data: dense.data.subarray(from, from + size(g.kernel)), shape: [1, 1, ...g.kernel] };
  const options = { stride: g.stride, padding: g.padding, dilation: g.dilation };
  const { data } = transposed
    ? convTranspose(plane, weight, null, { ...options, outputPadding: extras(g) })
    : conv(plane, weight, null, { ...options, paddingMode: g.mode });
  withoutNoise(data, plane.data, weight.data);
  return { data, shape: out };
};

/** How many steps there are: an output each or, where it scatters, an input each. */
export const stepsOf = ({ scatters, setting: { x }, y }: Scene): number => (scatters ? x : y).data.length;

/** The channel and the place of a step. */
export const stepAt = ({ scatters, n, out }: Scene, step: number): { channel: number; at: number } => {
  const plane = size(scatters ? n : out);
  return { channel: Math.floor(step / plane), at: step % plane };
};

/** The uncut output, (K, *full), once the inputs up to a step have left their stamps (none before step 0). */
export const stamped = ({ setting, g }: Scene, step: number): NdArray => {
  const x = { ...setting.x, data: setting.x.data.map((value, i) => (i <= step ? value : 0)) };
  const y = convTranspose(x, blockDiagonal(setting.dense, setting.groups), null, {
    ...uncut(g),
    groups: setting.groups,
  });
  addBias(y, setting);
  return y;
};

/** Put one more stamp on an uncut output: the way from one step to the next. */
export const addStamp = (scene: Scene, y: NdArray, step: number): void => {
  const { g, n } = scene;
  const { channel, at } = stepAt(scene, step);
  const value = inputOf(scene, channel, at);
  const full = y.shape.slice(1);
  for (let cell = 0; cell < size(g.kernel); cell++) {
    const place = placeOf(scene, unravel(at, n), unravel(cell, g.kernel)).reduce(
      (index, i, axis) => index * full[axis] + i,
      0,
    );
    for (const k of outputsFor(scene, channel))
      y.data[k * size(full) + place] += value * weightOf(scene, k, channel, cell);
  }
};

/** The numbers of divisions that leave every group with whole channels. */
export const legalGroups = (inputs: number, outputs: number): number[] =>
  upTo(Math.min(inputs, outputs) + 1).filter((g) => g > 0 && inputs % g === 0 && outputs % g === 0);

/** "dense", "grouped" or "depthwise": what this many groups are called. */
export const groupName = (groups: number, inputs: number): string =>
  inputs === 1 || groups === 1 ? "dense" : groups === inputs ? "depthwise" : "grouped";

/** The least and the most size that a convolution with these numbers takes to n on an axis: `output_padding` chooses
 * from them and from what is between. */
export const sizesThatGive = (g: Geometry, a: number): [least: number, most: number] => {
  const least = g.input[a] - extras(g)[a];
  return [least, least + g.stride[a] - 1];
};
