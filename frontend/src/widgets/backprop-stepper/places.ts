/** What stands where in the backpropagation stepper's grids: their cells, by the indices of what they show. No page. */
import { paddedShape } from "../../math/shapes";
import type { Cell } from "../../ui/grids/grid";
import {
  mapOf,
  type Moment,
  type Name,
  type Part,
  perChannel,
  planeOf,
  pools,
  type Scene,
  shapeOf,
  stepAt,
  tapsOf,
} from "./math";

/** The grids: those of the two rows, forward and backward, and those that show the two ways to dX. */
export const FORWARD = ["x", "w", "b", "z", "a", "p"] as const;
export const BACKWARD = ["dp", "da", "dz", "dw", "db", "dx"] as const;
export const BENCH = ["stamp", "scattered", "gathered", "frame", "rotated"] as const;
export const PLACES = [...FORWARD, ...BACKWARD, ...BENCH];
export type Place = (typeof PLACES)[number];

/** The array that a place shows. */
export const NAMES: Record<Place, Name> = {
  ...{ x: "X", w: "W", b: "b", z: "Z", a: "A", p: "P" },
  ...{ dp: "dP", da: "dA", dz: "dZ", dw: "dW", db: "db", dx: "dX" },
  ...{ stamp: "dX", scattered: "dX", gathered: "dX", frame: "dZ", rotated: "W" },
};

/** Those that a hand can write, and the trait that holds their numbers. */
export const WRITTEN = { x: "x", w: "weight", b: "bias", dp: "grad" } as const;
export type Written = keyof typeof WRITTEN;

/** A grid's cell that the pointer or the keyboard is on. */
export interface Focus {
  on: Place;
  cell: Cell;
}

/** What is told of: one element of an array, of the kernel and the channel that are shown, or a whole step. */
export interface Subject {
  on: Place | "relu" | "gate";
  /** In its plane; nothing for padding, and for what is a zero put in. A stamp is that of an element of dZ. */
  at?: number;
}

/** The rows and columns of a place's grid. */
export const gridOf = (scene: Scene, place: Place): [rows: number, cols: number] => {
  if (place === "x" || place === "dx") return paddedShape(scene.g) as [number, number];
  if (place === "b" || place === "db") return [1, 1];
  const shape = { frame: scene.frame.map(({ length }) => length), stamp: scene.g.kernel }[place as "frame"];
  return (shape ?? shapeOf(scene, NAMES[place])) as [number, number];
};

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
    const [i, j] = scene.frame.map((line, axis) => line[axis ? col : row]);
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
    const [row, col] = scene.frame.map((line, axis) => line.indexOf(place[axis]));
    return { row, col };
  }
  const [top, left] = on === "x" || on === "dx" ? [g.padding[0][0], g.padding[1][0]] : [0, 0];
  return { row: Math.floor(at / cols) + top, col: (at % cols) + left };
};

/** What is told of while a cell is looked at: of a stamp, the element that it falls on. */
export const subjectAt = (scene: Scene, now: Moment, { on, cell }: Focus): Subject => {
  const at = indexAt(scene, on, cell);
  if (on === "stamp" && at !== undefined) {
    const to = scene.meets[stampOf(scene, now, subjectOf(scene, now)) * tapsOf(scene) + at];
    return { on: "dx", at: to < 0 ? undefined : to };
  }
  const alike: Partial<Record<Place, Place>> = { scattered: "dx", gathered: "dx", frame: "dz", rotated: "w" };
  return { on: alike[on] ?? on, at };
};

/** What is told of at a step. */
export const subjectOf = (scene: Scene, { part, item }: Moment): Subject => {
  if (part === "a") return { on: "relu" };
  if (part === "dz") return { on: "gate" };
  if (part === "da") return { on: "dp", at: item };
  const each = perChannel(scene, part);
  return { on: part === "dx" && !each ? "stamp" : part, at: each ? item % each : item };
};

/** The step of a cell; nothing if none belongs to it. */
export const stepOfCell = (scene: Scene, { k, c }: Moment, { on, cell }: Focus): number | undefined => {
  const at = indexAt(scene, on, cell);
  const parts: Partial<Record<Place, Part>> = {
    ...{ z: "z", p: pools(scene) ? "p" : "a", dw: "dw", db: "db" },
    ...(perChannel(scene, "dx") ? { dx: "dx", scattered: "dx", gathered: "dx" } : { dz: "dx", frame: "dx" }),
  };
  const part = parts[on];
  if (part === undefined || at === undefined) return undefined;
  return stepAt(scene, { part, k, item: part === "a" ? 0 : c * (perChannel(scene, part) ?? 0) + at });
};

/** The element of dZ whose stamp is shown: that which is told of, else the step's, else the last one that is not 0. */
export const stampOf = (scene: Scene, now: Moment, subject: Subject): number => {
  const found = [subject, subjectOf(scene, now)].find(({ on, at }) => ["dz", "stamp"].includes(on) && at !== undefined);
  const maps = mapOf(scene);
  return (
    found?.at ??
    Math.max(
      0,
      planeOf(scene.dZ, now.k, maps).findLastIndex((one) => one !== 0),
    )
  );
};
