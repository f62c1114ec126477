/** Rows of grids: a row for every channel, in it a grid for every slice of depth. */
import { h } from "../dom";
import type { Grid } from "./grid";

export interface GridBank {
  el: HTMLElement;
  /** Have so many grids, keeping those that there are. */
  resize(channels: number, slices: number): void;
  /** Rows stand beside one another, two by two, or below one another. */
  fold(twoByTwo: boolean): void;
  at(channel: number, slice: number): Grid;
  /** What stands under a grid; nothing for "". A grid that is off takes no part in what is looked at. */
  caption(channel: number, slice: number, text: string, off?: boolean): void;
  each(visit: (grid: Grid, channel: number, slice: number) => void): void;
  destroy(): void;
}

export const gridBank = (make: (channel: number, slice: number) => Grid): GridBank => {
  const el = h("div", { class: "bank" });
  let rows: { el: HTMLElement; cells: { grid: Grid; el: HTMLElement; caption: HTMLElement }[] }[] = [];
  const trim = (channels: number, slices: number) => {
    rows.forEach((row, c) => {
      for (const cell of c < channels ? row.cells.splice(slices) : row.cells) {
        cell.grid.destroy();
        cell.el.remove();
      }
      if (c >= channels) row.el.remove();
    });
    rows = rows.slice(0, channels);
  };
  return {
    el,
    resize: (channels, slices) => {
      trim(channels, slices);
      for (let c = 0; c < channels; c++) {
        if (!rows[c]) {
          rows[c] = { el: h("div", { class: "planes" }), cells: [] };
          el.append(rows[c].el);
        }
        for (let z = rows[c].cells.length; z < slices; z++) {
          const grid = make(c, z);
          const caption = h("figcaption", { class: "dims" });
          const cell = h("figure", { class: "plane" }, grid.stage, caption);
          rows[c].cells[z] = { grid, el: cell, caption };
          rows[c].el.append(cell);
        }
      }
    },
    fold: (twoByTwo) => void el.classList.toggle("folded", twoByTwo),
    at: (channel, slice) => rows[channel].cells[slice].grid,
    caption: (channel, slice, text, off = false) => {
      const { el, caption, grid } = rows[channel].cells[slice];
      if (caption.textContent !== text) caption.textContent = text;
      caption.hidden = !text;
      el.classList.toggle("off", off);
      if (off) grid.mark([]);
    },
    each: (visit) => rows.forEach(({ cells }, c) => cells.forEach(({ grid }, z) => visit(grid, c, z))),
    destroy: () => trim(0, 0),
  };
};
