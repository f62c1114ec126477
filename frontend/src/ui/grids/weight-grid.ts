/** A grid of numbers to edit (a kernel's weights, a small input): drag a cell, type into it, or paint over many. */
import { largest } from "../../math/array";
import { h } from "../dom";
import { short } from "../words/format";
import { readNumber } from "../words/number";
import { between, Grid, type Cell, type Gesture } from "./grid";

export interface Weights {
  /** All the weights that are seen, to choose the size of a step by. */
  all(): Float64Array;
  get(cell: Cell): number;
  /** Set one weight; changes of one `group` are undone at once. */
  set(cell: Cell, value: number, group?: unknown): void;
  endGroup(): void;
  /** Make undone what a group has done. */
  takeBack(group: unknown): void;
  say(text: string, alarm?: boolean): void;
  look(cell: Cell | undefined, aloud?: boolean): void;
}

export interface WeightGrid {
  grid: Grid;
  /** What pressing paints, or undefined to drag values instead. */
  paintWith(value: number | undefined): void;
}

let gestures = 0;

/** `noun` is what messages call what a cell holds. */
export const weightGrid = (name: string, weights: Weights, noun = "weight"): WeightGrid => {
  let paint: number | undefined;

  const press = (cell: Cell, start: PointerEvent): Gesture => {
    const gesture = `weights ${++gestures}`;
    if (paint !== undefined) weights.set(cell, paint, gesture);
    let last = cell;
    const from = weights.get(cell);
    const whole = weights.all().every(Number.isInteger);
    const [unit, pixels] = whole ? [1, 8] : [niceStep(largest(weights.all()) / 20), 4];
    return {
      move: (at, event) => {
        if (paint !== undefined) {
          for (const each of at ? between(last, at) : []) weights.set((last = each), paint, gesture);
          return;
        }
        const up = start.pointerType === "touch" ? 0 : start.clientY - event.clientY; // a finger's up and down scrolls
        weights.set(cell, from + Math.round((up + event.clientX - start.clientX) / pixels) * unit, gesture);
      },
      end: () => weights.endGroup(),
      cancel: () => weights.takeBack(gesture),
    };
  };

  const key = (event: KeyboardEvent, cell: Cell): boolean => {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const by =
      { "+": 1, "=": 1 }[event.key] ??
      (event.shiftKey ? { ArrowUp: 1, ArrowDown: -1, ArrowRight: 0.1, ArrowLeft: -0.1 }[event.key] : undefined);
    if (/^[-−–0-9.,]$/.test(event.key)) edit(cell, event.key);
    else if (by !== undefined) weights.set(cell, weights.get(cell) + by, `keys ${cell.row},${cell.col}`);
    else if (event.key === "Enter" || event.key === "F2") edit(cell);
    else if (event.key === "Delete" || event.key === "Backspace") weights.set(cell, 0);
    else if (event.key === " " && paint !== undefined) weights.set(cell, paint);
    else return false;
    return true;
  };

  /** Type a weight in place; Enter keeps it, Escape doesn't. What is no number is said beside the cell. */
  const edit = (cell: Cell, typed?: string) => {
    const { x, y } = grid.centre(cell);
    const place = `left:${x}px;top:${y}px`;
    const note = h("span", { class: "cellnote", style: place, hidden: true });
    let done = false;
    const close = () => {
      done = true;
      for (const element of [field, note]) element.remove();
    };
    /** Take what was typed; returns what is wrong with it. */
    const take = (): string => {
      const read = readNumber(field.value);
      if ("problem" in read) return read.problem;
      close();
      weights.say("");
      weights.set(cell, read.value);
      return "";
    };
    const field = h("input", {
      class: "celledit",
      inputmode: "decimal",
      "aria-label": `${noun} in row ${cell.row}, column ${cell.col}`,
      style: place,
      oninput: () => (note.hidden = true),
      onblur: () => {
        if (done) return;
        const problem = take();
        if (problem) weights.say(`${problem}; the ${noun} stays ${short(weights.get(cell))}.`, true);
        close();
      },
      onkeydown: (event: KeyboardEvent) => {
        event.stopPropagation();
        if (event.key === "Escape") {
          close();
          weights.say("");
        } else if (event.key === "Enter") {
          note.textContent = take();
          note.hidden = !note.textContent;
          field.setAttribute("aria-invalid", String(!note.hidden));
          if (note.textContent) return weights.say(`${note.textContent}.`, true);
        } else return;
        grid.el.focus();
      },
    });
    field.value = typed ?? String(weights.get(cell));
    grid.el.append(field, note);
    field.focus();
    if (typed === undefined) field.select();
  };

  const grid = new Grid(
    `${name}, type a number or drag to change a ${noun}`,
    {
      hover: (cell) => weights.look(cell),
      move: (cell) => weights.look(cell, true),
      press,
      key,
    },
    "editable",
  );
  grid.el.addEventListener("dblclick", () => edit(grid.cursor));
  return {
    grid,
    paintWith: (value) => {
      paint = value;
      grid.el.classList.toggle("pen", value !== undefined);
    },
  };
};

/** 1, 2 or 5 times a power of ten, about as large as `value`. */
const niceStep = (value: number): number => {
  if (!(value > 0)) return 0.1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [5, 2, 1].find((step) => step * power <= value)! * power;
};
