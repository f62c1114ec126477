/** A grid of values: a canvas when there are many, an accessible table of numbers when there are few.
 *
 * One element takes the focus and the pointer in both forms; what a cell means is its owner's business. */
import { inkOn } from "./colour";
import { lettering, widthOf } from "./lettering";
import { h, write } from "../dom";
import { follow } from "../follow";

export interface Cell {
  row: number;
  col: number;
}

export interface Area extends Cell {
  rows: number;
  cols: number;
}

export interface Mark extends Area {
  kind:
    | "window"
    | "tap"
    | "reach"
    | "here input"
    | "here output"
    | "here kernel"
    | "here gradient"
    | "winner"
    | "tied"
    | "near"
    | Texture;
}

/** What a cell is besides its number: a hatching, not only a tint. */
export type Texture = "pad" | "pad zero" | "dropped" | "stuffed" | "extra";

export interface Content {
  rows: number;
  cols: number;
  /** RGBA, row by row; a cell of alpha 0 is empty: nothing is known of it yet. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
  /** The number in a cell, as text. */
  label(cell: Cell): string;
  /** A few characters for a cell's corner; "" for none. */
  note?(cell: Cell): string;
  /** Areas that are hatched. */
  textures?: (Area & { kind: Texture })[];
  /** Room for this label too, so that the text keeps its size while values change. */
  widest?: string;
}

/** What follows a pointer that was pressed. */
export interface Gesture {
  /** It has moved to a cell, or outside. */
  move(cell: Cell | undefined, event: PointerEvent): void;
  /** It was released. */
  end(): void;
  /** It was taken away, since a page is scrolled or enlarged: what it did was not meant. */
  cancel(): void;
}

export interface Handlers {
  hover?(cell: Cell | undefined): void;
  /** Pointer pressed on a cell; what is returned follows it. A finger presses once it has tapped or moves sideways. */
  press?(cell: Cell, event: PointerEvent): Gesture | undefined;
  /** The keyboard (or a press) moved the cursor here. */
  move?(cell: Cell): void;
  key?(event: KeyboardEvent, cell: Cell): boolean;
}

const STEP: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-5, 0],
  PageDown: [5, 0],
};
const LARGEST_LINE_CELL = 47; // px: signals get the whole width, one above the other, in cells of one size
const SMALLEST_CELL = 8.5; // px: smaller ones are pixels of a canvas
const LEAST_TEXT = 9; // px, where the sheet says nothing: a smaller number is not drawn
let count = 0;

/** The cell that comes at `index`, row by row. */
export const cellAt = (index: number, cols: number): Cell => ({ row: Math.floor(index / cols), col: index % cols });

/** Whether a cell is one of so many rows and columns: the one that the pointer rests on may be gone. */
export const within = ({ row, col }: Cell, [rows, cols]: readonly number[]): boolean => row < rows && col < cols;

/** A mark on one cell. */
export const single = (kind: Mark["kind"], { row, col }: Cell): Mark => ({ kind, row, col, rows: 1, cols: 1 });

/** The cells on the straight way from one to another, without the first: a quick pen leaves no gaps. */
export const between = (from: Cell, to: Cell): Cell[] => {
  const steps = Math.max(Math.abs(to.row - from.row), Math.abs(to.col - from.col));
  return Array.from({ length: steps }, (_, i) => ({
    row: Math.round(from.row + ((to.row - from.row) * (i + 1)) / steps),
    col: Math.round(from.col + ((to.col - from.col) * (i + 1)) / steps),
  }));
};

interface Font {
  family: string;
  weight: string;
  /** px */
  least: number;
}

/** What numbers are written in, by the sheet. */
const fontOf = (cells: Element): Font => {
  const style = getComputedStyle(cells);
  return {
    family: style.fontFamily || "sans-serif",
    weight: style.fontWeight || "400",
    least: parseFloat(style.getPropertyValue("--least-text")) || LEAST_TEXT,
  };
};

