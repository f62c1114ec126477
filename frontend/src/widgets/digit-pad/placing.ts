/** A drawing placed as the makers of MNIST placed their digits: `cnnviz.images.centred_digit`, which explains it. */
import { SIDE } from "../shared/network";

const BOX = 20;
const CENTRE = 14;

/** A plane of values, row by row. */
export interface Plane {
  data: ArrayLike<number>;
  rows: number;
  cols: number;
}

/** For each of `pixels` equal stretches of a line of n pixels, the first pixel that it covers, and the shares. */
const cover = (n: number, pixels: number): [first: number, shares: number[]][] =>
  Array.from({ length: pixels }, (_, k) => {
    const [from, to] = [k * (n / pixels), (k + 1) * (n / pixels)];
    const first = Math.floor(from);
    const last = Math.min(n, Math.ceil(to));
    const shares = Array.from(
      { length: Math.max(1, last - first) },
      (_, i) => Math.max(0, Math.min(to, first + i + 1) - Math.max(from, first + i)) * (pixels / n),
    );
    return [first, shares];
  });

/** A part of a plane, averaged into another size. */
const averaged = (
  { data, cols: across }: Plane,
  [top, left, rows, cols]: number[],
  toRows: number,
  toCols: number,
): Float64Array => {
  const down = cover(rows, toRows);
  const sideways = cover(cols, toCols);
  const out = new Float64Array(toRows * toCols);
  down.forEach(([row, rowShares], i) =>
    sideways.forEach(([col, colShares], j) => {
      let sum = 0;
      for (let a = 0; a < rowShares.length; a++)
        for (let b = 0; b < colShares.length; b++)
          sum += rowShares[a] * colShares[b] * data[(top + row + a) * across + left + col + b];
      out[i * toCols + j] = sum;
    }),
  );
  return out;
};

/** [top, left, rows, columns] of what is not 0; nothing where all is. */
export const boundsOf = ({ data, rows, cols }: Plane): number[] | undefined => {
  let [top, bottom, left, right] = [rows, -1, cols, -1];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++)
      if (data[i * cols + j]) {
        top = Math.min(top, i);
        bottom = i;
        left = Math.min(left, j);
        right = Math.max(right, j);
      }
  return bottom < 0 ? undefined : [top, left, bottom - top + 1, right - left + 1];
};

/** Where the first row or column of a digit goes, by its masses. */
const start = (masses: number[]): number => {
  const sum = masses.reduce((a, b) => a + b, 0);
  const centre = masses.reduce((a, mass, i) => a + mass * i, 0) / sum;
  return Math.min(Math.max(Math.floor(CENTRE - centre + 0.5 - 1e-6), 0), SIDE - masses.length);
};

/** The drawing in 20 × 20 of 28 × 28, by its centre of mass. */
export const centred = (plane: Plane): Float64Array => {
  const frame = new Float64Array(SIDE * SIDE);
  const bounds = boundsOf(plane);
  if (!bounds) return frame;
  const longest = Math.max(bounds[2], bounds[3]);
  const [rows, cols] = bounds.slice(2).map((n) => Math.max(1, Math.floor((2 * BOX * n + longest) / (2 * longest))));
  const digit = averaged(plane, bounds, rows, cols);
  const at = (i: number, j: number) => digit[i * cols + j];
  const line = (length: number) => Array.from({ length }, (_, i) => i);
  const top = start(line(rows).map((i) => line(cols).reduce((sum, j) => sum + at(i, j), 0)));
  const left = start(line(cols).map((j) => line(rows).reduce((sum, i) => sum + at(i, j), 0)));
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) frame[(top + i) * SIDE + left + j] = at(i, j);
  return frame;
};

/** The whole sheet in 28 × 28, as it stands. */
export const asItStands = (plane: Plane): Float64Array => averaged(plane, [0, 0, plane.rows, plane.cols], SIDE, SIDE);
