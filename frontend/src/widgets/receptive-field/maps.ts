/** A map of units on a canvas: what of it is seen, and the unit that looks. */
import { type Area, boundsOf, type Places, planeOf } from "../../math/field";
import { h } from "../../ui/dom";

/** The page's tones. */
export interface Tones {
  ground: string;
  cell: string;
  line: string;
  seen: string;
  unit: string;
  heat: string;
}

/** What is drawn of a map. */
export interface Scene {
  size: number[];
  /** What is lit, and whether as what is seen, or as units that see. */
  area?: Area;
  tone: "seen" | "unit";
  /** One position, marked so that it is found however small. */
  point?: readonly number[];
  pointTone?: "seen" | "unit";
  /** Whether a picture lies below, which the rest of the map veils. */
  picture?: boolean;
  /** Whether the lit area has a frame. */
  framed?: boolean;
  heat?: HTMLCanvasElement;
}

export interface MapCanvas {
  el: HTMLCanvasElement;
  draw(scene: Scene, tones: Tones): void;
  /** The place under a pointer. */
  placeAt(event: MouseEvent): number[] | undefined;
}

const LEAST_CELL = 7; // px: smaller cells have no lines between them
const LEAST_POINT = 6;
const LEAST_AREA = 4;

/** Runs of neighbours among the places. */
const runs = ({ first, last, has }: Places): [from: number, to: number][] => {
  const made: [number, number][] = [];
  for (let i = first; i <= last; i++) {
    if (!has[i]) continue;
    const from = i;
    while (i < last && has[i + 1]) i++;
    made.push([from, i + 1]);
  }
  return made;
};

/** The rectangles that an area is made of, in positions. */
const rectangles = ({ size: [rows, columns], products, marks }: Area): [number, number, number, number][] => {
  if (products)
    return products.flatMap(([down, across]) => {
      const wide = runs(across);
      return runs(down).flatMap(([top, bottom]) =>
        wide.map(([left, right]): [number, number, number, number] => [left, top, right, bottom]),
      );
    });
  return Array.from({ length: rows }, (_, r) => r).flatMap((r) =>
    runs({ first: 0, last: columns - 1, has: marks!.subarray(r * columns, (r + 1) * columns) }).map(
      ([left, right]): [number, number, number, number] => [left, r, right, r + 1],
    ),
  );
};

export const mapCanvas = (): MapCanvas => {
  const el = h("canvas");
  const context = el.getContext("2d");
  let shown: number[] = [1];

  /** As many pixels as the screen has there; drawing goes on in them. */
  const fit = (): [width: number, height: number] => {
    const ratio = globalThis.devicePixelRatio || 1;
    const [width, height] = [el.clientWidth, el.clientHeight].map((side) => Math.max(1, Math.round(side * ratio)));
    if (el.width !== width) el.width = width;
    if (el.height !== height) el.height = height;
    return [width, height];
  };

  const draw = (scene: Scene, tones: Tones): void => {
    shown = scene.size;
    if (!context) return;
    const [width, height] = fit();
    const [rows, columns] = planeOf(scene.size);
    const [sx, sy] = [width / columns, height / rows];
    const px = width / (el.clientWidth || 1);
    const box = ([left, top, right, bottom]: readonly number[]): [number, number, number, number] => {
      const [x, y] = [Math.round(left * sx), Math.round(top * sy)];
      return [x, y, Math.max(1, Math.round(right * sx) - x), Math.max(1, Math.round(bottom * sy) - y)];
    };
    context.clearRect(0, 0, width, height);
    context.globalAlpha = scene.picture ? 0.66 : 1;
    context.fillStyle = scene.picture ? tones.ground : tones.cell;
    context.fillRect(0, 0, width, height);
    context.globalAlpha = 1;
    context.fillStyle = tones[scene.tone];
    if (scene.area && !scene.framed) {
      const [[top, bottom], [left, right]] = boundsOf(scene.area);
      const [x, y, w, d] = box([left, top, right + 1, bottom + 1]);
      const least = LEAST_AREA * px; // what is smaller on the screen is drawn as a dot
      if (Math.max(w, d) < least) context.fillRect(x + (w - least) / 2, y + (d - least) / 2, least, least);
    }
    for (const rectangle of scene.area ? rectangles(scene.area) : []) {
      if (scene.heat) break;
      if (scene.picture) context.clearRect(...box(rectangle));
      else context.fillRect(...box(rectangle));
    }
    if (scene.heat) {
      context.imageSmoothingEnabled = false;
      context.drawImage(scene.heat, 0, 0, width, height);
    }
    if (Math.min(sx, sy) >= LEAST_CELL * px && !scene.picture) {
      context.fillStyle = tones.line;
      for (let c = 1; c < columns; c++) context.fillRect(Math.round(c * sx), 0, 1, height);
      for (let r = 1; r < rows; r++) context.fillRect(0, Math.round(r * sy), width, 1);
    }
    const frame = ([x, y, w, d]: number[], tone: string, line: number) => {
      context.lineWidth = (line + 2) * px;
      context.strokeStyle = "rgba(255, 255, 255, 0.85)";
      context.strokeRect(x, y, w, d);
      context.lineWidth = line * px;
      context.strokeStyle = tone;
      context.strokeRect(x, y, w, d);
    };
    if (scene.framed && scene.area) {
      const [[top, bottom], [left, right]] = boundsOf(scene.area);
      frame(box([left, top, right + 1, bottom + 1]), tones[scene.tone], 2);
    }
    if (scene.point) {
      const [row, column] = scene.point.length > 1 ? scene.point : [0, scene.point[0]];
      const [x, y, w, d] = box([column, row, column + 1, row + 1]);
      const [wide, high] = [Math.max(w, LEAST_POINT * px), Math.max(d, LEAST_POINT * px)];
      const left = Math.min(Math.max(0, x + (w - wide) / 2), width - wide);
      const top = Math.min(Math.max(0, y + (d - high) / 2), height - high);
      context.fillStyle = "#fff";
      context.fillRect(left - px, top - px, wide + 2 * px, high + 2 * px);
      context.fillStyle = tones[scene.pointTone ?? "unit"];
      context.fillRect(left, top, wide, high);
    }
  };

  return {
    el,
    draw,
    placeAt: (event) => {
      const { left, top, width, height } = el.getBoundingClientRect();
      if (!width || !height) return undefined;
      const [rows, columns] = planeOf(shown);
      const within = (at: number, n: number) => Math.max(0, Math.min(n - 1, Math.floor(at * n)));
      const place = [within((event.clientY - top) / height, rows), within((event.clientX - left) / width, columns)];
      return shown.length > 1 ? place : place.slice(1);
    },
  };
};

/** Magnitudes as a tone that grows with them, on a canvas of one pixel a position. */
export const heatCanvas = (values: Float64Array, size: readonly number[], tone: string): HTMLCanvasElement => {
  const [rows, columns] = planeOf(size);
  const el = h("canvas", { width: columns, height: rows });
  const context = el.getContext("2d");
  if (!context) return el;
  context.fillStyle = tone;
  context.fillRect(0, 0, columns, rows);
  const image = context.getImageData(0, 0, columns, rows);
  const top = values.reduce((most, value) => Math.max(most, value), 0) || 1;
  values.forEach((value, i) => (image.data[4 * i + 3] = Math.round((255 * value) / top)));
  context.putImageData(image, 0, 0);
  return el;
};
