/** Curves over the epochs, with a cursor that the hand and the keyboard move. */
import { h, svg, write } from "../../ui/dom";
import { short } from "../../ui/words/format";
import { type Axis, type Curve, pathOf, PLANE } from "./math";

export interface Line {
  /** How it looks: "training", "validation", or "other" for a run that is not looked at. */
  kind: string;
  curve: Curve;
}

/** A point on the cursor. */
export interface Spot {
  kind: string;
  x: number;
  y: number | null;
}

export interface Chart {
  el: HTMLElement;
  /** `area` is what lies between two curves. */
  draw(lines: Line[], across: Axis, up: Axis, area?: string): void;
  point(x: number, spots: Spot[], spoken: string, at: number, most: number): void;
}

/** What a chart asks of the view. */
export interface Ways {
  /** Point at a number of epochs, or at nothing. */
  hover(epochs: number | undefined): void;
  pick(epochs: number): void;
  key(key: string): boolean;
}

const percent = (place: number): string => `${(100 * place).toFixed(2)}%`;

/** The number of epochs at a pointer. */
const epochsAt = (plot: HTMLElement, { clientX }: MouseEvent, end: number): number => {
  const { left, width } = plot.getBoundingClientRect();
  return Math.max(0, Math.min(1, (clientX - left) / width)) * end;
};

const legend = (kind: string, text = kind) => h("span", { class: `key ${kind}` }, h("i"), text);

export const chart = (title: string, tick: (value: number) => string, { hover, pick, key }: Ways): Chart => {
  const drawing = svg("svg", { viewBox: `0 0 ${PLANE} ${PLANE}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const [down, across] = [h("div", { class: "ticks up" }), h("div", { class: "ticks across" })];
  const others = legend("other", "others");
  const cursor = h("i", { class: "cursor" });
  const dots = h("div", { class: "dots" });
  let end = 1;
  let [horizontal, vertical]: (Axis | undefined)[] = [];
  const plot = h(
    "div",
    {
      class: "plot",
      tabindex: 0,
      role: "slider",
      "aria-label": `${title}: the step that is looked at`,
      "aria-valuemin": 1,
      onpointermove: (event: PointerEvent) => event.pointerType !== "touch" && hover(epochsAt(plot, event, end)),
      onpointerleave: () => hover(undefined),
      onclick: (event: MouseEvent) => pick(epochsAt(plot, event, end)),
      onkeydown: (event: KeyboardEvent) => key(event.key) && event.preventDefault(),
    },
    drawing,
    dots,
    cursor,
  );
  const show = (box: HTMLElement, side: "left" | "bottom", axis: Axis, text: (value: number) => string) =>
    box.replaceChildren(
      ...axis.ticks.map((value) => {
        const label = h("span", {}, text(value));
        label.style[side] = percent(axis.place(value));
        return label;
      }),
    );
  return {
    el: h(
      "div",
      { class: "chart", role: "group", "aria-label": title },
      h("header", {}, h("span", { class: "name" }, title), legend("training"), legend("validation"), others),
      h("div", { class: "axes" }, down, plot, across, h("span", { class: "ticks unit" }, "epoch")),
    ),
    draw: (lines, x, y, area = "") => {
      [horizontal, vertical] = [x, y];
      others.hidden = !lines.some(({ kind }) => kind === "other");
      end = 1 / x.place(1);
      show(down, "bottom", y, tick);
      show(across, "left", x, (value) => short(value));
      drawing.replaceChildren(
        ...y.ticks.map((value) =>
          svg("path", { class: "rule", d: `M0 ${(PLANE * (1 - y.place(value))).toFixed(1)}H${PLANE}` }),
        ),
        svg("path", { class: "gap", d: area }),
        ...lines.map(({ kind, curve }) => svg("path", { class: kind, d: pathOf(curve, x, y) })),
      );
    },
    point: (x, spots, spoken, at, most) => {
      cursor.style.left = percent(horizontal!.place(x));
      const seen = spots.filter(({ y }) => y !== null && Number.isFinite(vertical!.place(y)));
      dots.replaceChildren(
        ...seen.map(({ kind, x: left, y }) => {
          const dot = h("i", { class: kind });
          dot.style.left = percent(horizontal!.place(left));
          dot.style.bottom = percent(Math.max(0, Math.min(1, vertical!.place(y!))));
          return dot;
        }),
      );
      plot.setAttribute("aria-valuemax", String(most));
      plot.setAttribute("aria-valuenow", String(at));
      plot.setAttribute("aria-valuetext", spoken);
    },
  };
};

/** Names and values, whose places do not move. (Page themes give lists of terms margins of their own.) */
export const readout = () => {
  const cells: HTMLElement[] = [];
  const el = h("div", { class: "readout" });
  return {
    el,
    show: (numbers: [string, string][]) => {
      while (cells.length < numbers.length) {
        const cell = h("b");
        el.append(h("div", {}, h("span", {}, numbers[cells.length][0]), cell));
        cells.push(cell);
      }
      numbers.forEach(([, text], i) => write(cells[i], text));
    },
  };
};
