/** What the volume viewer computes: pure. Volumes are (D, H, W), and seen in slices across one axis. */
import { type NdArray, size, unravel, withoutNoise } from "../../math/array";
import { correlate, inputsOf, outputsOf, pad } from "../../math/ops";
import { type Geometry, geometry, type PaddingMode, type PerAxis } from "../../math/shapes";
import type { Product } from "../../ui/words/terms";
import type { Sides } from "../../ui/state/window-settings";

export interface Setting {
  volume: NdArray;
  kernel: NdArray;
  stride: PerAxis;
  padding: Sides;
  mode: PaddingMode;
}

export interface Result {
  setting: Setting;
  geometry: Geometry;
  padded: NdArray;
  output: NdArray;
}

/** The feature map; throws where the kernel does not fit. Where only the kernel is another than `before`, the padded
 * volume is the same object. */
export const compute = (setting: Setting, before?: Result): Result => {
  const { volume, kernel, stride, padding, mode } = setting;
  const options = { stride, padding, paddingMode: mode };
  const g = geometry(volume.shape, kernel.shape, options);
  const output = correlate(volume, kernel, options);
  withoutNoise(output.data, volume.data, kernel.data);
  const padded = before && paddedAlike(before.setting, setting) ? before.padded : pad(volume, g.padding, mode);
  return { setting, geometry: g, padded, output };
};

const paddedAlike = (one: Setting, other: Setting): boolean =>
  one.volume === other.volume &&
  one.mode === other.mode &&
  JSON.stringify(one.padding) === JSON.stringify(other.padding);

/** The two axes that a slice across `axis` has: its rows and its columns. */
export const across = (axis: number): [number, number] => [0, 1, 2].filter((a) => a !== axis) as [number, number];

/** The place in the volume of a cell of a slice. */
export const place = (axis: number, index: number, row: number, col: number): number[] => {
  const at = [row, col];
  at.splice(axis, 0, index);
  return at;
};

export const flat = (at: number[], shape: number[]): number =>
  at.reduce((index, i, axis) => index * shape[axis] + i, 0);

/** One slice across an axis, row by row. */
export const slice = ({ data, shape }: NdArray, axis: number, index: number): Float64Array => {
  const [rows, cols] = across(axis).map((a) => shape[a]);
  const steps = shape.map((_, a) => size(shape.slice(a + 1)));
  const [down, right] = across(axis).map((a) => steps[a]);
  const values = new Float64Array(rows * cols);
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) values[at++] = data[index * steps[axis] + i * down + j * right];
  return values;
};

/** The non-zero products behind an output, by the kernel's slices across an axis. */
export const productsBySlice = (
  { setting: { volume, kernel }, geometry: g }: Result,
  output: number,
  axis: number,
): Product[][] => {
  const slices = Array.from({ length: kernel.shape[axis] }, (): Product[] => []);
  for (const tap of inputsOf(output, g)) {
    const weight = kernel.data[tap.kernel];
    if (weight)
      slices[unravel(tap.kernel, kernel.shape)[axis]].push({
        weight,
        value: tap.input < 0 ? 0 : volume.data[tap.input],
      });
  }
  return slices;
};

/** Every output that reads an input, with the weights it reads it by. */
export const readersOf = (
  { setting: { kernel }, geometry: g }: Result,
  input: number,
): { output: number; weight: number }[] =>
  outputsOf(input, g).map((tap) => ({ output: tap.output, weight: kernel.data[tap.kernel] }));

/** Every output that reads an input, once. */
export const readingOutputs = (result: Result, input: number): number[] => [
  ...new Set(readersOf(result, input).map(({ output }) => output)),
];

/** The output slice whose window lies round a padded slice as evenly as it can. */
export const outputSlice = (g: Geometry, axis: number, padded: number): number =>
  Math.max(0, Math.min(g.output[axis] - 1, Math.round((padded - (g.kernel[axis] - 1) / 2) / g.stride[axis])));
