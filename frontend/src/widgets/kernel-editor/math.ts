/** What the kernel editor computes: pure, and quick enough for every frame of a drag. */
import { type NdArray, withoutNoise } from "../../math/array";
import { addShifted, conv, pad } from "../../math/ops";
import { type Geometry, geometry, type PaddingMode, type PerAxis } from "../../math/shapes";
import { planeAt } from "../../ui/state/packed";
import type { Sides } from "../../ui/state/window-settings";

export interface Setting {
  image: NdArray; // (C, H, W)
  kernel: NdArray; // (1 or C, kh, kw), as entered
  flip: boolean;
  normalise: boolean;
  bias: number;
  stride: PerAxis;
  dilation: PerAxis;
  padding: Sides;
  mode: PaddingMode;
}

export interface Result {
  setting: Setting;
  geometry: Geometry;
  /** Padded planes of the image, one a channel. */
  padded: NdArray[];
  /** Σ w·x of each channel, before dividing and before the bias. */
  parts: NdArray[];
  /** The feature map. */
  output: NdArray;
  /** 1, or Σ|w| where the kernel is normalised. */
  divisor: number;
}

/** The weight that meets input offset (u, v) in a channel: flipped if convolution is asked for. */
export const weightAt = ({ kernel, flip }: Setting, channel: number, u: number, v: number): number => {
  const [channels, rows, cols] = kernel.shape;
  const c = channels === 1 ? 0 : channel;
  return kernel.data[(c * rows + (flip ? rows - 1 - u : u)) * cols + (flip ? cols - 1 - v : v)];
};

/** Σ|w| over all channels of the image, or 1 where that is 0 or not asked for. */
const divisorOf = ({ image, kernel, normalise }: Setting): number =>
  (normalise && (kernel.data.reduce((sum, w) => sum + Math.abs(w), 0) * image.shape[0]) / kernel.shape[0]) || 1;

const sameFrame = (a: Setting, b: Setting): boolean =>
  a.image === b.image &&
  a.flip === b.flip &&
  a.mode === b.mode &&
  `${a.kernel.shape}` === `${b.kernel.shape}` &&
  `${a.stride};${a.dilation};${a.padding}` === `${b.stride};${b.dilation};${b.padding}`;

/** The index of the one weight that differs; −1 for none; undefined for several. */
const changedWeight = (a: Float64Array, b: Float64Array): number | undefined => {
  let found = -1;
  for (let i = 0; i < a.length; i++)
    if (a[i] !== b[i]) {
      if (found >= 0) return undefined;
      found = i;
    }
  return found;
};

/** Compute the feature map; if `last` differs in one weight only, add that weight's shifted image to it. */
export const compute = (setting: Setting, last?: Result): Result => {
  const { image, kernel, stride, dilation, padding, mode } = setting;
  const changed =
    last && sameFrame(last.setting, setting) ? changedWeight(last.setting.kernel.data, kernel.data) : undefined;
  const [channels] = image.shape;
  if (last && changed !== undefined) {
    if (changed >= 0) addWeight(last, setting, changed);
    return finish(setting, last.geometry, last.padded, last.parts);
  }
  const options = { stride, dilation, padding, paddingMode: mode };
  const g = geometry(image.shape.slice(1), kernel.shape.slice(1), options);
  const planes = Array.from({ length: channels }, (_, c) => planeAt(image, c));
  const parts = planes.map((x, c) => {
    const weight = planeAt(kernel, kernel.shape[0] === 1 ? 0 : c);
    const data = setting.flip ? weight.data.slice().reverse() : weight.data;
    const y = conv({ data: x.data, shape: [1, ...x.shape] }, { data, shape: [1, 1, ...weight.shape] }, null, options);
    return { data: y.data, shape: y.shape.slice(1) };
  });
  return finish(
    setting,
    g,
    planes.map((x) => pad(x, g.padding, mode)),
    parts,
  );
};

const addWeight = (last: Result, setting: Setting, index: number): void => {
  const [channels, rows, cols] = setting.kernel.shape;
  const delta = setting.kernel.data[index] - last.setting.kernel.data[index];
  const at = index % (rows * cols);
  const offset = setting.flip ? rows * cols - 1 - at : at;
  last.parts.forEach((part, c) => {
    if (channels === 1 || c === Math.floor(index / (rows * cols)))
      addShifted(part, last.padded[c], delta, Math.floor(offset / cols), offset % cols, last.geometry);
  });
};

const finish = (setting: Setting, g: Geometry, padded: NdArray[], parts: NdArray[]): Result => {
  const divisor = divisorOf(setting);
  const output = new Float64Array(parts[0].data.length);
  for (const { data } of parts) for (let i = 0; i < output.length; i++) output[i] += data[i];
  withoutNoise(output, setting.image.data, setting.kernel.data);
  for (let i = 0; i < output.length; i++) output[i] = output[i] / divisor + setting.bias;
  return { setting, geometry: g, padded, parts, output: { data: output, shape: g.output }, divisor };
};
