/** What stands where in the backpropagation stepper's grids: their cells, by the indices of what they show. No page. */
import type { Cell } from "../../ui/grids/grid";
import { framed, inputsOf, mapOf, type Moment, type Part, pools, type Scene, stepAt, tapsOf } from "./math";

/** The grids: those of the two rows, forward and backward, and those that show the two ways to dX. */
export const FORWARD = ["x", "w", "b", "z", "a", "p"] as const;
export const BACKWARD = ["dp", "da", "dz", "dw", "db", "dx"] as const;
export const BENCH = ["stamp", "scattered", "gathered", "frame", "rotated"] as const;
export const PLACES = [...FORWARD, ...BACKWARD, ...BENCH];
export type Place = (typeof PLACES)[number];

/** Those that a hand can write, and the trait that holds their numbers. */
export const WRITTEN = { x: "x", w: "weight", b: "bias", dp: "grad" } as const;
export type Written = keyof typeof WRITTEN;

/** A grid's cell that the pointer or the keyboard is on. */
export interface Focus {
  on: Place;
  channel: number;
  cell: Cell;
}

/** What is told of: one element of an array of the shown kernel (a weight by its channel too), or a whole step. */
export interface Subject {
  on: Place | "relu" | "gate";
  channel: number;
  /** In its plane; nothing for padding, and for what is a zero put in. A stamp is that of an element of dZ. */
  at?: number;
}

/** The rows and columns of a place's grid. */
export const gridOf = ({ g, q }: Scene, place: Place): [rows: number, cols: number] => {
  const padded = g.input.map((n, axis) => n + g.padding[axis][0] + g.padding[axis][1]);
  const sizes: Partial<Record<Place, number[]>> = {
    ...{ x: padded, dx: padded, w: g.kernel, dw: g.kernel, stamp: g.kernel, rotated: g.kernel },
    ...{ b: [1, 1], db: [1, 1], p: q.output, dp: q.output, scattered: g.input, gathered: g.input },
    frame: framed(g).map(({ length }) => length),
  };
  return (sizes[place] ?? g.output) as [number, number];
};

/** How many planes stand in a place: one for each channel of the input, or that of the shown kernel. */
export const planesOf = ({ inputs }: Scene, place: Place): number =>
  ["x", "w", "dw", "dx", "stamp", "scattered", "gathered", "rotated"].includes(place) ? inputs : 1;

/** The flat index, in its plane, of what a cell stands for; nothing where it is padding or a zero put in. */
export const indexAt = (scene: Scene, on: Place, { row, col }: Cell): number | undefined => {
  const { g } = scene;
  const [rows, cols] = gridOf(scene, on);
  if (row >= rows || col >= cols) return undefined;
  if (on === "x" || on === "dx") {
    const [i, j] = [row - g.padding[0][0], col - g.padding[1][0]];
    return i >= 0 && j >= 0 && i < g.input[0] && j < g.input[1] ? i * g.input[1] + j : undefined;
  }
  if (on === "frame") {
    const [i, j] = framed(g).map((line, axis) => line[axis ? col : row]);
    return i >= 0 && j >= 0 ? i * g.output[1] + j : undefined;
  }
  return on === "rotated" ? rows * cols - 1 - (row * cols + col) : row * cols + col;
};

/** The cell of an element. */
export const cellOf = (scene: Scene, on: Place, at: number): Cell => {
  const { g } = scene;
  const cols = on === "x" || on === "dx" ? g.input[1] : gridOf(scene, on)[1];
  if (on === "rotated") return cellOf(scene, "w", tapsOf(scene) - 1 - at);
  if (on === "frame") {
    const place = [Math.floor(at / g.output[1]), at % g.output[1]];
    const [row, col] = framed(g).map((line, axis) => line.indexOf(place[axis]));
    return { row, col };
  }
  const [top, left] = on === "x" || on === "dx" ? [g.padding[0][0], g.padding[1][0]] : [0, 0];
  return { row: Math.floor(at / cols) + top, col: (at % cols) + left };
};

/** What is told of while a cell is looked at: of a stamp, the element that it falls on. */
export const subjectAt = (scene: Scene, now: Moment, { on, channel, cell }: Focus): Subject => {
  const at = indexAt(scene, on, cell);
  if (on === "stamp" && at !== undefined) {
    const to = scene.meets[pivotsOf(scene, now, subjectOf(scene, now)).z * tapsOf(scene) + at];
    return { on: "dx", channel, at: to < 0 ? undefined : to };
  }
  const alike: Partial<Record<Place, Place>> = { scattered: "dx", gathered: "dx", frame: "dz", rotated: "w" };
  return { on: alike[on] ?? on, channel, at };
};

/** What is told of at a step. */
export const subjectOf = (scene: Scene, { part, item }: Moment): Subject => {
  if (part === "a") return { on: "relu", channel: 0 };
  if (part === "dz") return { on: "gate", channel: 0 };
  if (part === "da") return { on: "dp", channel: 0, at: item };
  if (part === "dx" && scene.setting.route === "scatter") return { on: "stamp", channel: 0, at: item };
  const each = part === "dx" ? inputsOf(scene) : part === "dw" ? tapsOf(scene) : Infinity;
  return { on: part, channel: Math.floor(item / each), at: item % each };
};

/** The step of a cell; nothing if none belongs to it. */
export const stepOfCell = (scene: Scene, now: Moment, { on, channel, cell }: Focus): number | undefined => {
  const at = indexAt(scene, on, cell);
  const { route } = scene.setting;
  const parts: Partial<Record<Place, Part>> = {
    ...{ z: "z", p: pools(scene) ? "p" : "a", dw: "dw", db: "db" },
    ...(route === "scatter" ? { dz: "dx", frame: "dx" } : { dx: "dx", scattered: "dx", gathered: "dx" }),
  };
  const part = parts[on];
  if (part === undefined || at === undefined) return undefined;
  const each = part === "dw" ? tapsOf(scene) : part === "dx" && route === "gather" ? inputsOf(scene) : 0;
  return stepAt(scene, { part, k: now.k, item: part === "a" ? 0 : channel * each + at });
};

/** Whose stamp is shown, and at which input the window of the gather stands: what is told of, what the step is at,
 * else the last one. */
export const pivotsOf = (
  scene: Scene,
  now: Moment,
  { on, channel, at }: Subject,
): { z: number; c: number; x: number } => {
  const stepped = subjectOf(scene, now);
  const one = (places: Subject["on"][], last: number): [number, number] => {
    const found = [{ on, channel, at }, now.part === "dx" ? stepped : undefined].find(
      (each) => each && places.includes(each.on) && each.at !== undefined,
    );
    return found ? [found.channel, found.at!] : [0, last];
  };
  const [c, x] = one(["dx", "x"], inputsOf(scene) - 1);
  return { z: one(["dz", "stamp", "z"], mapOf(scene) - 1)[1], c, x };
};
