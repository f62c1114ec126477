/** What the pooling stepper computes: pure. One axis is a plane of one row, one channel a volume of one plane. */
import { type NdArray, size, unravel } from "../../math/array";
import { inputsOf, outputsOf, pool, poolBackward } from "../../math/ops";
import { type Geometry, geometry, type Pair, type PerAxis } from "../../math/shapes";
import type { Sides } from "../../ui/state/window-settings";

export type Mode = "max" | "mean" | "l2";

export interface Setting {
  x: NdArray; // (n,), (H, W) or (C, H, W)
  kernel: PerAxis | "global";
  stride: PerAxis | null; // null: the kernel's size
  padding: Sides;
  mode: Mode;
}

export interface Result {
  setting: Setting;
  /** How many axes are pooled: 1 or 2. */
  rank: number;
  channels: number;
  /** Of a plane. */
  geometry: Geometry;
  x: NdArray; // (C, H, W)
  y: NdArray; // (C, H′, W′)
}

/** One number of a window: the input it is (−1: padding) and its value. */
export interface Member {
  input: number;
  value: number;
}

const lifted = (value: PerAxis, rank: number): PerAxis => (rank === 1 ? [1, [value].flat()[0]] : value);

const liftedPadding = (padding: Sides, rank: number): number | (number | Pair)[] =>
  rank > 1 ? padding : [0, typeof padding === "number" ? padding : ([padding].flat(2) as unknown as Pair)];

/** Pool; throws where the setting allows no output. */
export const compute = (setting: Setting): Result => {
  const { shape, data } = setting.x;
  const rank = Math.min(2, shape.length);
  const x = { data, shape: [1, 1, ...shape].slice(-3) };
  const spatial = x.shape.slice(1);
  const kernel = setting.kernel === "global" ? spatial : lifted(setting.kernel, rank);
  const stride = setting.kernel === "global" || setting.stride === null ? kernel : lifted(setting.stride, rank);
  const g = geometry(spatial, kernel, { stride, padding: liftedPadding(setting.padding, rank) });
  const y = pool(x, g.kernel, { stride: g.stride, padding: g.padding, mode: setting.mode });
  return { setting, rank, channels: x.shape[0], geometry: g, x, y };
};

/** What arrives at the outputs, and what of it gets to the inputs. */
export interface Flow {
  dy: NdArray; // (C, H′, W′)
  dx: NdArray; // (C, H, W)
}

/** The gradient at the input, when 1 arrives at one output and 0 at the others, or 1 at each (`at` undefined). */
export const gradient = ({ setting: { mode }, geometry: g, x, y }: Result, at?: number): Flow => {
  const dy = { shape: y.shape, data: y.data.map((_, i) => Number(at === undefined || i === at)) };
  return { dy, dx: poolBackward(dy, x, g.kernel, { stride: g.stride, padding: g.padding, mode }) };
};

/** The numbers in the window of an output, in reading order; padding is −∞ for a maximum and else 0. */
export const membersOf = ({ setting: { mode }, geometry: g, x }: Result, output: number): Member[] => {
  const plane = size(g.output);
  const start = Math.floor(output / plane) * size(g.input);
  return inputsOf(output % plane, g).map(({ input }) =>
    input < 0
      ? { input, value: mode === "max" ? -Infinity : 0 }
      : { input: start + input, value: x.data[start + input] },
  );
};

/** The inputs that hold an output's maximum; the first gets its gradient. */
export const winners = (result: Result, output: number): number[] =>
  membersOf(result, output)
    .filter(({ value }) => value === result.y.data[output])
    .map(({ input }) => input);

/** Every output whose window holds an input. */
export const readers = ({ geometry: g }: Result, input: number): number[] => {
  const plane = size(g.input);
  const start = Math.floor(input / plane) * size(g.output);
  return outputsOf(input % plane, g).map(({ output }) => start + output);
};

/** What part of an output's gradient an input of its window gets. */
export const share = (result: Result, output: number, input: number): number => {
  const y = result.y.data[output];
  const cells = size(result.geometry.kernel);
  if (result.setting.mode === "mean") return 1 / cells;
  if (result.setting.mode === "l2") return y ? result.x.data[input] / (cells * y) : 0;
  return Number(winners(result, output)[0] === input);
};

/** For each axis, how many windows hold each padded position. */
export const readCounts = (g: Geometry): number[][] =>
  g.input.map((n, axis) => {
    const counts = Array<number>(n + g.padding[axis][0] + g.padding[axis][1]).fill(0);
    for (let output = 0; output < g.output[axis]; output++)
      for (let u = 0; u < g.kernel[axis]; u++) counts[output * g.stride[axis] + u]++;
    return counts;
  });

/** `y[c, i, j]`, with as many numbers as the reader's array has axes. */
export const nameOf = ({ rank, channels }: Result, letter: string, index: number, shape: number[]): string =>
  `${letter}[${unravel(index, shape)
    .slice(channels > 1 ? 0 : 3 - rank)
    .join(", ")}]`;