export class Grid {
  readonly el: HTMLElement;
  readonly stage: HTMLElement;
  cursor: Cell = { row: 0, col: 0 };
  private readonly id = `cnnviz-grid-${++count}`;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly marks = h("div", { class: "marks", "aria-hidden": "true" });
  private cells?: HTMLElement;
  private cellList: HTMLElement[] = [];
  private drawn: { look: string; words: string }[] = []; // by cell, as the marks below: only what changes is touched
  private drawnMarks: string[] = [];
  private own: Mark[] = []; // the marks without the hatching
  // Kept, since asking the page for it would lay it out anew: px of a cell, and what numbers are written in.
  private cellSize = 1;
  private font?: Font;
  private pressed = false; // while it is, the pointer belongs to what was pressed
  private content?: Content;
  private view: Area = { row: 0, col: 0, rows: 1, cols: 1 };
  private readonly resize = new ResizeObserver(() => this.fit(true));

  constructor(
    public name: string,
    private readonly handlers: Handlers,
    className = "",
  ) {
    this.el = h(
      "div",
      {
        class: `grid ${className}`,
        tabindex: 0,
        onpointermove: (event: PointerEvent) =>
          event.pointerType !== "touch" && !this.pressed && handlers.hover?.(this.at(event)),
        // A finger that is lifted has left too; what it tapped on is still looked at.
        onpointerleave: (event: PointerEvent) => event.pointerType !== "touch" && handlers.hover?.(undefined),
        onblur: () => handlers.hover?.(undefined),
        onpointerdown: (event: PointerEvent) => this.press(event),
        onkeydown: (event: KeyboardEvent) => this.key(event),
      },
      this.canvas,
      this.marks,
    );
    this.stage = h("div", { class: "stage" }, this.el);
    this.resize.observe(this.stage);
  }

  /** Draw `content`, or only the part of it in `view` (as numbers, if they fit). */
  update(content: Content, view: Area = { row: 0, col: 0, rows: content.rows, cols: content.cols }): void {
    const reshaped = view.rows !== this.view.rows || view.cols !== this.view.cols || !this.content;
    this.content = content;
    this.view = view;
    this.cursor = {
      row: Math.min(this.cursor.row, content.rows - 1),
      col: Math.min(this.cursor.col, content.cols - 1),
    };
    if (reshaped) this.fit();
    if (this.cells) this.fillCells();
    else this.paint();
    this.describe();
  }

  /** Show nothing. */
  clear(): void {
    this.content = undefined;
    this.cells?.remove();
    this.cells = undefined;
    this.canvas.hidden = true;
    this.mark([]);
    this.el.setAttribute("role", "application");
    this.el.removeAttribute("aria-activedescendant");
    this.el.setAttribute("aria-label", `${this.name}: none`);
  }

  /** Replace all marks. */
  mark(own: Mark[]): void {
    const { row, col, rows, cols } = this.view;
    this.own = own;
    const marks: Mark[] = this.cells ? own : [...(this.content?.textures ?? []), ...own];
    while (this.marks.childElementCount > marks.length) this.marks.lastChild?.remove();
    while (this.marks.childElementCount < marks.length) this.marks.append(h("i"));
    this.drawnMarks.length = Math.min(this.drawnMarks.length, marks.length);
    marks.forEach((mark, i) => {
      const key = `${mark.kind} ${mark.row - row} ${mark.col - col} ${mark.rows} ${mark.cols} of ${rows} ${cols}`;
      if (this.drawnMarks[i] === key) return;
      this.drawnMarks[i] = key;
      const element = this.marks.children[i] as HTMLElement;
      element.className = mark.kind;
      const [left, width] = [mark.col - col, mark.cols].map((length) => (length / cols) * 100);
      const [top, height] = [mark.row - row, mark.rows].map((length) => (length / rows) * 100);
      element.style.cssText = `left:${left}%;top:${top}%;width:${width}%;height:${height}%`;
    });
  }

  setCursor(cell: Cell): void {
    this.cursor = cell;
    this.describe();
  }

  /** Where a cell is on the stage, in px: its middle. */
  centre({ row, col }: Cell): { x: number; y: number } {
    return {
      x: ((col - this.view.col + 0.5) / this.view.cols) * this.el.clientWidth,
      y: ((row - this.view.row + 0.5) / this.view.rows) * this.el.clientHeight,
    };
  }

  destroy(): void {
    this.resize.disconnect();
  }

