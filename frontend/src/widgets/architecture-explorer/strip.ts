/** The whole network as one bar. It repeats what the lines below say, for eyes and pointers alone. */
import { h } from "../../ui/dom";
import type { Network, Segment } from "./math";

export interface Strip {
  el: HTMLElement;
  draw(network: Network, segments: Segment[]): void;
  /** Frame these rows. */
  mark(first: number, last: number): void;
}

const LEAST = 0.012; // of the bar: narrower parts have no line between them

const percent = (share: number): string => `${(100 * share).toFixed(3)}%`;

export const strip = (hover: (row: number | undefined) => void, pick: (row: number) => void): Strip => {
  const here = h("i", { class: "here" });
  const bar = h("div", { class: "whole", "aria-hidden": "true" });
  let segments: Segment[] = [];
  const rowAt = ({ clientX }: MouseEvent): number | undefined => {
    const { left, width } = bar.getBoundingClientRect();
    const x = width ? (clientX - left) / width : 0;
    return segments.findLast((segment) => segment.left <= x && x < segment.left + segment.width)?.row;
  };
  bar.addEventListener("pointermove", (event) => event.pointerType !== "touch" && hover(rowAt(event)));
  bar.addEventListener("pointerleave", () => hover(undefined));
  bar.addEventListener("click", (event) => {
    const row = rowAt(event);
    if (row !== undefined) pick(row);
  });
  return {
    el: bar,
    draw: ({ layers, layer }, now) => {
      segments = now;
      bar.replaceChildren(
        ...segments.map(({ row, left, width, height }) => {
          const one = h("i", { class: `block ${layers[layer[row]].kind}${width < LEAST ? " thin" : ""}` });
          one.style.cssText = `left:${percent(left)};width:${percent(width)};height:${percent(height)}`;
          return one;
        }),
        here,
      );
    },
    mark: (first, last) => {
      const framed = segments.filter(({ row }) => first <= row && row < last);
      here.hidden = !framed.length;
      if (!framed.length) return;
      const end = framed.at(-1)!;
      here.style.left = percent(framed[0].left);
      here.style.width = percent(end.left + end.width - framed[0].left);
    },
  };
};
