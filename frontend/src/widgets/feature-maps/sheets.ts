/** Maps side by side on one canvas, one of them marked; for an overview of a layer, and for what a number sums over. */
import { paintLight, paintSigned } from "../../ui/grids/colour";
import { h, write } from "../../ui/dom";
import type { Tone } from "../../ui/words/terms";
import { type Layout as Standing, placeAt, sized, spreadMap } from "../shared/sheet";

const GAP = 3;
const WIDEST = 96; // px, a map's side
const BETWEEN = 0xff9a8e86; // a grey, as the canvas stores it

/** Where each map stands; the canvas is drawn at `zoom`. */
export interface Layout extends Standing {
  zoom: number;
}

/** Maps of few are drawn larger; single numbers are small squares. */
const sideFor = (count: number, long: number): number => {
  if (long === 1) return 10;
  return count <= 8 ? 72 : count <= 32 ? 48 : count <= 128 ? 30 : 22;
};

export const layoutOf = ([count, rows, cols]: readonly number[], room: number): Layout => {
  const long = Math.max(rows, cols);
  const cell = Math.max(1, Math.round(sideFor(count, long) / long));
  const zoom = Math.min(1, WIDEST / (long * cell));
  const gap = Math.ceil((long === 1 ? 1 : GAP) / zoom);
  const columns = Math.max(1, Math.min(count, Math.floor((room / zoom + gap) / (cols * cell + gap))));
  return { ...sized({ count, rows, cols, columns, cell, gap }), zoom };
};

/** Paint values as blocks of pixels; `top` of each map is what the full tone stands for. */
export const paintSheet = (
  data: Float64Array,
  signed: boolean,
  layout: Layout,
  top: (map: number) => number,
  words: Uint32Array,
): void => {
  const each = layout.rows * layout.cols;
  const bytes = new Uint8ClampedArray(4 * each);
  const tones = new Uint32Array(bytes.buffer);
  for (let map = 0; map < layout.count; map++) {
    const values = data.subarray(map * each, (map + 1) * each);
    if (signed) paintSigned(values, top(map), bytes);
    else paintLight([values], 0, top(map) || 1, bytes);
    spreadMap(tones, map, layout, words);
  }
};

/** What a sheet shows. */
export interface Sheet {
  data: Float64Array;
  shape: readonly number[];
  signed: boolean;
  top(map: number): number;
  /** Why a map says nothing, "" if it does. */
  flag?(map: number): string;
  /** Whether a map can be opened where others can't. */
  open?(map: number): boolean;
}

export interface Wishes {
  /** A map is chosen. */
  pick(map: number): void;
  /** A place is looked at; none any more. */
  hover(place: [number, number, number] | undefined): void;
  /** What is read out of a map. */
  say(map: number): string;
}

export interface SheetView {
  el: HTMLElement;
  field: HTMLElement;
  title(name: string, dims: string, note: string, label: string): void;
  /** Lay a sheet out; its pixels come with `paint`. */
  draw(sheet: Sheet, room: number): void;
  /** Paint what was laid out, once. */
  paint(): void;
  mark(map: number | undefined): void;
}

