/** A layer's maps side by side in one canvas, one of them looked at; single units are cells of one picture. */
import { extremes, type NdArray } from "../../math/array";
import { paintValues } from "../../ui/grids/colour";
import { h, write } from "../../ui/dom";
import { short } from "../../ui/words/format";
import { type Layout, placeAt, sized, spreadMap } from "../shared/sheet";
import { hasMaps } from "../shared/network";

const ACROSS = 352; // px of all maps beside one another
const GAP = 3;
const LARGEST = 84; // px, a map's side
const CELL = 11; // px, a unit's side

const columnsFor = (count: number): number => (count <= 6 ? count : count <= 16 ? 8 : 16);

export const layoutOf = (shape: readonly number[]): Layout => {
  const spread = hasMaps(shape);
  const [count, rows, cols] = spread ? shape : [shape[0], 1, 1];
  const columns = spread ? columnsFor(count) : Math.min(count, 24);
  const room = Math.min(LARGEST, Math.floor((ACROSS + GAP) / columns) - GAP);
  const cell = spread ? Math.max(1, Math.floor(room / Math.max(rows, cols))) : CELL;
  const gap = spread ? GAP : 1;
  return sized({ count, rows, cols, columns, cell, gap });
};

/** The map at a place of the canvas, if there is one. */
export const mapAt = (layout: Layout, x: number, y: number): number | undefined => placeAt(layout, x, y)?.[0];

/** Write all maps' cells, 32 bits each, as blocks of pixels where they stand in the canvas. */
export const spread = (tones: Uint32Array, layout: Layout, out: Uint32Array): void => {
  const each = layout.rows * layout.cols;
  for (let map = 0; map < layout.count; map++)
    spreadMap(tones.subarray(map * each, (map + 1) * each), map, layout, out);
};

const sizes = (shape: readonly number[]): string =>
  hasMaps(shape) ? `${shape[0]} × ${shape[1]} × ${shape[2]}` : `${shape[0]} units`;

export interface LayerSheet {
  el: HTMLElement;
  draw(values: NdArray): void;
  /** Mark the map that is looked at, if it is one of these. */
  mark(index: number | undefined): void;
}

/** A canvas whose pixels are painted anew without new memory. */
const painted = (width: number, height: number) => {
  const canvas = h("canvas", { width, height });
  const pixels = new Uint8ClampedArray(4 * width * height);
  const image = typeof ImageData === "undefined" ? undefined : new ImageData(pixels, width);
  const context = canvas.getContext("2d");
  return {
    canvas,
    words: new Uint32Array(pixels.buffer),
    put: () => image && context?.putImageData(image, 0, 0),
  };
};

const tonesOf = (values: Float64Array, low: number, high: number, bytes: Uint8ClampedArray): Uint32Array => {
  paintValues(values, low, high || 1, bytes);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, values.length);
};

export const layerSheet = (name: string, shape: number[], pick: (index: number) => void): LayerSheet => {
  const layout = layoutOf(shape);
  const { canvas, words, put } = painted(layout.width, layout.height);
  const bytes = new Uint8ClampedArray(4 * layout.count * layout.rows * layout.cols);
  const maps = hasMaps(shape) ? shape[0] : 1;
  const here = h("i", { class: "here" });
  const to = (index: number) => pick(Math.min(Math.max(index, 0), maps - 1));
  let chosen: number | undefined;
  const key = (event: KeyboardEvent) => {
    const now = chosen ?? 0;
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: layout.columns, ArrowUp: -layout.columns }[event.key];
    const ends = { Home: 0, End: maps - 1, Enter: now, " ": now }[event.key];
    if (by === undefined && ends === undefined) return;
    event.preventDefault();
    const next = ends ?? now + by!;
    if (next >= 0 && next < maps) to(next);
  };
  const view = h(
    "div",
    {
      class: "maps",
      tabindex: 0,
      role: "slider",
      "aria-label": `Map of ${name} shown large`,
      "aria-valuemin": 1,
      "aria-valuemax": maps,
      "aria-valuenow": 1,
      onkeydown: key,
      onclick: (event: MouseEvent) => {
        const { left, top, width } = canvas.getBoundingClientRect();
        const zoom = layout.width / width;
        const index = mapAt(layout, (event.clientX - left) * zoom, (event.clientY - top) * zoom);
        if (index !== undefined) to(index);
      },
    },
    canvas,
    here,
  );
  view.style.width = `${layout.width}px`;
  const share = (part: number, whole: number) => `${(100 * part) / whole}%`;
  return {
    el: h(
      "div",
      { class: "stage-row" },
      h("header", {}, h("span", { class: "name t-output" }, name), h("span", { class: "dims" }, sizes(shape))),
      view,
    ),
    draw: ({ data }) => {
      const [low, high] = extremes(data);
      spread(tonesOf(data, low, high, bytes), layout, words);
      put();
    },
    mark: (index) => {
      chosen = index;
      here.hidden = index === undefined || !hasMaps(shape);
      view.setAttribute("aria-valuenow", String((index ?? 0) + 1));
      view.setAttribute(
        "aria-valuetext",
        index === undefined ? `none of ${maps}` : maps > 1 ? `${index + 1} of ${maps}` : `all ${shape[0]} units`,
      );
      if (index === undefined) return;
      const [wide, high] = [layout.cols * layout.cell, layout.rows * layout.cell];
      here.style.left = share((index % layout.columns) * (wide + layout.gap), layout.width);
      here.style.top = share(Math.floor(index / layout.columns) * (high + layout.gap), layout.height);
      here.style.width = share(wide, layout.width);
      here.style.height = share(high, layout.height);
    },
  };
};

export interface Large {
  el: HTMLElement;
  draw(name: string, values: NdArray, index: number): void;
}

/** One map large, with its range. */
export const largeMap = (): Large => {
  const canvas = h("canvas", { role: "img" });
  const name = h("span", { class: "name t-output" });
  const range = h("span", { class: "dims" });
  let bytes = new Uint8ClampedArray(0);
  return {
    el: h("div", { class: "large" }, h("header", {}, name, range), h("div", { class: "square" }, canvas)),
    draw: (layer, { data, shape }, index) => {
      const [rows, cols] = hasMaps(shape) ? shape.slice(1) : [Math.ceil(shape[0] / 12), 12];
      const part = hasMaps(shape) ? data.subarray(index * rows * cols, (index + 1) * rows * cols) : data;
      const [low, high] = extremes(data); // the layer's own scale, so that a faint map looks faint
      if (bytes.length !== 4 * rows * cols) bytes = new Uint8ClampedArray(4 * rows * cols);
      bytes.fill(0);
      tonesOf(part, low, high, bytes);
      if (canvas.width !== cols || canvas.height !== rows) Object.assign(canvas, { width: cols, height: rows });
      canvas.getContext("2d")?.putImageData(new ImageData(bytes, cols), 0, 0);
      const title = hasMaps(shape) ? `${layer}, map ${index + 1}` : layer;
      const [least, most] = extremes(part).map((value) => short(value, 2));
      write(name, title);
      write(range, `${least} to ${most}`);
      canvas.setAttribute("aria-label", `${title}, values from ${least} to ${most}`);
    },
  };
};
