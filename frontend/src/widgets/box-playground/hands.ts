/** What of a box is taken hold of, and what moving it does. No page. */
import { area, type Box, type Sides } from "../../math/boxes";

export type Point = readonly [x: number, y: number];

/** Which sides move: −1 the left or the upper one, 1 the right or the lower one; all where both are 0. */
export interface Grip {
  x: -1 | 0 | 1;
  y: -1 | 0 | 1;
}

export const BODY: Grip = { x: 0, y: 0 };

/** What of a box lies at a point, or nothing; a side is taken from `reach` away, inside at most from a quarter. */
export const gripAt = ([x1, y1, x2, y2]: Box, [x, y]: Point, reach: number): Grip | undefined => {
  if (x < x1 - reach || x > x2 + reach || y < y1 - reach || y > y2 + reach) return undefined;
  const side = (at: number, low: number, high: number): -1 | 0 | 1 => {
    const inside = Math.min(reach, (high - low) / 4);
    if (at <= low + inside) return -1;
    return at >= high - inside ? 1 : 0;
  };
  return { x: side(x, x1, x2), y: side(y, y1, y2) };
};

/** Which box is meant at a point: one that is looked at, if a side of it lies there, or else the smallest. */
export const boxAt = (
  boxes: readonly Box[],
  point: Point,
  reach: number,
  first: readonly number[],
): number | undefined => {
  const sided = (at: number): boolean => {
    const grip = gripAt(boxes[at], point, reach);
    return grip !== undefined && (grip.x !== 0 || grip.y !== 0);
  };
  const there = boxes.flatMap((box, at) => (gripAt(box, point, reach) ? [at] : []));
  return first.find(sided) ?? there.sort((a, b) => area(boxes[a]) - area(boxes[b]) || b - a)[0];
};

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));
const rounded = (value: number, step: number): number => Math.round(value / step) * step;

/** A span moved, or one of its ends, by whole steps; it stays within 0 … `most`, and at least a step long. */
const movedSpan = (low: number, high: number, end: -1 | 0 | 1, by: number, step: number, most: number) => {
  if (end < 0) return [clamp(low + by, Math.min(0, low), Math.max(low, high - step)), high];
  if (end > 0) return [low, clamp(high + by, Math.min(high, low + step), Math.max(high, most))];
  const shift = clamp(by, Math.min(0, -low), Math.max(0, most - high));
  return [low + shift, high + shift];
};

/** A box moved or resized by a shift of the pointer, in whole steps. */
export const moved = (box: Box, grip: Grip, by: Point, step: number, [height, width]: Sides): Box => {
  const body = !grip.x && !grip.y;
  const [dx, dy] = by.map((each) => rounded(each, step));
  const [x1, x2] = body || grip.x ? movedSpan(box[0], box[2], grip.x, dx, step, width) : [box[0], box[2]];
  const [y1, y2] = body || grip.y ? movedSpan(box[1], box[3], grip.y, dy, step, height) : [box[1], box[3]];
  return [x1, y1, x2, y2];
};

const WAYS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A box after a key: arrows move it, with Shift its right and lower side, with Alt its left and upper one. */
export const keyed = (
  box: Box,
  {
    key,
    shiftKey,
    altKey,
    ctrlKey,
    metaKey,
  }: Pick<KeyboardEvent, "key" | "shiftKey" | "altKey" | "ctrlKey" | "metaKey">,
  step: number,
  size: Sides,
): Box | undefined => {
  const way = WAYS[key];
  if (!way || ctrlKey || metaKey || (shiftKey && altKey)) return undefined;
  const end = shiftKey ? 1 : altKey ? -1 : 0;
  const grip: Grip = end ? { x: way[0] ? end : 0, y: way[1] ? end : 0 } : BODY;
  return moved(box, grip, [way[0] * step, way[1] * step], step, size);
};

/** The pointer's shape over a grip. */
export const cursorOf = ({ x, y }: Grip): string =>
  !x && !y ? "move" : !x ? "ns-resize" : !y ? "ew-resize" : x === y ? "nwse-resize" : "nesw-resize";