export const sheetView = (tone: Tone, { pick, hover, say }: Wishes, opens: boolean): SheetView => {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const here = h("i", { class: "here" });
  const name = h("span", { class: `name t-${tone}` });
  const dims = h("span", { class: "dims" });
  const note = h("span", { class: "flags" });
  const field = h("div", { class: "sheet-maps", tabindex: 0, role: "slider", "aria-valuemin": 0 }, canvas, here);
  let layout = layoutOf([1, 1, 1], 1);
  let [chosen, marked] = [0, false];
  let waiting: Sheet | undefined;

  const at = (event: MouseEvent) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    const scale = width ? layout.width / width : 1;
    return placeAt(layout, (event.clientX - left) * scale, (event.clientY - top) * scale);
  };
  const tell = () => {
    field.setAttribute("aria-valuenow", String(chosen));
    field.setAttribute("aria-valuetext", say(chosen));
  };
  const show = () => {
    const { cols, rows, cell, gap, columns, width, height } = layout;
    const [wide, high] = [cols * cell, rows * cell];
    here.style.left = `${(100 * (chosen % columns) * (wide + gap)) / width}%`;
    here.style.top = `${(100 * Math.floor(chosen / columns) * (high + gap)) / height}%`;
    here.style.width = `${(100 * wide) / width}%`;
    here.style.height = `${(100 * high) / height}%`;
    here.classList.toggle("chosen", marked);
  };
  const go = (map: number) => {
    chosen = map;
    show();
    tell();
    hover([map, 0, 0]);
    if (!opens) pick(map);
  };
  field.addEventListener("pointermove", (event) => hover(at(event)));
  field.addEventListener("pointerleave", () => hover(undefined));
  field.addEventListener("click", (event) => {
    const place = at(event);
    if (!place) return;
    chosen = place[0];
    show();
    tell();
    pick(chosen);
  });
  field.addEventListener("keydown", (event) => {
    const { columns, count } = layout;
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    const end = { Home: 0, End: count - 1 }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return pick(chosen);
    }
    if (by === undefined && end === undefined) return;
    event.preventDefault();
    const next = end ?? chosen + by!;
    if (next >= 0 && next < count) go(next);
  });

  /** Crosses on maps that say nothing, a corner on those that can be opened. */
  const glyphs = ({ flag, open }: Sheet) => {
    if (!context) return;
    const { count, rows, cols, columns, cell, gap, zoom } = layout;
    const [wide, high] = [cols * cell, rows * cell];
    for (let map = 0; map < count; map++) {
      const [x, y] = [(map % columns) * (wide + gap), Math.floor(map / columns) * (high + gap)];
      const why = flag?.(map);
      if (why) {
        for (const [tint, line] of [
          ["#fff", 3 / zoom],
          ["#a4262c", 1.5 / zoom],
        ] as const) {
          context.strokeStyle = tint;
          context.lineWidth = line;
          context.beginPath();
          context.moveTo(x, y + high);
          context.lineTo(x + wide, y);
          if (why.startsWith("dead")) {
            context.moveTo(x, y);
            context.lineTo(x + wide, y + high);
          }
          context.stroke();
        }
      }
      if (open?.(map)) {
        context.strokeStyle = "#ffb000";
        context.lineWidth = 2 / zoom;
        context.strokeRect(x + 1 / zoom, y + 1 / zoom, wide - 2 / zoom, high - 2 / zoom);
      }
    }
  };

  return {
    el: h("div", { class: "stage-row" }, h("header", {}, name, dims, note), field),
    field,
    title: (text, size, flags, label) => {
      write(name, text);
      write(dims, size);
      write(note, flags);
      field.setAttribute("aria-label", label);
    },
    draw: (sheet, room) => {
      layout = layoutOf(sheet.shape, room);
      const { width, height, zoom, count } = layout;
      field.style.width = `${width * zoom}px`;
      field.style.aspectRatio = `${width} / ${height}`;
      field.setAttribute("aria-valuemax", String(count - 1));
      chosen = Math.min(chosen, count - 1);
      waiting = sheet;
      show();
      tell();
    },
    paint: () => {
      const sheet = waiting;
      if (!sheet || !context) return;
      waiting = undefined;
      const { rows, cols, cell, gap, columns, count, width, height } = layout;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      const image = new ImageData(width, height);
      const words = new Uint32Array(image.data.buffer).fill(BETWEEN);
      paintSheet(sheet.data, sheet.signed, layout, sheet.top, words);
      context.putImageData(image, 0, 0);
      const last = ((count - 1) % columns) + 1; // nothing stands behind it
      context.clearRect(last * (cols * cell + gap) - gap, height - rows * cell - gap, width, rows * cell + gap);
      glyphs(sheet);
    },
    mark: (map) => {
      marked = map !== undefined;
      if (map !== undefined) chosen = Math.min(map, layout.count - 1);
      show();
      tell();
    },
  };
};
