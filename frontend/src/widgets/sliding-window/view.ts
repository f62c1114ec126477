/** A network at each position of a window over a page: crop by crop, and as one convolution, beside one another.
 *
 * `math` lays the network over the page, runs it both ways and counts; `planes` and `words` show that as data. */
import type { View } from "../../model";
import { segments, select } from "../../ui/controls/controls";
import { timeline } from "../../ui/controls/timeline";
import { changes, h, write } from "../../ui/dom";
import { arithmetic, frame, panel, row } from "../../ui/frame";
import { type Cell, cellAt, Grid, type Mark, single } from "../../ui/grids/grid";
import { checked } from "../../ui/state/checked";
import { unpackOnce } from "../../ui/state/packed";
import { store } from "../../ui/state/store";
import { grouped } from "../../ui/words/format";
import { CLASSES, ranked } from "../shared/network";
import { cropper, planOf, type Search, searchOf, slideAll, windowsOf, workOf } from "./math";
import { mapContent, pageContent, shownScore } from "./planes";
import { SCHEMA } from "./schema";
import { ALSO, KEYS, type State } from "./state";
import { pixelText, ratioText, scoreText, windowText, workText } from "./words";

const LONGEST = 20_000; // ms: all windows played
const PATIENCE = 12; // ms a frame for windows that are cropped

/** What the pointer or the keyboard is on: a pixel, or a window. */
type Focus = { pixel: Cell } | { window: number };

