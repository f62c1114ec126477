/** What each of the backpropagation stepper's grids shows at a step: its numbers and their tones, its hatching and its
 * names. No page. */
import { largest } from "../../math/array";
import { hatched, kindAreas, type Kinds } from "../../ui/grids/areas";
import { paintSigned } from "../../ui/grids/colour";
import type { Cell, Content } from "../../ui/grids/grid";
import { short } from "../../ui/words/format";
import { type Array as Name, called, elementName } from "./arithmetic";
import {
  daAfter,
  doneOf,
  dxAfter,
  finished,
  framed,
  hasBegun,
  inputOf,
  inputsOf,
  isOver,
  mapOf,
  type Moment,
  outputsOf,
  planeOf,
  type Scene,
  tapsOf,
  weightOf,
} from "./math";
import { gridOf, indexAt, pivotsOf, type Place, type Subject, WRITTEN } from "./places";

/** The array that a place shows. */
export const NAMES: Record<Place, Name> = {
  ...{ x: "X", w: "W", b: "b", z: "Z", a: "A", p: "P" },
  ...{ dp: "dP", da: "dA", dz: "dZ", dw: "dW", db: "db", dx: "dX" },
  ...{ stamp: "dX", scattered: "dX", gathered: "dX", frame: "dZ", rotated: "W" },
};

