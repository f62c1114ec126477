/** The kernel editor's input: a picture to choose or to draw, and which of its channels are seen. */
import type { NdArray } from "../../math/array";
import type { Geometry } from "../../math/shapes";
import { hatched, lensOn, lensSide, middleOf, windowArea } from "../../ui/grids/areas";
import { pack, planeAt } from "../../ui/state/packed";
import { paintLight, pixelBuffer } from "../../ui/grids/colour";
import { segments } from "../../ui/controls/controls";
import { changes, h } from "../../ui/dom";
import { short } from "../../ui/words/format";
import { panel, row } from "../../ui/frame";
import { between, type Cell, Grid } from "../../ui/grids/grid";
import { penned, pictureMenu } from "../../ui/controls/picture-menu";
import { CHANNELS, inGrey, rangeOf } from "./arrays";
import { type Arrays, type Asks, type Traits, wouldFit } from "./state";

const LARGEST_LENS = 16; // cells a side: more would not be shown as numbers

export interface InputPanel {
  el: HTMLElement;
  grid: Grid;
  /** Show what is chosen. */
  show(): void;
  /** Draw the padded channels, or where nothing fits the bare ones; zoomed in on an output's window, or not. */
  draw(padded: NdArray[], geometry: Geometry | undefined, zoomedOn: Cell | undefined): void;
}

export const inputPanel = (
  { get, set, endGroup, takeBack }: Traits,
  arrays: Arrays,
  pictures: Record<string, string>,
  { look, say, refuse, redraw }: Asks,
): InputPanel => {
  let plane = "all"; // which channel of a colour picture is shown
  let drawn: Geometry | undefined;
  let strokes = 0;

  const isDrawing = () => get("image_name") === "drawing";
  /** Draw with the pen; padding cells belong to no pixel. */
  const ink = (cells: Cell[], stroke?: string) => {
    if (!drawn || !cells.length) return;
    const {
      data,
      shape: [, rows, cols],
    } = arrays.picture();
    const [[top], [left]] = drawn.padding;
    const inked = cells.reduce((sheet, { row, col }) => penned(sheet, rows, cols, row - top, col - left), data);
    set({ image: pack(inked, [rows, cols], "uint8") }, stroke);
  };
  const grid = new Grid("Input", {
    hover: (cell) => look(cell),
    move: (cell) => look(cell, true),
    press: (cell) => {
      if (!isDrawing()) return undefined;
      const stroke = `stroke ${++strokes}`;
      let last = cell;
      ink([cell], stroke);
      return {
        move: (at) => {
          if (!at) return;
          ink(between(last, at), stroke);
          last = at;
        },
        end: endGroup,
        cancel: () => takeBack(stroke),
      };
    },
    key: (event, cell) => {
      if (event.key !== " " || !isDrawing()) return false;
      ink([cell]);
      return true;
    },
  });

  const menu = pictureMenu(
    pictures,
    (image, name, hint) => {
      if (!wouldFit(get, { image }))
        return refuse(`This kernel does not fit into a picture of ${image.shape.slice(-2).join(" × ")}`);
      set({ image, image_name: name });
      say(hint);
    },
    (message) => say(message, true),
  );
  const toGrey = h(
    "button",
    {
      type: "button",
      title: "Average the three channels",
      onclick: () => {
        const { data, shape } = inGrey(arrays.picture());
        const kernel = arrays.kernel();
        set({
          image: pack(data, shape, get("image").dtype),
          image_name: "own",
          ...(kernel.shape[0] === 3 && { kernel: pack(planeAt(kernel, 0).data, kernel.shape.slice(1)) }),
        });
      },
    },
    "To grey",
  );
  const planes = segments("Channel shown", [["all", "RGB"], ...CHANNELS], (value) => {
    plane = value;
    redraw();
  });
  const colourRow = row(planes.el, toGrey);
  const dims = h("span", { class: "dims" });

  const differs = changes();
  const pixels = pixelBuffer();
  return {
    el: panel("input", "Input", dims, grid, menu.el, colourRow),
    grid,
    show: () => {
      menu.show(get("image_name"));
      planes.show(plane);
      colourRow.hidden = arrays.image().shape[0] < 3;
      toGrey.hidden = arrays.picture().shape[0] < 3;
      grid.el.classList.toggle("pen", isDrawing());
    },
    draw: (padded, geometry, zoomedOn) => {
      drawn = geometry;
      if (!differs(padded, plane, geometry, zoomedOn && `${zoomedOn.row},${zoomedOn.col}`)) return;
      const image = arrays.image();
      const [rows, cols] = padded[0].shape;
      const seen = plane === "all" || padded.length === 1 ? padded : [padded[Number(plane)]];
      const buffer = pixels(rows * cols);
      paintLight(
        seen.map(({ data }) => data),
        ...rangeOf(image.data, get("image").dtype === "uint8"),
        buffer,
      );
      const area = geometry && zoomedOn ? windowArea(geometry, zoomedOn) : { row: 0, col: 0, rows: 1, cols: 1 };
      grid.update(
        {
          rows,
          cols,
          pixels: buffer,
          textures: geometry && hatched(geometry),
          label: ({ row, col }) => seen.map(({ data }) => short(data[row * cols + col])).join(","),
        },
        zoomedOn && lensOn(rows, cols, middleOf(area), Math.min(LARGEST_LENS, lensSide(area))),
      );
      dims.textContent = image.shape.slice(image.shape[0] === 1 ? 1 : 0).join(" × ");
    },
  };
};
