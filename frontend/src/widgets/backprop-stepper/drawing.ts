/** The backpropagation stepper's two rows of grids, forward and backward, and the two ways to dX: a step touches only
 * what it changes. */
import { h, write } from "../../ui/dom";
import type { Grid, Mark } from "../../ui/grids/grid";
import { gridBank, type GridBank } from "../../ui/grids/grid-bank";
import type { MakeGrid } from "./grids";
import { marksOf } from "./marks";
import { type Moment, pools, type Scene, stepAt } from "./math";
import { cellOf, type Focus, gridOf, type Place, PLACES, planesOf, type Subject, subjectOf } from "./places";
import { headingOf, type Look, planeAt } from "./planes";

export interface Drawing {
  rows: HTMLElement;
  bench: HTMLElement;
  /** Show a scene at a moment, while `subject` is told of. */
  show(scene: Scene, look: Look, now: Moment, subject: Subject, focus: Focus | undefined): void;
  /** Show that there is none. */
  clear(): void;
  destroy(): void;
}

const LARGEST_CELL = 44; // px
const TALLEST = 264; // px, of the channels of an input together
const SIGN = 44; // px

/** The columns of the two rows: what stands above and below one another, and the sign before it. */
const COLUMNS: { above: Place[]; below: Place[]; sign: [forward: string, backward: string] }[] = [
  { above: ["x"], below: ["dx"], sign: ["", ""] },
  { above: ["w", "b"], below: ["dw", "db"], sign: ["∗", ""] },
  { above: ["z"], below: ["dz"], sign: ["+ b →", "←"] },
  { above: ["a"], below: ["da"], sign: ["ReLU →", "← gate"] },
  { above: ["p"], below: ["dp"], sign: ["max →", "← first"] },
];
/** The two ways to dX, from left to right, and the sign before each grid. */
const WAYS: [Place, string][] = [
  ["stamp", ""],
  ["scattered", "→"],
  ["gathered", "="],
  ["frame", "←"],
  ["rotated", "∗"],
];

const TONES: Partial<Record<Place, string>> = { x: "input", w: "kernel", b: "kernel", rotated: "kernel" };
const toneOf = (place: Place): string => TONES[place] ?? (["z", "a", "p"].includes(place) ? "output" : "gradient");