/** What the grid of a channel shows. */
export interface Plane {
  caption: string;
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

/** The longest text that a place may show while numbers are added up: its size is then kept free for it. */
const widestOf = (values: Float64Array): string =>
  Array.from(values, (value) => short(value)).reduce((most, text) => (text.length > most.length ? text : most), "");

/** What of a scene all steps share. */
export interface Look {
  tops: Record<"x" | "w" | "map" | "slope" | "dx" | "dw", number>;
  widest: Partial<Record<Place, string>>;
}

export const lookOf = (scene: Scene): Look => {
  const { setting, z, p, dp, da, dx, dw, db } = scene;
  const top = (...arrays: Float64Array[]) => Math.max(...arrays.map(largest));
  return {
    tops: {
      x: top(setting.x.data),
      w: top(setting.weight.data, setting.bias.data),
      map: top(z, p),
      slope: top(dp, da),
      dx: top(dx),
      dw: top(dw, db),
    },
    widest: { z: widestOf(z), a: widestOf(scene.a), p: widestOf(p), dx: widestOf(dx), dw: widestOf(dw) },
  };
};

const always = () => true;

/** Whether the number of a stamp, or of the frame, can be known: dZ is. */
const knowsDz = (scene: Scene, now: Moment): boolean => isOver(scene, now, "dz", now.k);

const valuesOf = (scene: Scene, look: Look, now: Moment, subject: Subject, on: Place, c: number): Values => {
  const { k } = now;
  const { setting, z, a, p, dp, dz, dw, db } = scene;
  const { tops } = look;
  const [maps, outs, taps, inputs] = [mapOf(scene), outputsOf(scene), tapsOf(scene), inputsOf(scene)];
  const done = (part: Parameters<typeof doneOf>[2]) => doneOf(scene, now, part, k);
  const from = (planes: Float64Array, plane: number, length: number) => {
    const values = planeOf(planes, plane, length);
    return (index: number) => values[index];
  };
  const dxNow = () => from(dxAfter(scene, now), c, inputs);
  switch (on) {
    case "x":
      return { value: (at) => inputOf(scene, c, at), known: always, top: tops.x };
    case "w":
    case "rotated":
      return { value: (tap) => weightOf(scene, k, c, tap), known: always, top: tops.w };
    case "b":
      return { value: () => setting.bias.data[k], known: always, top: tops.w };
    case "z":
      return { value: from(z, k, maps), known: (at) => at < done("z"), top: tops.map };
    case "a":
      return { value: from(a, k, maps), known: () => done("a") > 0, top: tops.map };
    case "p":
      return {
        value: from(p, k, outs),
        known: (at) => (setting.pool === "none" ? done("a") > 0 : at < done("p")),
        top: tops.map,
      };
    case "dp":
      return { value: from(dp, k, outs), known: always, top: tops.slope };
    case "da":
      return {
        value: from(daAfter(scene, k, done("da")), 0, maps),
        known: () => done("da") > 0,
        top: tops.slope,
      };
    case "dz":
    case "frame":
      return { value: from(dz, k, maps), known: () => knowsDz(scene, now), top: tops.slope };
    case "dx":
      return {
        value: dxNow(),
        known: (at) =>
          hasBegun(now, "dx") && (setting.route === "scatter" || c * inputs + at < doneOf(scene, now, "dx", 0)),
        top: tops.dx,
      };
    case "dw":
      return {
        value: from(dw, k * scene.inputs + c, taps),
        known: (tap) => c * taps + tap < done("dw"),
        top: tops.dw,
      };
    case "db":
      return { value: () => db[k], known: () => done("db") > 0, top: tops.dw };
    case "stamp": {
      const value = dz[k * maps + pivotsOf(scene, now, subject).z];
      return { value: (tap) => value * weightOf(scene, k, c, tap), known: () => knowsDz(scene, now), top: tops.dx };
    }
    default: {
      // Two ways to dX: the one that is gone is shown as it grows, of the other what is finished.
      if ((on === "scattered") === (setting.route === "scatter")) return valuesOf(scene, look, now, subject, "dx", c);
      const ready = finished(scene, now);
      return { value: dxNow(), known: (at) => ready(c * inputs + at), top: tops.dx };
    }
  }
};

/** What is hatched: padding, what ⌊ ⌋ drops, and the zeros that frame dZ and part it. */
const texturesOf = (scene: Scene, on: Place): Content["textures"] => {
  const { g, q } = scene;
  if (on === "x") return hatched(g);
  if (on === "dx") return hatched(g).filter(({ kind }) => kind !== "dropped");
  if (on === "a" || on === "z") return hatched(q);
  if (on !== "frame") return undefined;
  const [rows, cols] = framed(g).map((line): Kinds => {
    const [first, last] = [line.findIndex((at) => at >= 0), line.findLastIndex((at) => at >= 0)];
    return line.map((at, i) => (at >= 0 ? undefined : i < first || i > last ? "pad zero" : "stuffed"));
  });
  return kindAreas(rows, cols);
};

/** What stands where there is no element: a zero of the padding or of the frame; what falls on padding is lost. */
const EMPTY: Partial<Record<Place, string>> = { x: "0", frame: "0", dx: "–" };

const captionOf = (scene: Scene, now: Moment, on: Place, c: number): string => {
  const { plain } = scene.setting;
  if (plain) return "";
  const { k } = now;
  const index = { X: [c], dX: [c], W: [k, c], dW: [k, c] }[NAMES[on] as "X"] ?? [k];
  return `${called(scene, NAMES[on])}[${index.join(", ")}]`;
};

export const planeAt = (scene: Scene, look: Look, now: Moment, subject: Subject, on: Place, c: number): Plane => {
  const [rows, cols] = gridOf(scene, on);
  const { value, known, top } = valuesOf(scene, look, now, subject, on, c);
  const index = (cell: Cell) => indexAt(scene, on, cell);
  const values = new Float64Array(rows * cols);
  const seen = new Uint8Array(rows * cols);
  const texts: string[] = [];
  for (let cell = 0; cell < rows * cols; cell++) {
    const at = index({ row: Math.floor(cell / cols), col: cell % cols });
    seen[cell] = Number(at === undefined ? on !== "frame" || knowsDz(scene, now) : known(at));
    values[cell] = at === undefined ? 0 : value(at);
    texts[cell] = at === undefined ? (EMPTY[on] ?? "0") : short(values[cell]);
  }
  const pixels = new Uint8ClampedArray(4 * rows * cols);
  paintSigned(values, top, pixels);
  for (let cell = 0; cell < rows * cols; cell++) if (!seen[cell]) pixels[4 * cell + 3] = 0;
  const caption = captionOf(scene, now, on, c);
  const title = TITLES[on] ?? called(scene, NAMES[on]);
  const writes = on in WRITTEN ? ", type a number or drag to change it" : "";
  return {
    caption: scene.inputs > 1 && !["b", "z", "a", "p", "dp", "da", "dz", "db", "frame"].includes(on) ? caption : "",
    name: `${[title, caption !== title && caption].filter(Boolean).join(" ")}${writes}`,
    content: {
      rows,
      cols,
      pixels,
      label: ({ row, col }) => texts[row * cols + col],
      textures: texturesOf(scene, on),
      widest: look.widest[["scattered", "gathered"].includes(on) ? "dx" : on],
    },
  };
};

/** What the grids of the two ways to dX are called. */
export const TITLES: Partial<Record<Place, string>> = {
  stamp: "Stamp",
  scattered: "dX by scatter",
  gathered: "dX by gather",
  frame: "dZ in zeros",
  rotated: "W rotated",
};

/** What stands over a place, with its sizes. */
export const headingOf = (scene: Scene, now: Moment, subject: Subject, on: Place): [title: string, dims: string] => {
  const { k } = now;
  const of = scene.kernels > 1 && !["X", "dX"].includes(NAMES[on]) ? `[${k}]` : "";
  const size = gridOf(scene, on);
  if (on === "stamp") {
    const { z } = pivotsOf(scene, now, subject);
    return ["Stamp", `${elementName(scene, "dZ", [k], z)} · W`];
  }
  if (TITLES[on]) return [TITLES[on]!, on === "rotated" ? "180°" : ""];
  const dims = on === "x" || on === "dx" ? scene.g.input : size;
  return [`${called(scene, NAMES[on])}${of}`, on === "b" || on === "db" ? "" : dims.join(" × ")];
};
