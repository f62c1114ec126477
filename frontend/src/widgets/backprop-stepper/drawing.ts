/** The backpropagation stepper's two rows of grids, forward and backward, and the two ways to dX: a step touches only
 * what it changes. */
import { h, write } from "../../ui/dom";
import type { Grid } from "../../ui/grids/grid";
import { toneOf } from "./arithmetic";
import { marksOf } from "./marks";
import { type Moment, pools, type Scene, stepAt } from "./math";
import {
  BACKWARD,
  BENCH,
  cellOf,
  type Focus,
  FORWARD,
  gridOf,
  NAMES,
  type Place,
  PLACES,
  type Subject,
  subjectOf,
} from "./places";
import { headingOf, planeAt, type Tops } from "./planes";

export interface Drawing {
  rows: HTMLElement;
  bench: HTMLElement;
  /** Show a scene at a moment, while `subject` is told of. */
  show(scene: Scene, tops: Tops, now: Moment, subject: Subject, focus: Focus | undefined): void;
  /** Show that there is none. */
  clear(): void;
  destroy(): void;
}

const LARGEST_CELL = 44; // px
const LARGEST_BELOW = 30; // px, in the two ways to dX
const ROOMY = 24; // cells beside one another that leave room for words between them
const REST = 60; // ms
const SIGN = { words: 40, arrows: 22 }; // px

/** What stands above and below one another, and the signs before them. */
const COLUMNS: [above: Place[], below: Place[], forward: string, backward: string][] = [
  [["x"], ["dx"], "", ""],
  [["w", "b"], ["dw", "db"], "∗", ""],
  [["z"], ["dz"], "+ b\n=", "←"],
  [["a"], ["da"], "ReLU\n→", "gate\n←"],
  [["p"], ["dp"], "", ""],
];
/** The two ways to dX, from left to right, and the sign before each grid. */
const WAYS: [Place, string][] = [
  ["stamp", ""],
  ["scattered", "→"],
  ["gathered", "="],
  ["frame", "←"],
  ["rotated", "∗"],
];
/** What stands before P, and before dP. */
const POOLING = { max: ["max\n→", "first\n←"], mean: ["mean\n→", "share\n←"], none: ["ReLU\n→", "gate\n←"] };

/** A sign, and over it in words what happens there. */
const signNodes = (text: string): HTMLElement[] =>
  text.split("\n").map((line, i, { length }) => h("div", { class: i < length - 1 && "word" }, line));

