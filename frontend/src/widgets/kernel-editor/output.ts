/** The kernel editor's feature map: as signed values, magnitudes or a ReLU, in numbers, and by channels. */
import { largest } from "../../math/array";
import { LENS, lensOn } from "../../ui/grids/areas";
import { DIVERGING_CSS, paintLight, paintSigned, pixelBuffer } from "../../ui/grids/colour";
import { segments, toggle } from "../../ui/controls/controls";
import { changes, h, write } from "../../ui/dom";
import { short } from "../../ui/words/format";
import { panel, row } from "../../ui/frame";
import { type Cell, Grid } from "../../ui/grids/grid";
import type { Result } from "./math";
import type { Traits } from "./state";

/** What the panel asks of the view. */
interface Asks {
  look(cell: Cell | undefined): void;
  /** Pin an output. */
  pin(cell: Cell): void;
  schedule(): void;
}

export interface OutputPanel {
  el: HTMLElement;
  grid: Grid;
  /** Whether input and output are zoomed into numbers. */
  zoomed(): boolean;
  /** Show what is chosen, for a picture of so many channels. */
  show(channels: number): void;
  draw(result: Result, pinned: Cell): void;
  /** Show that there is none. */
  clear(): void;
}

export const outputPanel = ({ get, set }: Traits, { look, pin, schedule }: Asks): OutputPanel => {
  let zoomed = false;
  const grid = new Grid("Feature map", { hover: look, move: pin });
  const show = segments(
    "Show the feature map as",
    [
      ["signed", "signed"],
      ["absolute", "|y|", "|y|, the absolute value"],
      ["relu", "ReLU"],
    ],
    (value) => set({ show: value }),
  );
  const lens = toggle(
    "123",
    (on) => {
      zoomed = on;
      lens.show(on);
      schedule();
    },
    "Zoom into the numbers around the window",
  );
  lens.el.setAttribute("aria-label", "123: zoom into the numbers");
  const scale = h("i", { style: `background:${DIVERGING_CSS}` });
  const [low, high] = [h("span"), h("span")];
  const canvases = [0, 1, 2].map(() => h("canvas"));
  const parts = h(
    "div",
    { class: "parts", "aria-label": "Sums of the channels, which add up to the feature map", role: "group" },
    ...canvases.map((canvas, c) => h("div", {}, canvas, ["R", "+ G", "+ B"][c])),
  );
  const dims = h("span", { class: "dims" });

  const scaleDiffers = changes();
  const [pixels, partPixels] = [pixelBuffer(), pixelBuffer()];
  const drawParts = ({
    output: {
      shape: [rows, cols],
    },
    parts,
  }: Result) => {
    const top = Math.max(...parts.map(({ data }) => largest(data)));
    parts.forEach(({ data }, c) => {
      const buffer = partPixels(rows * cols);
      paintSigned(data, top, buffer);
      canvases[c].width = cols;
      canvases[c].height = rows;
      canvases[c].getContext("2d")?.putImageData(new ImageData(buffer, cols), 0, 0);
    });
  };
  return {
    el: panel(
      "output",
      "Feature map",
      dims,
      grid,
      row(show.el, lens.el),
      h("div", { class: "legend" }, scale, low, high),
      parts,
    ),
    grid,
    zoomed: () => zoomed,
    show: (channels) => {
      show.show(get("show"));
      parts.hidden = channels < 3;
    },
    draw: (result, pinned) => {
      const {
        data,
        shape: [rows, cols],
      } = result.output;
      const how = get("show");
      const top = largest(data);
      const buffer = pixels(rows * cols);
      const value = (y: number) => (how === "relu" ? Math.max(0, y) : how === "absolute" ? Math.abs(y) : y);
      if (how === "signed") paintSigned(data, top, buffer);
      else paintLight([data.map(value)], 0, top, buffer);
      grid.update(
        { rows, cols, pixels: buffer, label: ({ row, col }) => short(value(data[row * cols + col])) },
        zoomed ? lensOn(rows, cols, pinned, LENS) : undefined,
      );
      grid.setCursor(pinned);
      write(dims, `${rows} × ${cols}`);
      write(low, how === "signed" ? short(-top) : "0");
      write(high, short(top));
      if (scaleDiffers(how))
        scale.style.background = how === "signed" ? DIVERGING_CSS : "linear-gradient(90deg, #000, #fff)";
      if (result.parts.length === 3) drawParts(result);
    },
    clear: () => {
      grid.clear();
      dims.textContent = "none";
      parts.hidden = true;
    },
  };
};
