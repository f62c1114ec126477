/** A picture or a kernel made into another: with three channels or one, of another size. Pure; arrays are (C, rows,
 * cols), C being 1 or 3. */
import { extremes, type NdArray, size } from "../../math/array";

/** The names of the channels, as a choice. */
export const CHANNELS: [value: string, name: string][] = [
  ["0", "R"],
  ["1", "G"],
  ["2", "B"],
];

/** With a channel axis, which a grey picture and a kernel for all channels leave out. */
export const withChannels = (array: NdArray): NdArray =>
  array.shape.length === 2 ? { ...array, shape: [1, ...array.shape] } : array;

/** One channel as three equal ones. */
export const thrice = ({ data, shape: [, rows, cols] }: NdArray): NdArray => ({
  data: Float64Array.from({ length: 3 * data.length }, (_, i) => data[i % data.length]),
  shape: [3, rows, cols],
});

/** A colour picture in grey, (rows, cols): the average of its channels, in whole numbers. */
export const inGrey = ({ data, shape: [, ...shape] }: NdArray): NdArray => {
  const n = size(shape);
  return {
    data: Float64Array.from({ length: n }, (_, i) => Math.round((data[i] + data[n + i] + data[2 * n + i]) / 3)),
    shape,
  };
};

/** Which values are black and white: 0 and 1, 0 and 255 for bytes, else the extremes. */
export const rangeOf = (values: Float64Array, bytes: boolean): [number, number] => {
  const [low, high] = extremes(values);
  if (low >= 0 && high <= 1) return [0, 1];
  return bytes ? [0, 255] : [low, high];
};

/** A kernel of another size with the same middle. */
export const resized = ({ data, shape: [channels, rows, cols] }: NdArray, toRows: number, toCols: number): NdArray => {
  const out = new Float64Array(channels * toRows * toCols);
  const up = Math.floor((toRows - rows) / 2);
  const left = Math.floor((toCols - cols) / 2);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) {
        const [u, v] = [i + up, j + left];
        if (u >= 0 && v >= 0 && u < toRows && v < toCols)
          out[(c * toRows + u) * toCols + v] = data[(c * rows + i) * cols + j];
      }
  return { data: out, shape: [channels, toRows, toCols] };
};