export const drawing = (grids: Record<Place, Grid>): Drawing => {
  const perPlace = <T>(make: (place: Place) => T) =>
    Object.fromEntries(PLACES.map((place) => [place, make(place)])) as Record<Place, T>;
  const headers = perPlace((place) => ({
    title: h("span", { class: `name t-${toneOf(NAMES[place])}` }),
    dims: h("span", { class: "dims" }),
  }));
  const panelOf = (place: Place) =>
    h(
      "div",
      { class: `panel ${toneOf(NAMES[place])} of-${place}` },
      h("header", {}, headers[place].title, headers[place].dims),
      grids[place].stage,
    );
  const cell = (kind: string, column: number, row: number, ...children: (Node | string)[]) =>
    h(
      "div",
      { class: kind, style: `--col:${column};--row:${row}`, "aria-hidden": kind === "sign" && "true" },
      ...children,
    );
  const pair = (places: Place[], sign: string, column: number, row: number) => [
    cell("sign", 2 * column + 1, row, ...signNodes(sign)),
    cell(`stack in-${places[0]}`, 2 * column + 2, row, ...places.map(panelOf)),
  ];
  const forward = COLUMNS.map(([places, , sign], i) => pair(places, sign, i, 1));
  const backward = COLUMNS.map(([, places, , sign], i) => pair(places, sign, i, 2));
  // In the order in which they are computed: there and back.
  const rows = h("div", { class: "flow" }, ...forward.flat(), ...backward.toReversed().flat());
  const bench = h(
    "div",
    { class: "flow bench", role: "group", "aria-label": "Two ways to dX" },
    ...WAYS.flatMap(([place, sign], i) => pair([place], sign, i, 1)),
  );
  let shown: Scene | undefined;
  const drawn = new Map<Place, string>(); // the step of the scene that each grid shows

  /** Columns as wide as they have cells, so that all cells are as large. */
  const size = (el: HTMLElement, columns: number[], largest: number) => {
    const cells = columns.reduce((sum, n) => sum + n, 0);
    const sign = SIGN[cells > ROOMY ? "arrows" : "words"];
    el.classList.toggle("tight", cells > ROOMY);
    el.style.gridTemplateColumns = columns
      .flatMap((n, i) => (n ? [i ? `${sign}px` : "0", `minmax(0, ${n}fr)`] : ["0", "0"]))
      .join(" ");
    el.style.maxWidth = `${cells * largest + (columns.filter(Boolean).length - 1) * sign}px`;
  };
  let sizes = "";
  /** Lay the grids out, if another scene needs it; whether it does. */
  const arrange = (scene: Scene): boolean => {
    const { pool, route } = scene.setting;
    const now = JSON.stringify([PLACES.map((place) => gridOf(scene, place)), pool, route]);
    if (now === sizes) return false;
    sizes = now;
    const side = (place: Place) => Math.max(...gridOf(scene, place));
    const columns = COLUMNS.map(([[place]]) => (place === "a" && !pools(scene) ? 0 : side(place)));
    size(rows, columns, LARGEST_CELL);
    size(
      bench,
      WAYS.map(([place]) => side(place)),
      LARGEST_BELOW,
    );
    for (const place of PLACES) grids[place].stage.style.setProperty("--side", String(side(place)));
    rows.style.setProperty("--taps", String(side("w")));
    [forward, backward].forEach((row, i) => {
      row[3].forEach((element) => (element.hidden = !pools(scene)));
      row[4][0].replaceChildren(...signNodes(POOLING[pool][i]));
    });
    return true;
  };
  let rest: ReturnType<typeof setTimeout> | undefined;

  return {
    rows,
    bench,
    show: (scene, tops, now, subject, focus) => {
      clearTimeout(rest);
      const isDragged = scene !== shown && !arrange(scene);
      if (scene !== shown) drawn.clear();
      shown = scene;
      const marks = marksOf(scene, now, subject, focus);
      const draw = (places: readonly Place[]) => {
        for (const place of places) {
          if (!pools(scene) && (place === "a" || place === "da")) continue;
          const [title, dims] = headingOf(scene, now, subject, place);
          const what = `${stepAt(scene, now)} ${now.c} ${place === "stamp" ? dims : ""}`;
          if (drawn.get(place) !== what) {
            const { name, content } = planeAt(scene, tops, now, subject, place);
            grids[place].name = name;
            grids[place].update(content);
            drawn.set(place, what);
            write(headers[place].title, title);
            write(headers[place].dims, dims);
          }
          grids[place].mark(marks.filter((mark) => mark.place === place).map(({ mark }) => mark));
        }
      };
      draw([...FORWARD, ...BACKWARD]);
      // While numbers change from frame to frame, what shows them once more waits until the hand rests.
      if (isDragged) rest = setTimeout(draw, REST, BENCH);
      else draw(BENCH);
      // The keyboard goes on from the step.
      const { on, at } = subjectOf(scene, now);
      const place = on === "stamp" ? "dz" : on;
      if (!focus && place !== "relu" && place !== "gate" && at !== undefined)
        grids[place].setCursor(cellOf(scene, place, at));
    },
    clear: () => {
      clearTimeout(rest);
      [shown, sizes] = [undefined, ""];
      for (const place of PLACES) grids[place].clear();
    },
    destroy: () => {
      clearTimeout(rest);
      PLACES.forEach((place) => grids[place].destroy());
    },
  };
};
