/** A network's operations and groups, line by line: a tree that pointer and keys walk through. */
import { h, svg, write } from "../../ui/dom";
import type { Joins, Line, Network } from "./math";
import { layerText } from "./words";

const [HEIGHT, MIDDLE] = [36, 12]; // px of a line, and where its dot is
const [WIDEST, ROOM] = [9, 54]; // px from lane to lane, and for all of them

export interface Wishes {
  hover(line: number | undefined): void;
  pick(line: number): void;
  /** Open a group, or fold it. */
  toggle(line: number): void;
}

/** What a line shows of its size. */
export interface Size {
  text: string;
  /** Shares of the largest. */
  length: number;
  thickness: number;
}

export interface Lines {
  el: HTMLElement;
  build(network: Network, lines: readonly Line[], joins: { joins: Joins[]; lanes: number }): void;
  size(sizes: readonly Size[]): void;
  /** Mark the line that is selected, −1 for none, and the one under the pointer. */
  mark(selected: number, hovered: number): void;
  /** Scroll to the line that is selected. */
  reveal(): void;
}

/** The joins beside a line as a path. */
const pathOf = ({ past, from, lane, out }: Joins, pitch: number): string => {
  const x = (at: number) => (at + 0.5) * pitch;
  return [
    ...past.map((at) => `M${x(at)} 0V${HEIGHT}`),
    ...from.map((at) => `M${x(at)} 0C${x(at)} ${MIDDLE} ${x(lane)} 0 ${x(lane)} ${MIDDLE}`),
    ...(out ? [`M${x(lane)} ${MIDDLE}V${HEIGHT}`] : []),
  ].join("");
};

export const lineList = (scroller: () => HTMLElement, { hover, pick, toggle }: Wishes): Lines => {
  const el = h("div", { class: "lines-of", role: "tree" });
  let shown: readonly Line[] = [];
  let items: HTMLElement[] = [];
  let blocks: HTMLElement[] = [];
  let values: HTMLElement[] = [];
  let [active, marked, pointed] = [0, -1, -1];

  const indexOf = (target: EventTarget | null): number =>
    Number((target as Element | null)?.closest<HTMLElement>("[data-line]")?.dataset.line ?? -1);
  const reveal = (item: HTMLElement) => {
    const box = scroller();
    const [top, bottom] = [item.offsetTop, item.offsetTop + item.offsetHeight];
    if (top < box.scrollTop) box.scrollTop = top;
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  };

  // Lines that keys scroll under a pointer at rest are not pointed at.
  let seen = "";
  el.addEventListener("pointermove", (event) => {
    const place = `${event.clientX} ${event.clientY}`;
    if (event.pointerType === "touch" || place === seen) return;
    seen = place;
    hover(indexOf(event.target));
  });
  el.addEventListener("pointerleave", () => hover(undefined));
  el.addEventListener("click", (event) => {
    const at = indexOf(event.target);
    if (at < 0) return;
    pick(at);
    if (shown[at].parts) toggle(at);
    items[at]?.focus({ preventScroll: true });
  });
  const keyed = (key: string, at: number): (() => void) | undefined => {
    const { parts, open, level } = shown[at];
    const to = (line: number) => (shown[line] ? () => pick(line) : () => {});
    const parent = shown.slice(0, at).findLastIndex((line) => line.level < level);
    return {
      ArrowDown: to(at + 1),
      ArrowUp: to(at - 1),
      Home: to(0),
      End: to(shown.length - 1),
      ArrowRight: parts && !open ? () => toggle(at) : open ? to(at + 1) : () => {},
      ArrowLeft: open ? () => toggle(at) : to(parent),
      Enter: parts ? () => toggle(at) : to(at),
      " ": parts ? () => toggle(at) : to(at),
    }[key];
  };
  el.addEventListener("keydown", (event) => {
    const at = indexOf(event.target);
    const { altKey, ctrlKey, metaKey, shiftKey } = event;
    const act = at < 0 || altKey || ctrlKey || metaKey || shiftKey ? undefined : keyed(event.key, at);
    if (!act) return;
    event.preventDefault();
    act();
  });

  const lineOf = (network: Network, line: Line, at: number, joins: Joins, pitch: number, width: number) => {
    const kind = line.last - line.first > 1 ? "group" : network.layers[network.layer[line.first]].kind;
    const block = h("i", { class: `block ${kind}` });
    const value = h("span", { class: "value" });
    blocks.push(block);
    values.push(value);
    const dot = joins.lane < 0 ? [] : [svg("circle", { cx: (joins.lane + 0.5) * pitch, cy: MIDDLE, r: 2.5 })];
    return h(
      "div",
      {
        class: `line${line.open ? " open" : ""}`,
        role: "treeitem",
        "aria-level": line.level + 1,
        "aria-expanded": line.parts ? String(line.open) : undefined,
        "aria-selected": "false",
        tabindex: -1,
        "data-line": at,
      },
      svg("svg", { width, height: HEIGHT, "aria-hidden": "true" }, svg("path", { d: pathOf(joins, pitch) }), ...dot),
      h(
        "div",
        { class: "said" },
        h(
          "span",
          { class: "text", style: `padding-left:${8 * line.level}px` },
          line.parts && h("span", { class: "twist", "aria-hidden": "true" }),
          line.short !== "" && h("b", {}, line.short), // what a group does itself has no name
          " ",
          h("span", { class: "muted" }, layerText(network, line)),
        ),
        " ",
        value,
        h("span", { class: "room" }, block),
      ),
    );
  };

  return {
    el,
    build: (network, lines, { joins, lanes }) => {
      const focused = el.contains(document.activeElement);
      const pitch = Math.min(WIDEST, ROOM / lanes);
      shown = lines;
      [blocks, values, marked, pointed] = [[], [], -1, -1];
      items = lines.map((line, at) => lineOf(network, line, at, joins[at], pitch, Math.ceil(pitch * lanes) + 2));
      el.setAttribute("aria-label", `${network.title}, layer by layer`);
      el.replaceChildren(...items);
      active = Math.min(active, items.length - 1);
      if (items[active]) items[active].tabIndex = 0;
      if (focused) items[active]?.focus({ preventScroll: true });
    },
    size: (sizes) =>
      sizes.forEach(({ text, length, thickness }, at) => {
        write(values[at], text);
        blocks[at].classList.toggle("none", thickness === 0);
        blocks[at].style.width = `${(100 * length).toFixed(2)}%`;
        blocks[at].style.height = `${(100 * thickness).toFixed(1)}%`;
      }),
    mark: (selected, hovered) => {
      if (hovered !== pointed) {
        items[pointed]?.classList.remove("pointed");
        items[hovered]?.classList.add("pointed");
        pointed = hovered;
      }
      if (selected === marked) return;
      items[marked]?.setAttribute("aria-selected", "false");
      marked = selected;
      const item = items[selected];
      if (!item) return;
      item.setAttribute("aria-selected", "true");
      const focused = el.contains(document.activeElement);
      if (items[active]) items[active].tabIndex = -1;
      item.tabIndex = 0;
      active = selected;
      if (focused) item.focus({ preventScroll: true });
      reveal(item);
    },
    reveal: () => {
      if (items[marked]) reveal(items[marked]);
    },
  };
};