  private at(event: PointerEvent, box = this.el.getBoundingClientRect()): Cell | undefined {
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.view.rows);
    const col = Math.floor(((event.clientX - box.left) / box.width) * this.view.cols);
    if (row < 0 || col < 0 || row >= this.view.rows || col >= this.view.cols) return undefined;
    return { row: row + this.view.row, col: col + this.view.col };
  }

  private press(event: PointerEvent): void {
    const box = this.el.getBoundingClientRect(); // once a drag: asking makes the page lay itself out
    const cell = event.button === 0 && !(event.target instanceof HTMLInputElement) && this.at(event, box);
    if (!cell) return;
    // A swipe scrolls the page and changes nothing here: what a finger means is known when it moves or is lifted.
    const waits = event.pointerType === "touch" && !this.el.classList.contains("pen");
    const begin = () => {
      const gesture = this.begin(cell, event);
      return (
        gesture && {
          move: (now: PointerEvent) => gesture.move(this.at(now, box), now),
          end: () => gesture.end(),
          cancel: () => gesture.cancel(),
        }
      );
    };
    this.pressed = follow(this.el, event, waits, begin, () => (this.pressed = false));
  }

  /** Go to a cell and press on it. Where there is nothing to press, a finger takes the cursor along. */
  private begin(cell: Cell, event: PointerEvent): Gesture | undefined {
    const before = this.cursor;
    const go = (to: Cell) => {
      this.setCursor(to);
      this.handlers.move?.(to);
    };
    go(cell);
    const gesture = this.handlers.press?.(cell, event);
    if (gesture || event.pointerType !== "touch") return gesture;
    return {
      move: (to) => to && (to.row !== this.cursor.row || to.col !== this.cursor.col) && go(to),
      end: () => {},
      cancel: () => {
        go(before);
        this.handlers.hover?.(undefined);
      },
    };
  }

  private key(event: KeyboardEvent): void {
    if (!this.content || event.target !== this.el) return;
    if (this.handlers.key?.(event, this.cursor)) return event.preventDefault();
    const { rows, cols } = this.content;
    const { row, col } = this.cursor;
    const by = STEP[event.key];
    let next: Cell | undefined;
    if (by && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey)
      next = { row: Math.max(0, Math.min(rows - 1, row + by[0])), col: Math.max(0, Math.min(cols - 1, col + by[1])) };
    else if (event.key === "Home") next = { row: event.ctrlKey ? 0 : row, col: 0 };
    else if (event.key === "End") next = { row: event.ctrlKey ? rows - 1 : row, col: cols - 1 };
    if (!next) return;
    event.preventDefault();
    this.setCursor(next);
    this.handlers.move?.(next);
  }

  /** Make the grid as large as the stage allows with square cells, and choose canvas or numbers. */
  private fit(anew = false): void {
    if (!this.content) return;
    const { rows, cols } = this.view;
    const room = this.stage.clientWidth || 240;
    const line = this.stage.closest(".lines") !== null;
    const cell = line ? Math.min(room / cols, LARGEST_LINE_CELL) : room / Math.max(rows, cols);
    this.cellSize = cell;
    this.el.style.width = `${cell * cols}px`;
    this.el.style.height = `${cell * rows}px`;
    const asNumbers = rows * cols <= 256 && cell >= SMALLEST_CELL;
    const changes = asNumbers !== Boolean(this.cells);
    if (asNumbers && this.cells?.dataset.shape !== `${rows}x${cols}`) this.buildCells(rows, cols);
    if (!asNumbers) {
      this.cells?.remove();
      this.cells = undefined;
    }
    this.canvas.hidden = asNumbers;
    this.el.setAttribute("role", asNumbers ? "grid" : "application");
    if (anew) this.font = undefined;
    this.cells?.style.setProperty("--cell", `${cell}px`);
    if (asNumbers) this.fillCells();
    else this.paint();
    if (changes) this.mark(this.own); // a canvas has its hatching from marks, a table in its cells
    this.describe();
  }

  private buildCells(rows: number, cols: number): void {
    const cells = h(
      "div",
      {
        class: "cells",
        role: "presentation",
        style: `grid-template:repeat(${rows},minmax(0,1fr))/repeat(${cols},minmax(0,1fr))`,
      },
      ...Array.from({ length: rows }, (_, i) =>
        h(
          "div",
          { role: "row" },
          ...Array.from({ length: cols }, (_, j) => h("div", { role: "gridcell", id: `${this.id}-${i}-${j}` })),
        ),
      ),
    );
    cells.dataset.shape = `${rows}x${cols}`;
    this.cells?.remove();
    this.canvas.after(cells);
    this.cells = cells;
    this.cellList = [...cells.querySelectorAll<HTMLElement>('[role="gridcell"]')];
    this.drawn = [];
  }

  /** The cell that is shown at `index`. */
  private placed(index: number): Cell {
    const { row, col } = cellAt(index, this.view.cols);
    return { row: row + this.view.row, col: col + this.view.col };
  }

  private fillCells(): void {
    const { content, cells } = this;
    if (!content || !cells) return;
    const { pixels } = content;
    const labels = this.cellList.map((_, i) => content.label(this.placed(i)));
    const notes = this.cellList.map((_, i) => content.note?.(this.placed(i)) ?? "");
    const { family, weight, least } = (this.font ??= fontOf(cells));
    const width = (texts: string[]) => Math.max(0, ...texts.map((text) => widthOf(text, weight, family)));
    const { size, notes: noted } = lettering(
      this.cellSize,
      width([content.widest || "0", ...labels]),
      width(notes),
      least,
    );
    cells.style.fontSize = `${size || 1}px`;
    this.cellList.forEach((cell, i) => {
      const { row, col } = this.placed(i);
      const at = (row * content.cols + col) * 4;
      const [r, g, b, alpha] = [pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]]; // a subarray costs more
      const texture = content.textures?.findLast(
        (area) => row >= area.row && col >= area.col && row < area.row + area.rows && col < area.col + area.cols,
      );
      const plain = !texture && alpha > 0;
      const text = alpha > 0 ? labels[i] : "";
      const note = notes[i];
      const drawn = (this.drawn[i] ??= { look: "", words: "" });
      const look = `${texture?.kind} ${plain && (r << 16) | (g << 8) | b} ${size > 0}`;
      if (drawn.look !== look) {
        drawn.look = look;
        if (cell.className !== (texture?.kind ?? "")) cell.className = texture?.kind ?? "";
        cell.style.backgroundColor = plain ? `rgb(${r},${g},${b})` : "";
        const ink = size === 0 ? "transparent" : plain ? inkOn(r, g, b) : "";
        if (cell.style.color !== ink) cell.style.color = ink;
      }
      const words = `${row} ${col} ${text} ${note} ${noted}`;
      if (drawn.words !== words) {
        drawn.words = words;
        write(cell, text);
        cell.setAttribute("aria-label", `row ${row}, column ${col}: ${text || "not known yet"}${note && `, ${note}`}`);
        if (note) cell.dataset.note = noted ? note : "…";
        else cell.removeAttribute("data-note");
      }
    });
  }

  private paint(): void {
    const { content, canvas } = this;
    if (!content || this.cells) return;
    if (canvas.width !== content.cols || canvas.height !== content.rows) {
      canvas.width = content.cols;
      canvas.height = content.rows;
    }
    canvas.getContext("2d")?.putImageData(new ImageData(content.pixels, content.cols), 0, 0);
  }

  private describe(): void {
    if (!this.content) return;
    const { row, col } = this.cursor;
    const inView =
      this.cells &&
      row >= this.view.row &&
      row < this.view.row + this.view.rows &&
      col >= this.view.col &&
      col < this.view.col + this.view.cols;
    const { rows, cols, pixels, label } = this.content;
    const value = pixels[(row * cols + col) * 4 + 3] ? label(this.cursor) : "not known yet";
    this.el.setAttribute(
      "aria-label",
      `${this.name}, ${rows} by ${cols}; arrow keys move, now row ${row}, column ${col}: ${value}`,
    );
    if (inView)
      this.el.setAttribute("aria-activedescendant", `${this.id}-${row - this.view.row}-${col - this.view.col}`);
    else this.el.removeAttribute("aria-activedescendant");
  }
}