export const drawing = (makers: Record<Place, MakeGrid>): Drawing => {
  const perPlace = <T>(make: (place: Place) => T) =>
    Object.fromEntries(PLACES.map((place) => [place, make(place)])) as Record<Place, T>;
  const banks: Record<Place, GridBank> = perPlace((place) => gridBank((channel) => makers[place](channel)));
  const headers = perPlace((place) => ({
    title: h("span", { class: `name t-${toneOf(place)}` }),
    dims: h("span", { class: "dims" }),
  }));
  const panels = perPlace((place) =>
    h(
      "div",
      { class: `panel ${toneOf(place)} of-${place}`, role: "group", "aria-label": place },
      h("header", {}, headers[place].title, headers[place].dims),
      banks[place].el,
    ),
  );
  const sign = (text: string, column: number, row: number) =>
    h("div", { class: "sign", "aria-hidden": "true", style: `--col:${column};--row:${row}` }, text);
  const stack = (places: Place[], column: number, row: number) =>
    h("div", { class: "stack", style: `--col:${column};--row:${row}` }, ...places.map((place) => panels[place]));
  const forward = COLUMNS.map(({ above, sign: [text] }, i) => [sign(text, 2 * i, 1), stack(above, 2 * i + 1, 1)]);
  const backward = COLUMNS.map(({ below, sign: [, text] }, i) => [sign(text, 2 * i, 2), stack(below, 2 * i + 1, 2)]);
  // In the order in which they are computed: there and back.
  const rows = h("div", { class: "flow" }, ...forward.flat(), ...backward.toReversed().flat());
  const ways = WAYS.map(([place, text], i) => [sign(text, 2 * i, 1), stack([place], 2 * i + 1, 1)]);
  const bench = h("div", { class: "flow bench", role: "group", "aria-label": "Two ways to dX" }, ...ways.flat());
  let shown: Scene | undefined;
  const drawn = new Map<Grid, string>(); // the step of the scene that each grid shows

  /** Columns as wide as they have cells, so that all cells are as large; no more than a screen high. */
  const size = (el: HTMLElement, columns: (number | undefined)[], largest: number) => {
    const there = columns.map((n) => n ?? 0);
    const cells = there.reduce((sum, n) => sum + n, 0);
    const signs = there.filter(Boolean).length - 1;
    el.style.gridTemplateColumns = there
      .flatMap((n, i) => (n ? [i ? `${SIGN}px` : "0", `minmax(0, ${n}fr)`] : ["0", "0"]))
      .join(" ");
    el.style.maxWidth = `${cells * largest + signs * SIGN}px`;
  };
  const arrange = (scene: Scene) => {
    const { inputs, setting } = scene;
    const side = (place: Place) => Math.max(...gridOf(scene, place));
    const largest = (first: Place) =>
      Math.min(LARGEST_CELL, Math.max(20, Math.floor(TALLEST / (inputs * gridOf(scene, first)[0]))));
    for (const place of PLACES) {
      banks[place].resize(planesOf(scene, place), 1);
      panels[place].style.setProperty("--cols", String(gridOf(scene, place)[1]));
    }
    const shownColumns = COLUMNS.map(({ above: [place] }) =>
      place === "a" && !pools(scene) ? undefined : side(place),
    );
    size(rows, shownColumns, largest("x"));
    size(
      bench,
      WAYS.map(([place]) => side(place)),
      Math.min(largest("x"), 32),
    );
    for (const [i, pair] of [...forward, ...backward].entries())
      for (const element of pair) element.hidden = i % COLUMNS.length === 3 && !pools(scene);
    const names = pools(scene) ? { max: ["max →", "← first"], mean: ["mean →", "← share"] } : undefined;
    const [there, back] = names?.[setting.pool as "max"] ?? ["ReLU →", "← gate"];
    write(forward[4][0], there);
    write(backward[4][0], back);
    for (const [i, part] of [forward, backward].entries())
      for (const element of part.flat()) element.classList.toggle("backward", i === 1);
    bench.dataset.route = setting.route;
  };

  return {
    rows,
    bench,
    show: (scene, look, now, subject, focus) => {
      if (scene !== shown) {
        drawn.clear();
        arrange(scene);
        shown = scene;
      }
      const step = stepAt(scene, now);
      const marks = new Map<Grid, Mark[]>();
      for (const { place, channel, mark } of marksOf(scene, now, subject, focus)) {
        const grid = banks[place].at(channel, 0);
        marks.set(grid, [...(marks.get(grid) ?? []), mark]);
      }
      for (const place of PLACES) {
        if (!pools(scene) && (place === "a" || place === "da")) continue;
        const [title, dims] = headingOf(scene, now, subject, place);
        write(headers[place].title, title);
        write(headers[place].dims, dims);
        banks[place].each((grid, channel) => {
          const what = `${step} ${place === "stamp" ? dims : ""}`;
          if (drawn.get(grid) !== what) {
            const { caption, name, content } = planeAt(scene, look, now, subject, place, channel);
            banks[place].caption(channel, 0, caption);
            grid.name = name;
            grid.update(content);
            drawn.set(grid, what);
          }
          grid.mark(marks.get(grid) ?? []);
        });
      }
      // The keyboard goes on from the step.
      const { on, channel, at } = subjectOf(scene, now);
      const place = on === "stamp" ? "dz" : on;
      if (!focus && place !== "relu" && place !== "gate" && at !== undefined)
        banks[place].at(channel, 0).setCursor(cellOf(scene, place, at));
    },
    clear: () => {
      shown = undefined;
      for (const place of PLACES) {
        banks[place].resize(0, 0);
        write(headers[place].dims, "none");
      }
    },
    destroy: () => PLACES.forEach((place) => banks[place].destroy()),
  };
};
