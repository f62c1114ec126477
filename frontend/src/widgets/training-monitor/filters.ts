/** The first layer's filters side by side: signed, or in colour where they have three channels. */
import { extremes, type NdArray, size } from "../../math/array";
import { h, write } from "../../ui/dom";
import { paintLight, paintSigned } from "../../ui/grids/colour";
import { short } from "../../ui/words/format";
import type { Filters } from "./state";

export interface FilterSheet {
  el: HTMLElement;
  /** Show the filters of one of the steps that they are known of. */
  draw(filters: Filters, values: NdArray, at: number, when: string): void;
}

/** The largest number that any of the filters ever has: a tone means the same at every step. */
export const topOf = ({ data, shape }: NdArray, scale: number[]): number => {
  const each = size(shape.slice(1));
  return Math.max(
    ...scale.map((factor, t) => {
      const [low, high] = extremes(data.subarray(t * each, (t + 1) * each));
      return factor * Math.max(-low, high);
    }),
  );
};

const paint = (canvas: HTMLCanvasElement, planes: Float64Array[], top: number, [rows, cols]: number[]): void => {
  const pixels = new Uint8ClampedArray(4 * rows * cols);
  if (planes.length === 3) paintLight(planes, -top, top, pixels);
  else paintSigned(planes[0], top, pixels);
  if (canvas.width !== cols || canvas.height !== rows) Object.assign(canvas, { width: cols, height: rows });
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, cols), 0, 0);
};

export const filterSheet = (): FilterSheet => {
  const sheet = h("div", { class: "filters", role: "img" });
  const when = h("span", { class: "dims" });
  const what = h("div", { class: "hint" });
  let canvases: HTMLCanvasElement[] = [];
  const resize = (count: number) => {
    if (canvases.length === count) return;
    canvases = Array.from({ length: count }, () => h("canvas"));
    sheet.style.gridTemplateColumns = `repeat(${Math.ceil(Math.sqrt(count))}, minmax(0, 1fr))`;
    sheet.replaceChildren(...canvases);
  };
  return {
    el: h(
      "div",
      { class: "first", role: "group", "aria-label": "First layer's filters" },
      h("header", {}, h("span", { class: "name t-kernel" }, "First layer's filters"), when),
      sheet,
      what,
    ),
    draw: ({ scale, channels }, values, at, time) => {
      const [, count, planes, rows, cols] = values.shape;
      const top = topOf(values, scale) || 1;
      const each = planes * rows * cols;
      resize(count);
      canvases.forEach((canvas, k) => {
        const from = (at * count + k) * each;
        const own = Array.from({ length: planes }, (_, c) =>
          values.data.slice(from + c * rows * cols, from + (c + 1) * rows * cols).map((v) => v * scale[at]),
        );
        paint(canvas, own, top, [rows, cols]);
      });
      const tones = planes === 3 ? "black" : "blue";
      const ends = `${tones} is ${short(-top, 2)}, ${planes === 3 ? "full light" : "red"} ${short(top, 2)}`;
      const which = channels > planes ? `, the first of ${channels} channels` : "";
      write(when, time);
      write(what, `${rows} × ${cols}${which}: ${ends}.`);
      sheet.setAttribute("aria-label", `${count} filters of ${rows} × ${cols}, ${time}`);
    },
  };
};
