/** Ink on the sheet: soft strokes of light on dark, and an eraser. Pure. */

const RADIUS = 5; // sheet pixels; a stroke is then about as wide as MNIST's, once it is placed
const SOFT = 2; // how far the edge fades
const ERASER = 9;

export interface Point {
  x: number;
  y: number;
}

/** Do something to every pixel near a line from one point to another, with its distance from it. */
const along = (from: Point, to: Point, reach: number, side: number, touch: (i: number, distance: number) => void) => {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const range = (a: number, b: number) => [
    Math.max(0, Math.floor(Math.min(a, b) - reach)),
    Math.min(side - 1, Math.ceil(Math.max(a, b) + reach)),
  ];
  const [[left, right], [top, bottom]] = [range(from.x, to.x), range(from.y, to.y)];
  for (let row = top; row <= bottom; row++)
    for (let col = left; col <= right; col++) {
      const [x, y] = [col + 0.5 - from.x, row + 0.5 - from.y];
      const t = length ? Math.min(1, Math.max(0, (x * dx + y * dy) / length)) : 0;
      const distance = Math.hypot(x - t * dx, y - t * dy);
      if (distance < reach) touch(row * side + col, distance);
    }
};

/** A sheet with one more stroke; strokes that cross are no lighter there. */
export const inked = (sheet: ArrayLike<number>, side: number, from: Point, to: Point): Uint8Array => {
  const out = Uint8Array.from(sheet);
  along(from, to, RADIUS + SOFT, side, (i, distance) => {
    const light = Math.round(255 * Math.min(1, (RADIUS + SOFT - distance) / SOFT));
    if (light > out[i]) out[i] = light;
  });
  return out;
};

/** A sheet with a hole in it. */
export const erased = (sheet: ArrayLike<number>, side: number, at: Point): Uint8Array => {
  const out = Uint8Array.from(sheet);
  along(at, at, ERASER, side, (i) => (out[i] = 0));
  return out;
};