export const SlidingWindow: View = checked(SCHEMA, ({ model, el }) => {
  const { root, announce, schedule, open, close } = frame("Sliding window", model, [...KEYS, ...ALSO], () => update());
  const traits = store<State>(model, KEYS, root, schedule);
  const { get, set } = traits;
  const pageOf = unpackOnce(({ data, shape }) => ({ data: data.map((value) => value / 255), shape }));
  let search: Search;
  let crop: ReturnType<typeof cropper>;
  let slid: Float64Array[];
  let focus: Focus | undefined;
  let waiting = 0; // the frame in which more windows are cropped

  const count = () => search.rows * search.cols;
  const step = () => Math.min(get("step"), count() - 1);
  const looked = () => (focus && "window" in focus ? focus.window : step());
  const look = (next: Focus | undefined) => {
    focus = next;
    drawFocus();
  };
  const go = (to: number) => {
    focus = undefined;
    set({ step: to });
    announce(spoken);
  };
  const spoken = () => sum.textContent ?? "";

  // ---- page --------------------------------------------------------------------------------------
  const page = new Grid("Page", {
    hover: (pixel) => look(pixel && { pixel }),
    move: (pixel) => (look({ pixel }), announce(spoken)),
  });
  const mapGrid = (name: string) =>
    new Grid(name, {
      hover: (cell) => look(cell && { window: cell.row * search.cols + cell.col }),
      move: (cell) => go(cell.row * search.cols + cell.col),
    });
  const maps = { cropping: mapGrid("Scores by cropping"), convolution: mapGrid("Scores by convolution") };
  const dims = h("span", { class: "dims" });
  const work = { cropping: h("span", { class: "dims" }), convolution: h("span", { class: "dims" }) };
  const bars = { cropping: h("i"), convolution: h("i") };
  const bar = (form: keyof typeof bars) => h("span", { class: "work", "aria-hidden": "true" }, bars[form]);
  const line = timeline("Window", go, (at) => `${at + 1} of ${count()}`, LONGEST);
  const sum = arithmetic();
  const whose = select(
    "Maps of",
    [["", "highest score"], ...Array.from({ length: CLASSES }, (_, d): [string, string] => [`${d}`, `score for ${d}`])],
    (value) => set({ digit: value ? Number(value) : null }),
    false,
  );
  const strides = h("div", { class: "cnn-row" });
  let stride = segments("Stride", [], () => {});
  const scores = table("Scores of the window", ["digit", "cropping", "convolution"], CLASSES);
  const layers = h("div", { class: "layers-work" });
  let works = table("", [], 0);

  // ---- what is searched --------------------------------------------------------------------------
  const [searched, staged, mapped, offered, listed] = [changes(), changes(), changes(), changes(), changes()];
  const refresh = () => {
    const [layersNow, pageNow, strideNow] = [get("model"), pageOf(get("page")), get("stride")];
    if (!searched(layersNow, pageNow, strideNow)) return;
    search = searchOf(planOf(layersNow), pageNow, strideNow);
    crop = cropper(search);
    slid = slideAll(search);
    focus = undefined;
  };
  /** Another stride keeps the window as near as it can to where it is. */
  const restride = (wanted: number) => {
    const at = cellAt(step(), search.cols);
    const next = searchOf(search.plan, search.page, wanted);
    const near = (place: number, most: number) => Math.min(most - 1, Math.round((place * search.stride) / wanted));
    set({ stride: wanted, step: near(at.row, next.rows) * next.cols + near(at.col, next.cols) });
  };
  const offer = () => {
    const { jump, window } = search.plan;
    const now = get("stride");
    const all = [1, 2, 4].map((times) => jump * times).filter((one) => one <= window);
    const options = all.includes(now) ? all : [...all, now].sort((a, b) => a - b);
    if (offered(options.join())) {
      stride = segments(
        "Stride",
        options.map((one): [string, string] => [`${one}`, `${one}`]),
        (value) => restride(Number(value)),
      );
      strides.replaceChildren(h("span", {}, "stride"), stride.el);
    }
    stride.show(`${now}`);
  };

  // ---- drawing -----------------------------------------------------------------------------------
  const drawFocus = () => {
    const pixel = focus && "pixel" in focus ? focus.pixel : undefined;
    const index = looked();
    const cell = cellAt(index, search.cols);
    const window = (at: Cell, kind: Mark["kind"]): Mark => {
      const side = search.plan.window;
      return { kind, row: at.row * search.stride, col: at.col * search.stride, rows: side, cols: side };
    };
    const holding = pixel && windowsOf(search, pixel.row, pixel.col);
    if (pixel) {
      const { row, col, rows, cols } = holding ?? { row: 0, col: 0, rows: 0, cols: 0 };
      const ends = holding ? [holding, { row: row + rows - 1, col: col + cols - 1 }] : [];
      page.mark([...ends.map((end) => window(end, "near")), single("here input", pixel)]);
      write(sum, pixelText(pixel.row, pixel.col, rows * cols));
    } else {
      page.mark([window(cell, "window")]);
      const [one, now] = [1, step() + 1].map((windows) => workOf(search, windows).at(-1)!);
      write(sum, `${windowText(search, index, crop(index), slid[index])} ${workText(one, now, step() + 1)}`);
    }
    const marks: Mark[] = pixel ? (holding ? [{ kind: "reach", ...holding }] : []) : [single("here output", cell)];
    for (const map of Object.values(maps)) map.mark(marks);
    const [cropped, by] = [crop(index), slid[index]];
    const first = ranked(by)[0];
    scores.show(
      Array.from(by, (score, d) => [`${d}`, scoreText(cropped[d]), scoreText(score)]),
      first,
    );
  };

  const drawMaps = () => {
    const until = performance.now() + PATIENCE;
    const last = step();
    crop(last);
    let known = 0;
    while (known <= last && (crop.knows(known) || performance.now() < until)) crop(known++);
    // The others in the next frames; not by `schedule`, which would silence what is being read out.
    cancelAnimationFrame(waiting);
    if (known <= last) waiting = requestAnimationFrame(drawMaps);
    const digit = get("digit");
    if (!mapped(slid, last, known, digit)) return;
    const top = slid.reduce((most, each) => Math.max(most, Math.abs(shownScore(each, digit))), 0);
    const cropped = (i: number) => (i <= last && crop.knows(i) ? crop(i) : undefined);
    maps.cropping.update(mapContent(search, cropped, digit, top));
    maps.convolution.update(mapContent(search, (i) => (i <= last ? slid[i] : undefined), digit, top));
    for (const map of Object.values(maps)) map.setCursor(cellAt(last, search.cols));
  };

  const drawWork = () => {
    const [now, all] = [step() + 1, count()].map((windows) => workOf(search, windows));
    const [total, most] = [now.at(-1)!, all.at(-1)!.cropping];
    for (const form of ["cropping", "convolution"] as const) {
      write(work[form], `${grouped(total[form])} multiply–adds`);
      bars[form].style.width = `${(100 * total[form]) / most}%`;
    }
    if (listed(now.length)) {
      works = table("Multiply–adds so far", ["layer", "cropping", "convolution", "ratio"], now.length);
      layers.replaceChildren(works.el);
    }
    works.show(
      now.map((each) => [each.name, grouped(each.cropping), grouped(each.convolution), ratioText(each)]),
      now.length - 1,
    );
  };

  const stage = (grid: Grid, rows: number, cols: number) =>
    (grid.stage.style.aspectRatio = `${Math.max(rows, cols)} / ${rows}`);
  const update = () => {
    refresh();
    traits.show();
    offer();
    whose.show(get("digit") === null ? "" : `${get("digit")}`);
    const { rows, cols, plan } = search;
    if (staged(search)) {
      const [high, wide] = search.page.shape;
      stage(page, high, wide);
      for (const map of Object.values(maps)) stage(map, rows, cols);
      page.update(pageContent(search));
      write(dims, `${high} × ${wide}, window ${plan.window} × ${plan.window}`);
    }
    line.show(step(), count());
    drawMaps();
    drawWork();
    drawFocus();
  };

  open(
    el,
    traits.buttons,
    h(
      "div",
      { class: "sliding" },
      panel("input", "Page", dims, page),
      scores.el,
      panel("output", "Cropping", work.cropping, maps.cropping, bar("cropping")),
      panel("output", "Convolution", work.convolution, maps.convolution, bar("convolution")),
    ),
    line.el,
    sum,
    row(strides, whose.el),
    layers,
  );
  return () => {
    close();
    cancelAnimationFrame(waiting);
    line.stop();
    for (const grid of [page, ...Object.values(maps)]) grid.destroy();
  };
});

/** A table of so many lines; one of them stands out. */
const table = (name: string, heads: string[], lines: number) => {
  const rows = Array.from({ length: lines }, () => ({
    el: h("tr"),
    cells: heads.map((_, i) => h(i ? "td" : "th", i ? {} : { scope: "row" })),
  }));
  for (const { el, cells } of rows) el.append(...cells);
  return {
    el: h(
      "table",
      { class: "figures", "aria-label": name },
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows.map(({ el }) => el)),
    ),
    show: (texts: string[][], first: number) =>
      rows.forEach(({ el, cells }, i) => {
        el.className = i === first ? "first" : "";
        cells.forEach((cell, j) => write(cell, texts[i][j]));
      }),
  };
};
