/** A dense array of numbers in row-major (C) order, as NumPy and PyTorch store it. */
export interface NdArray {
  data: Float64Array;
  shape: number[];
}

/** The number of elements of an array of this shape; 1 for the empty shape. */
export const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const zeros = (shape: readonly number[]): NdArray => ({
  data: new Float64Array(size(shape)),
  shape: [...shape],
});

/** The position along each axis of element `index` of `data`: 7 is [1, 3] in shape [3, 4]. */
export const unravel = (index: number, shape: readonly number[]): number[] =>
  shape.map((n, axis) => Math.floor(index / size(shape.slice(axis + 1))) % n);

/** The largest magnitude; 0 for no numbers. */
export const largest = (values: Float64Array): number => {
  let top = 0;
  for (let i = 0; i < values.length; i++) top = Math.max(top, Math.abs(values[i]));
  return top;
};

/** Sums of products x·w that would be 0 but for floating point become 0: their noise would be painted in full tones. */
export const withoutNoise = (sums: Float64Array, x: Float64Array, w: Float64Array): void => {
  const noise = 1e-14 * largest(x) * w.reduce((sum, v) => sum + Math.abs(v), 0);
  for (let i = 0; i < sums.length; i++) if (Math.abs(sums[i]) < noise) sums[i] = 0;
};

/** The least and the greatest value. */
export const extremes = (values: Float64Array): [number, number] => {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
};

/** An array of another size: what fits stays where it was, and new places repeat what is there. */
export const resized = ({ data, shape }: NdArray, to: number[]): NdArray => {
  // Axis by axis: where in `data` each place of the axes so far comes from.
  const from = to.reduce<number[]>(
    (found, length, axis) =>
      found.flatMap((at) => Array.from({ length }, (_, i) => at * shape[axis] + (i % shape[axis]))),
    [0],
  );
  return { shape: to, data: Float64Array.from(from, (at) => data[at]) };
};
