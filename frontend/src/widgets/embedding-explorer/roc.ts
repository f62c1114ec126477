/** The ROC curve: what each threshold accepts rightly over what it accepts wrongly. */
import { h, svg } from "../../ui/dom";
import type { Reading } from "./math";
import { percent } from "./words";

export interface Roc {
  el: HTMLElement;
  draw(reading: Reading): void;
}

export const roc = (): Roc => {
  const curve = svg("path", { class: "curve" });
  const here = svg("circle", { class: "here", r: 3.5 });
  const equal = svg("path", { class: "equal" });
  const drawing = svg(
    "svg",
    { viewBox: "-3 -3 106 106", role: "img" },
    svg("path", { class: "rule", d: "M0 0V100H100V0Z" }),
    svg("path", { class: "rule diagonal", d: "M0 0L100 100" }),
    ...[curve, equal, here],
  );
  return {
    el: h(
      "div",
      { class: "roc", role: "group", "aria-label": "ROC curve" },
      h("span", { class: "name" }, "ROC curve"),
      h("span", { class: "axis" }, "↑ true accepts"),
      drawing,
      h("span", { class: "axis" }, "→ false accepts"),
    ),
    draw: ({ curve: points, falseAccepts, falseRejects, equal: rate }) => {
      const corners = points.map(
        ({ accepts, rejects }) => `${(100 * accepts).toFixed(2)} ${(100 * rejects).toFixed(2)}`,
      );
      curve.setAttribute("d", `M${corners.join("L")}`);
      const [x, y] = [falseAccepts, falseRejects].map(([count, of]) => (100 * count) / of);
      here.setAttribute("cx", x.toFixed(2));
      here.setAttribute("cy", y.toFixed(2));
      const e = 100 * rate;
      equal.setAttribute("d", `M${e - 3} ${e - 3}l6 6m0 -6l-6 6`);
      drawing.setAttribute(
        "aria-label",
        `At the threshold ${percent(x / 100)} false and ${percent(1 - y / 100)} true accepts; ` +
          `the rates of errors are equal at ${percent(rate)}`,
      );
    },
  };
};
