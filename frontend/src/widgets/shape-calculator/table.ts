/** The shape calculator's table: a row for the input and for each layer, the chosen one open, and the sums. */
import { h } from "../../ui/dom";
import type { Chain } from "../shared/chain";
import { COLUMNS, type Line, linesOf, totalsOf } from "./lines";

const WAYS: Record<string, number> = { ArrowUp: -1, ArrowDown: 1 };

export interface Table {
  el: HTMLElement;
  show(): void;
  /** Focus the chosen row. */
  focus(): void;
}

/** A row of the page. */
interface RowElements {
  el: HTMLElement;
  button: HTMLButtonElement;
  cells: HTMLElement[];
  error: HTMLElement;
}

const cell = (column: string) => h("div", { role: "cell", "data-label": column });

const rowElements = (choose: () => void): RowElements => {
  const button = h("button", { type: "button", class: "layer" });
  const cells = COLUMNS.slice(1).map(cell);
  const error = h("div", { role: "cell", class: "why", "aria-colspan": COLUMNS.length - 1 });
  return {
    el: h("div", { role: "row", onclick: choose }, h("div", { role: "cell" }, button), ...cells, error),
    button,
    cells,
    error,
  };
};

const fill = ({ el, button, cells, error }: RowElements, line: Line, chosen: boolean): void => {
  button.replaceChildren(h("span", { class: "muted" }, line.number), line.layer);
  button.tabIndex = chosen ? 0 : -1;
  if (chosen) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
  el.classList.toggle("chosen", chosen);
  el.classList.toggle("bad", line.bad);
  error.hidden = line.error === undefined;
  error.textContent = line.error ?? "";
  cells.forEach((one, i) => {
    one.hidden = line.error !== undefined;
    one.textContent = line.cells[i];
  });
  line.shares.forEach((share, i) => cells[i + 3].style.setProperty("--share", share));
};

/** `editor` stands below the chosen row; `update` draws now. */
export const table = (chain: Chain, editor: HTMLElement, update: () => void): Table => {
  const rows: RowElements[] = [];
  const title = h("div", { role: "cell" }, "Total");
  const sums = COLUMNS.slice(4).map(cell);
  const totals = h(
    "div",
    { role: "row", class: "totals" },
    title,
    h("div", { role: "cell", class: "spare", "aria-colspan": 3 }),
    ...sums,
  );
  const el = h(
    "div",
    { role: "table", class: "chain", "aria-label": "Layers" },
    h("div", { role: "row", class: "heads" }, ...COLUMNS.map((column) => h("div", { role: "columnheader" }, column))),
    totals,
  );
  const focus = () => rows[chain.selected()].button.focus();

  /** What a key does on a layer's name; false if nothing. */
  const act = ({ key, altKey }: KeyboardEvent): boolean => {
    const [by, last] = [WAYS[key], chain.layers().length];
    if (by && altKey) chain.move(by);
    else if (by) chain.choose(Math.max(0, Math.min(last, chain.selected() + by)));
    else if (key === "Home") chain.choose(0);
    else if (key === "End") chain.choose(last);
    else if (key === "Delete" || key === "Backspace") chain.remove();
    else return false;
    return true;
  };
  el.addEventListener("keydown", (event) => {
    if (!(event.target as HTMLElement).classList.contains("layer") || !act(event)) return;
    event.preventDefault();
    update();
    focus();
    chain.announce();
  });

  return {
    el,
    focus,
    show: () => {
      const lines = linesOf(chain.shape(), chain.rows());
      while (rows.length < lines.length) {
        const at = rows.length;
        rows.push(rowElements(() => chain.choose(at)));
        totals.before(rows[at].el);
      }
      for (const gone of rows.splice(lines.length)) gone.el.remove();
      lines.forEach((line, at) => fill(rows[at], line, at === chain.selected()));
      const open = rows[chain.selected()].el;
      if (open.nextSibling !== editor) steadily(open, () => open.after(editor));
      [title, ...sums].forEach((one, i) => (one.textContent = totalsOf(chain.rows())[i]));
    },
  };
};

/** Change the page above or below an element without moving it under the reader's finger. */
const steadily = (el: HTMLElement, change: () => void): void => {
  const before = el.getBoundingClientRect().top;
  change();
  const moved = el.getBoundingClientRect().top - before;
  if (!moved) return;
  let scroller: Element | null = el.parentElement;
  while (
    scroller &&
    !(scroller.scrollHeight > scroller.clientHeight && /auto|scroll/.test(getComputedStyle(scroller).overflowY))
  )
    scroller = scroller.parentElement;
  (scroller ?? document.scrollingElement)?.scrollBy({ top: moved, behavior: "instant" });
};
