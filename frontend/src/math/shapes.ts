/**
 * Output sizes and padding: integers only, the answers of `cnnviz.shapes`.
 *
 *   Python                                  here
 *   conv_output_size(n, kernel, …)          convOutputSize(n, kernel, { … })
 *   conv_transpose_output_size(…)           convTransposeOutputSize(…)
 *   same_padding(…)                         samePadding(…)
 *   dropped(…)                              dropped(…)
 *
 * n is the input size, k the kernel, p the padding per side, s the stride, d the dilation (1 =
 * ordinary). Errors are RangeErrors that name the argument, what is allowed and what it was.
 * Every size is a number, or a list with a number per axis; the answer is a list when any of them is.
 */

export type PerAxis = number | readonly number[];
export type Pair = readonly [before: number, after: number];
/** Per side. A list has an item per axis; on a single axis [before, after] may stand alone. */
export type Padding = "valid" | "same" | number | readonly (number | Pair)[];
export type PaddingMode = "zero" | "reflect" | "replicate" | "circular";

export interface WindowOptions {
  stride?: PerAxis;
  padding?: Padding;
  dilation?: PerAxis;
}

export interface GeometryOptions extends WindowOptions {
  paddingMode?: PaddingMode;
}

export interface TransposeOptions extends WindowOptions {
  padding?: Exclude<Padding, "same">;
  outputPadding?: PerAxis;
}

/** Which window of the input each output reads, one entry per spatial axis. */
export interface Geometry {
  input: number[];
  kernel: number[];
  stride: number[];
  dilation: number[];
  padding: Pair[];
  mode: PaddingMode;
  output: number[];
}

/**
 * How far beyond the input's size the padding may go, by its mode. Further out a reflection would be reflected
 * again, and a copy copied: PyTorch and `cnnviz.ops` refuse, and so does this.
 */
export const ROOM = { zero: Infinity, reflect: -1, replicate: Infinity, circular: 0 };

export const paddedShape = (g: Geometry): number[] =>
  g.input.map((n, axis) => n + g.padding[axis][0] + g.padding[axis][1]);

/** A bad argument's error: its name, what is allowed, what it was. */
export function refuse(name: string, allowed: string, got: unknown): never {
  // JSON would write NaN as null.
  const text = typeof got === "number" ? got : JSON.stringify(got);
  throw new RangeError(`${name} must be ${allowed}, got ${text}`);
}

export function integers(
  name: string,
  value: PerAxis,
  count: number,
  least = 1,
  allowed = `an integer ≥ ${least}, or one for each of ${count} axes`,
): number[] {
  const list: number[] = Array.isArray(value) ? [...value] : Array(count).fill(value);
  if (list.length !== count || !list.every((v) => Number.isInteger(v) && v >= least)) refuse(name, allowed, value);
  return list;
}

/** The number of axes that the lists among the arguments speak of; 0 when everything is plain. */
function rankOf(padding: Padding | undefined, ...values: (PerAxis | undefined)[]): number {
  const pairwise = Array.isArray(padding) && padding.some(Array.isArray) ? padding : [];
  return (values.find(Array.isArray) ?? pairwise).length;
}

/** Positions from the first tap of a window to its last. */
export const extent = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1;

/** TensorFlow's rule: as many outputs as ⌈n/s⌉ need, the odd one after. */
function samePair(n: number, kernel: number, stride: number, dilation: number): Pair {
  const needed = (Math.ceil(n / stride) - 1) * stride + extent(kernel, dilation);
  const total = Math.max(needed - n, 0);
  const before = total >> 1;
  return [before, total - before];
}

function pairs(padding: Padding, rank: number): Pair[] {
  // A "same" that arrives here is one that can't be had: its input's size isn't known.
  const same = padding === "same" ? "" : ' "same",';
  const allowed = `an integer ≥ 0, "valid",${same} or for each of ${rank} axes an integer or [before, after]`;
  const value = padding === "valid" ? 0 : padding;
  let list: readonly (number | Pair)[] = Array.isArray(value) ? value : Array(rank).fill(value);
  // On one axis [before, after] is clear without a second pair of brackets.
  if (rank === 1 && list.length === 2 && !list.some(Array.isArray)) list = [list as Pair];
  if (list.length !== rank) refuse("padding", allowed, padding);
  return list.map((item) => integers("padding", item, 2, 0, allowed) as unknown as Pair);
}

/** What every sliding window has, checked and per axis. */
function windowOf(size: readonly number[], kernel: PerAxis, options: WindowOptions) {
  const rank = size.length;
  return {
    n: integers("n", size, rank),
    kernel: integers("kernel", kernel, rank),
    stride: integers("stride", options.stride ?? 1, rank),
    dilation: integers("dilation", options.dilation ?? 1, rank),
  };
}

