/** Every map of the network in a row, the input first, one of them chosen. */
import type { GraphNode } from "../../math/field";
import { h } from "../../ui/dom";
import { mapCanvas, type MapCanvas } from "./maps";
import { sizeText } from "./words";

const WAYS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
const [LEAST, MOST] = [14, 64]; // px: the sides of a map

/** What a pointer or a key does here. */
export interface Wishes {
  /** A unit is looked at; none any more. */
  hover(node: number, position: number[] | undefined): void;
  /** A layer is chosen, at a unit where one was pointed to. */
  choose(node: number, position?: number[]): void;
}

export interface Strip {
  el: HTMLElement;
  maps(): MapCanvas[];
  /** Show these maps; `rest` are layers that have none. */
  show(nodes: readonly GraphNode[], rest: readonly string[], chosen: number): void;
  focus(): void;
}

/** Large maps are drawn larger; the root keeps small ones large enough to be pointed at. */
const sideOf = (n: number, largest: number): number => Math.max(LEAST, Math.round(MOST * Math.cbrt(n / largest)));

export const strip = ({ hover, choose }: Wishes): Strip => {
  const list = h("div", { class: "maps", role: "radiogroup", "aria-label": "Layers" });
  const el = h("div", { class: "strip" }, list);
  let buttons: HTMLButtonElement[] = [];
  let maps: MapCanvas[] = [];
  let built = "";
  let visible = 0;

  const reveal = () => {
    const button = buttons[visible];
    if (button) el.scrollLeft = button.offsetLeft - (el.clientWidth - button.offsetWidth) / 2;
  };
  new ResizeObserver(reveal).observe(el); // a view is drawn before it is in the page

  const tile = (node: GraphNode, at: number, largest: number): HTMLButtonElement => {
    const map = mapCanvas();
    maps.push(map);
    const [rows, columns] = node.size.length > 1 ? node.size : [1, node.size[0]];
    map.el.style.width = `${sideOf(columns, largest)}px`;
    map.el.style.height = `${node.size.length > 1 ? sideOf(rows, largest) : LEAST}px`;
    map.el.addEventListener("pointermove", (event) => hover(at, map.placeAt(event)));
    map.el.addEventListener("pointerleave", () => hover(at, undefined));
    map.el.addEventListener("click", (event) => {
      event.stopPropagation();
      choose(at, map.placeAt(event));
    });
    const name = at ? `${at}` : "input";
    const label = `${at ? `Layer ${at}, ${node.label}` : "Input"}: ${sizeText(node.size)}`;
    return h(
      "button",
      { type: "button", role: "radio", "aria-label": label, title: label, onclick: () => choose(at) },
      h("span", { class: "room" }, map.el),
      h("span", { class: "dims" }, name),
    );
  };
  const missing = (label: string, at: number): HTMLButtonElement =>
    h(
      "button",
      { type: "button", role: "radio", class: "bad", "aria-label": `Layer ${at}, ${label}`, onclick: () => choose(at) },
      h("span", { class: "room" }, "?"),
      h("span", { class: "dims" }, `${at}`),
    );

  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const way = WAYS[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1 : way ? at + way : -1;
    if (at < 0 || event.altKey || !buttons[to]) return;
    event.preventDefault();
    choose(to);
    buttons[to].focus();
  });

  return {
    el,
    maps: () => maps,
    focus: () => buttons[visible]?.focus(),
    show: (nodes, rest, chosen) => {
      const now = JSON.stringify([nodes.map(({ label, size }) => [label, size]), rest]);
      if (now !== built) {
        built = now;
        maps = [];
        const largest = Math.max(...nodes.flatMap(({ size }) => size));
        buttons = [
          ...nodes.map((node, at) => tile(node, at, largest)),
          ...rest.map((label, i) => missing(label, nodes.length + i)),
        ];
        const focused = list.contains(document.activeElement);
        list.replaceChildren(...buttons);
        if (focused) buttons[chosen]?.focus();
      }
      buttons.forEach((button, at) => {
        button.setAttribute("aria-checked", String(at === chosen));
        button.tabIndex = at === chosen ? 0 : -1;
      });
      if (visible !== chosen) {
        visible = chosen;
        reveal();
      }
    },
  };
};
