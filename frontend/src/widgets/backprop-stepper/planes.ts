/** What each of the backpropagation stepper's grids shows at a step: its numbers and their tones, its hatching and its
 * names. No page. */
import { largest } from "../../math/array";
import { hatched, kindAreas, type Kinds } from "../../ui/grids/areas";
import { paintSigned } from "../../ui/grids/colour";
import type { Content } from "../../ui/grids/grid";
import { short } from "../../ui/words/format";
import { called, elementName } from "./arithmetic";
import {
  daAfter,
  doneOf,
  dxAfter,
  entryOf,
  finished,
  type Moment,
  type Part,
  pools,
  type Scene,
  valueOf,
} from "./math";
import { gridOf, indexAt, NAMES, type Place, stampOf, type Subject, WRITTEN } from "./places";

/** What a grid shows, and what it is called. */
export interface Plane {
  name: string;
  content: Content;
}

/** The number in a cell by the index of what it stands for, and whether it is known yet. */
interface Values {
  value(index: number): number;
  known(index: number): boolean;
  /** The largest magnitude of what has the same tones. */
  top: number;
}

/** A number as a small cell has room for it: −.25 for −0.25. */
const compact = (value: number): string =>
  short(value).replace(/^(−?)0(?=\.\d{3})|^−0(?=\.)/, (zero) => zero.replace("0", ""));

/** The largest magnitude in each array of those that share their tones. */
export type Tops = Record<"x" | "w" | "map" | "slope" | "dx" | "dw", number>;

export const topsOf = ({ X, W, b, Z, P, dP, dA, dX, dW, db }: Scene): Tops => {
  const top = (...arrays: Float64Array[]) => Math.max(...arrays.map(largest));
  return { x: top(X), w: top(W, b), map: top(Z, P), slope: top(dP, dA), dx: top(dX), dw: top(dW, db) };
};

const always = () => true;

const valuesOf = (scene: Scene, tops: Tops, now: Moment, subject: Subject, on: Place): Values => {
  const { k, c, part } = now;
  const scatters = scene.setting.route === "scatter";
  const name = NAMES[on];
  const done = (part: Part) => doneOf(scene, now, part, k);
  const value = (at: number) => valueOf(scene, name, k, c, at);
  switch (on) {
    case "x":
    case "w":
    case "rotated":
    case "b":
    case "dp":
      return { value, known: always, top: on === "x" ? tops.x : on === "dp" ? tops.slope : tops.w };
    case "z":
      return { value, known: (at) => at < done("z"), top: tops.map };
    case "a":
      return { value, known: () => done("a") > 0, top: tops.map };
    case "p":
      return { value, known: (at) => (pools(scene) ? at < done("p") : done("a") > 0), top: tops.map };
    case "da": {
      const da = daAfter(scene, k, done("da"));
      return { value: (at) => da[at], known: () => done("da") > 0, top: tops.slope };
    }
    case "dz":
    case "frame":
      return { value, known: () => done("dz") > 0, top: tops.slope };
    case "dw":
    case "db":
      return { value, known: (at) => entryOf(scene, name, 0, c, at) < done(on), top: tops.dw };
    case "stamp": {
      const value = valueOf(scene, "dZ", k, 0, stampOf(scene, now, subject));
      return { value: (tap) => value * valueOf(scene, "W", k, c, tap), known: () => done("dz") > 0, top: tops.dx };
    }
    default: {
      // Two ways to dX: the one that is gone is shown as it grows, of the other what is finished.
      const other = on === (scatters ? "gathered" : "scattered");
      const dx = dxAfter(scene, now);
      const entry = (at: number) => entryOf(scene, "dX", 0, c, at);
      const ready = finished(scene, now);
      const come = doneOf(scene, now, "dx", 0);
      const known = (at: number) =>
        other ? ready(entry(at)) : part === "dx" && !scatters ? entry(at) < come : come > 0;
      return { value: (at) => dx[entry(at)], known, top: tops.dx };
    }
  }
};

/** What is hatched: padding, what ⌊ ⌋ drops, and the zeros that frame dZ and part it. */
const texturesOf = (scene: Scene, on: Place): Content["textures"] => {
  const { g, q } = scene;
  if (on === "x") return hatched(g);
  if (on === "dx") return hatched({ ...g, kernel: [1, 1], stride: [1, 1] });
  if (on === "a" || on === "z") return hatched(q);
  if (on !== "frame") return undefined;
  const [rows, cols] = scene.frame.map((line): Kinds => {
    const [first, last] = [line.findIndex((at) => at >= 0), line.findLastIndex((at) => at >= 0)];
    return line.map((at, i) => (at >= 0 ? undefined : i < first || i > last ? "pad zero" : "stuffed"));
  });
  return kindAreas(rows, cols);
};

/** Where numbers are added up. */
const GROWING: Place[] = ["da", "dx", "scattered"];

/** What stands where there is no element: a zero of the padding or of the frame; what falls on padding is lost. */
const EMPTY: Partial<Record<Place, string>> = { x: "0", frame: "0", dx: "–" };

export const planeAt = (scene: Scene, tops: Tops, now: Moment, subject: Subject, on: Place): Plane => {
  const [rows, cols] = gridOf(scene, on);
  const { value, known, top } = valuesOf(scene, tops, now, subject, on);
  const values = new Float64Array(rows * cols);
  const pixels = new Uint8ClampedArray(4 * rows * cols);
  const texts: string[] = [];
  let widest = ""; // of the numbers that it will have come to
  const hidden: number[] = [];
  for (let cell = 0; cell < rows * cols; cell++) {
    const at = indexAt(scene, on, { row: Math.floor(cell / cols), col: cell % cols });
    values[cell] = at === undefined ? 0 : value(at);
    texts[cell] = at === undefined ? EMPTY[on]! : compact(values[cell]);
    if (at !== undefined && GROWING.includes(on)) {
      const last = compact(valueOf(scene, NAMES[on], now.k, now.c, at));
      if (last.length > widest.length) widest = last;
    }
    if (!(at === undefined ? on === "x" || known(0) : known(at))) hidden.push(cell);
  }
  paintSigned(values, top, pixels);
  for (const cell of hidden) pixels[4 * cell + 3] = 0;
  return {
    name: headingOf(scene, now, subject, on)[0] + (on in WRITTEN ? ", type a number or drag to change it" : ""),
    content: {
      rows,
      cols,
      pixels,
      label: ({ row, col }) => texts[row * cols + col],
      textures: texturesOf(scene, on),
      widest,
    },
  };
};

/** What stands over a place, and its sizes. */
export const headingOf = (scene: Scene, now: Moment, subject: Subject, on: Place): [title: string, dims: string] => {
  const { inputs, kernels, g } = scene;
  const name = NAMES[on];
  const many = [
    kernels > 1 && !["X", "dX"].includes(name) && now.k,
    inputs > 1 && ["X", "dX", "W", "dW"].includes(name) && now.c,
  ].filter((index) => index !== false);
  const title = called(scene, name) + (many.length ? `[${many.join(", ")}]` : "");
  const size = (on === "x" || on === "dx" ? g.input : gridOf(scene, on)).join(" × ");
  const told: Partial<Record<Place, [string, string]>> = {
    stamp: ["dZ·W", elementName({ scene, name: "dZ", ...now, at: stampOf(scene, now, subject) })],
    scattered: ["dX by scatter", ""],
    gathered: ["dX by gather", ""],
    frame: ["dZ in zeros", ""],
    rotated: ["W turned", ""],
    b: [title, ""],
    db: [title, ""],
  };
  return told[on] ?? [title, size];
};
