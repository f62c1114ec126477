/** All numbers of one cell: its raw scores, and what they mean. */
import { changes, h, write } from "../../ui/dom";
import type { Said } from "./math";
import { rawText, valueNames, valueText } from "./words";

export interface Numbers {
  el: HTMLElement;
  show(said: Said, names: readonly string[]): void;
}

const HOW = ["sigmoid", "sigmoid", "sigmoid", "exponential", "exponential"];

export const numbers = (): Numbers => {
  const [geometry, classes] = [h("dl"), h("dl")];
  const el = h(
    "div",
    { class: "numbers", tabindex: 0, role: "group", "aria-label": "What is said of the cell" },
    geometry,
    classes,
  );
  let items: HTMLElement[] = [];
  const isOther = changes();
  const build = (names: readonly string[]) => {
    items = valueNames(names).map((name, i) =>
      h(
        "div",
        { title: `${name}, the ${HOW[i] ?? "softmax"} of the number below` },
        h("dt", {}, name),
        h("dd"),
        h("dd"),
      ),
    );
    geometry.replaceChildren(...items.slice(0, 5));
    classes.replaceChildren(...items.slice(5));
  };
  return {
    el,
    show: ({ raw, values, label }, names) => {
      if (isOther(names.join("\n"))) build(names);
      items.forEach((item, i) => {
        write(item.children[1], valueText(values[i]));
        write(item.children[2], rawText(raw[i]));
        const kind = i === 5 + label ? "first" : "";
        if (item.className !== kind) item.className = kind;
      });
    },
  };
};