/** Resolves the arguments of a convolution or a pooling, on as many axes as `input` has. */
export function geometry(input: readonly number[], kernelSize: PerAxis, options: GeometryOptions = {}): Geometry {
  const { n, kernel, stride, dilation } = windowOf(input, kernelSize, options);
  const { padding: wanted = 0, paddingMode: mode = "zero" } = options;
  const padding =
    wanted === "same" ? n.map((size, a) => samePair(size, kernel[a], stride[a], dilation[a])) : pairs(wanted, n.length);
  const room = ROOM[mode] ?? refuse("paddingMode", `one of ${Object.keys(ROOM).join(", ")}`, mode);
  const output = n.map((size, a) => {
    if (Math.max(...padding[a]) > size + room)
      refuse("padding", `at most ${size + room} where it is ${mode}`, padding[a]);
    const padded = size + padding[a][0] + padding[a][1];
    const needed = extent(kernel[a], dilation[a]);
    if (needed > padded) refuse("kernel", `no larger, dilated, than the padded input of ${padded}`, needed);
    return Math.floor((padded - needed) / stride[a]) + 1;
  });
  return { input: n, kernel, stride, dilation, padding, mode, output };
}

/** The geometry of the convolution that a transposed one runs backwards: its input is our output. */
export function transposeGeometry(
  inputs: readonly number[],
  kernelSize: PerAxis,
  options: TransposeOptions = {},
): Geometry {
  const { n: output, kernel, stride, dilation } = windowOf(inputs, kernelSize, options);
  const padding = pairs(options.padding ?? 0, output.length);
  const extra = integers("outputPadding", options.outputPadding ?? 0, output.length, 0);
  const input = output.map((n, a) => {
    const most = Math.max(stride[a], dilation[a]) - 1;
    if (extra[a] > most) refuse("outputPadding", `at most ${most} here`, extra[a]);
    const full = (n - 1) * stride[a] + extent(kernel[a], dilation[a]) + extra[a];
    const left = full - padding[a][0] - padding[a][1];
    if (left < 1) refuse("padding", `less than ${full} in all`, padding[a]);
    return left;
  });
  return { input, kernel, stride, dilation, padding, mode: "zero", output };
}

/** Finds out how many axes are meant, and gives back a list for several and a number for one. */
function plainly<T>(
  n: PerAxis,
  kernel: PerAxis,
  { stride, padding, dilation, outputPadding }: WindowOptions & { outputPadding?: PerAxis },
  answer: (input: number[]) => T[],
): T | T[] {
  const rank = rankOf(padding, n, kernel, stride, outputPadding, dilation);
  const list = answer(integers("n", n, rank || 1));
  return rank ? list : list[0];
}

/** ⌊(n + before + after − d(k − 1) − 1) / s⌋ + 1. */
export function convOutputSize(n: number, kernel: number, options?: WindowOptions): number;
export function convOutputSize(n: PerAxis, kernel: PerAxis, options?: WindowOptions): PerAxis;
export function convOutputSize(n: PerAxis, kernel: PerAxis, options: WindowOptions = {}): PerAxis {
  return plainly(n, kernel, options, (input) => geometry(input, kernel, options).output);
}

/** How many of the last padded inputs no window reaches, on every axis of a geometry. */
export const rests = (g: Geometry): number[] =>
  paddedShape(g).map((size, a) => (size - extent(g.kernel[a], g.dilation[a])) % g.stride[a]);

/** How many of the last padded inputs no window reaches, because the stride steps over them. */
export function dropped(n: number, kernel: number, options?: WindowOptions): number;
export function dropped(n: PerAxis, kernel: PerAxis, options?: WindowOptions): PerAxis;
export function dropped(n: PerAxis, kernel: PerAxis, options: WindowOptions = {}): PerAxis {
  return plainly(n, kernel, options, (input) => rests(geometry(input, kernel, options)));
}

/** The [before, after] that gives ⌈n/s⌉ outputs (TensorFlow's rule: the odd one goes after). */
export function samePadding(n: number, kernel: number, options?: WindowOptions): Pair;
export function samePadding(n: PerAxis, kernel: PerAxis, options?: WindowOptions): Pair | Pair[];
export function samePadding(n: PerAxis, kernel: PerAxis, { stride, dilation }: WindowOptions = {}): Pair | Pair[] {
  const options: WindowOptions = { stride, dilation, padding: "same" };
  return plainly(n, kernel, options, (input) => geometry(input, kernel, options).padding);
}

/** (n − 1)s − before − after + d(k − 1) + outputPadding + 1. */
export function convTransposeOutputSize(n: number, kernel: number, options?: TransposeOptions): number;
export function convTransposeOutputSize(n: PerAxis, kernel: PerAxis, options?: TransposeOptions): PerAxis;
export function convTransposeOutputSize(n: PerAxis, kernel: PerAxis, options: TransposeOptions = {}): PerAxis {
  return plainly(n, kernel, options, (input) => transposeGeometry(input, kernel, options).input);
}
