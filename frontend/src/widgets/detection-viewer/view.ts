/** A one-stage detector: what it says of each cell, the boxes that this makes, and what becomes of them.
 *
 * `math` turns the raw scores into boxes, suppresses and judges them; `scene` says what is drawn of that, `words` tells
 * it. `field` is the picture, `numbers` has what is said of one cell, `own` sends a picture to the kernel. */
import type { View } from "../../model";
import { segments, select, slider, toggle } from "../../ui/controls/controls";
import { timeline } from "../../ui/controls/timeline";
import { changes, h, icon, patch, write } from "../../ui/dom";
import { arithmetic, frame, panel, row } from "../../ui/frame";
import { paintSigned } from "../../ui/grids/colour";
import { type Cell, type Content, Grid, type Mark, single } from "../../ui/grids/grid";
import { checked, problemOf } from "../../ui/state/checked";
import { unpackOnce } from "../../ui/state/packed";
import { store } from "../../ui/state/store";
import { tonesOf } from "../../ui/theme";
import { legendNodes, TONES } from "../shared/canvas";
import { listed } from "../shared/listed";
import { field } from "./field";
import { type Answer, answerOf, bestCell, cellAtPoint, cellsOf, type Said } from "./math";
import { numbers } from "./numbers";
import { ownPicture } from "./own";
import { boundTo, legendOf, sceneOf } from "./scene";
import { SCHEMA } from "./schema";
import { ALSO, KEYS, type State, type Tint } from "./state";
import { cellText, countText, itemsOf, linesOf, placeOf, scoreText, spokenCell, stepText } from "./words";

const TINTS: [Tint, string][] = [
  ["p_c", "p_c: does it own an object?"],
  ["class", "the likeliest class’s probability"],
  ["score", "score: their product"],
];
const STAGES: [string, string][] = [
  ["decoded", "Decoded boxes"],
  ["kept", "After suppression"],
];
const HINT =
  "Point to a cell for its box, and to a box for its cell and for the boxes that fall to it. By keyboard: arrows " +
  "move from cell to cell in the grid, and from box to box in the picture, the surest first.";

const tintOf = ({ values, score, label }: Said, tint: Tint): number =>
  tint === "score" ? score : tint === "class" ? values[5 + label] : values[0];

export const DetectionViewer: View = checked(SCHEMA, ({ model, el }) => {
  const { root, announce, say, schedule, open, close } = frame("Detection viewer", model, [...KEYS, ...ALSO], () =>
    update(),
  );
  const traits = store<State>(model, KEYS, root, schedule);
  const { get, set } = traits;
  const [imagesOf, scoresOf] = [unpackOnce(), unpackOnce()];
  let cells: Said[] = [];
  let answer: Answer;
  let hovered: number | undefined;

  const names = () => get("names");
  const objects = () => get("objects")[get("index")];
  const bounds = () => ({ threshold: get("threshold"), overlap: get("overlap") });
  const looked = (): number => {
    const cell = get("cell");
    return hovered ?? (cell ? cell[0] * answer.grid[1] + cell[1] : bestCell(cells));
  };
  const hover = (cell: number | undefined) => {
    if (cell === hovered) return;
    hovered = cell;
    drawLooked();
  };
  const pick = (cell: number) => {
    hovered = undefined;
    set({ cell: placeOf(cell, answer) });
    announce(() => spokenCell(looked(), answer, names(), bounds(), objects()));
  };

  // ---- page --------------------------------------------------------------------------------------
  const indexOf = (cell: Cell | undefined) => cell && cell.row * answer.grid[1] + cell.col;
  const grid = new Grid("What is said of each cell", {
    hover: (cell) => hover(indexOf(cell)),
    move: (cell) => pick(indexOf(cell)!),
  });
  const pointed = ([x, y]: [number, number]) => cellAtPoint(answer, [x * answer.size[1], y * answer.size[0]]);
  const boxes = field({
    hover: (at) => hover(at && pointed(at)),
    pick: (at) => pick(pointed(at)),
    turn: (by) => {
      const { ranked } = answer;
      if (!ranked.length) return;
      const now = ranked.indexOf(looked());
      const next = Math.max(0, Math.min(ranked.length - 1, now < 0 && by < 0 ? 0 : now + by));
      pick(ranked[next]);
    },
  });
  const [cellDims, counts] = [h("span", { class: "dims" }), h("span", { class: "dims" })];
  const legend = h("div", { class: "lines-key" });
  const list = listed();
  const fates = h("div", { class: "scroller", tabindex: 0, role: "group", "aria-label": "Box by box" }, list.el);
  const tint = select("The grid shows", TINTS, (value) => set({ tint: value as Tint }));
  const goTo = (step: number) => {
    set({ step: step >= answer.rounds.length ? null : step });
    announce(() => countText(answer));
  };
  const stages = segments("What is shown", STAGES, (stage) => {
    time.stop();
    goTo(stage === "kept" ? Infinity : 0);
  });
  const time = timeline("Round of suppression", goTo, (step) => stepText(step, answer));
  const said = numbers();
  const sum = arithmetic();

  // ---- what is set -------------------------------------------------------------------------------
  const bound = (label: string, trait: "threshold" | "overlap") => {
    const control = slider(
      label,
      0,
      100,
      (value) => set({ [trait]: value / 100 }, trait),
      (value) => (value / 100).toFixed(2),
    );
    control.el.addEventListener("change", () => traits.endGroup());
    return { el: control.el, show: () => control.show(Math.round(100 * get(trait))) };
  };
  const [threshold, overlap] = [bound("score ≥", "threshold"), bound("suppressed: IoU >", "overlap")];
  const truth = toggle("true boxes", (on) => set({ show_objects: on }), "The boxes of what is there, over the picture");
  const turnTo = (by: number) => {
    const count = get("images").shape[0];
    set({ index: (get("index") + by + count) % count, cell: null, step: null });
    announce(() => `Picture ${get("index") + 1}: ${countText(answer)}`);
  };
  const turn = (kind: "back" | "forward", name: string, by: number) =>
    h("button", { type: "button", "aria-label": name, title: name, onclick: () => turnTo(by) }, icon(kind));
  const which = h("span", { class: "which" });
  const pictures = row(turn("back", "Previous picture", -1), which, turn("forward", "Next picture", 1));
  const own = ownPicture(model, () => Math.max(...get("images").shape.slice(2)), say);

  // ---- drawing -----------------------------------------------------------------------------------
  const tones = tonesOf(root, TONES, () => paint());
  const paint = () =>
    boxes.sheet.draw(
      sceneOf(answer, names(), looked(), get("show_objects") ? objects() : null),
      answer.size,
      tones.now(),
    );
  const at = (cell: number): Cell => {
    const [row, col] = placeOf(cell, answer);
    return { row, col };
  };
  const drawLooked = () => {
    const cell = looked();
    const bound = boundTo(answer, cell);
    const owners = answer.ranked.map((each): Mark => {
      const gone = answer.fates[each] === "falls" || answer.fates[each] === "fallen";
      return single(gone ? (bound.includes(each) ? "tap" : "near") : "reach", at(each));
    });
    grid.mark([...owners, single("here input", at(cell))]);
    paint();
    said.show(cells[cell], names());
    const lines = linesOf(cell, answer, names(), bounds(), objects());
    while (sum.children.length > lines.length) sum.lastChild!.remove();
    lines.forEach((line, i) => patch(sum.children[i] ?? sum.appendChild(h("div")), line));
    list.show(itemsOf(answer, names(), objects(), cell));
    boxes.el.setAttribute(
      "aria-label",
      `Picture with ${answer.ranked.length} boxes; arrow keys go from box to box. ` +
        spokenCell(cell, answer, names(), bounds(), objects()),
    );
    write(cellDims, cellText(cell, answer));
  };

  const [otherScores, otherTint, otherLegend] = [changes(), changes(), changes()];
  const content = (): Content => {
    const [rows, cols] = answer.grid;
    const values = Float64Array.from(cells, (cell) => tintOf(cell, get("tint")));
    const pixels = new Uint8ClampedArray(4 * rows * cols);
    paintSigned(values, 1, pixels);
    return { rows, cols, pixels, label: ({ row, col }) => scoreText(values[row * cols + col]), widest: "00.00" };
  };
  let broken = false;
  const update = () => {
    const problem = problemOf(SCHEMA, model);
    if (problem) {
      broken = true;
      return say(`What Python has set does not go together: ${problem}.`, true);
    }
    if (broken) say("");
    broken = false;
    const [images, scores, index] = [imagesOf(get("images")), scoresOf(get("scores")), get("index")];
    const places = { grid: [scores.shape[2], scores.shape[3]], size: [images.shape[2], images.shape[3]] } as const;
    const others = otherScores(scores, index);
    if (others) {
      cells = cellsOf(scores, index, places.size);
      hovered = undefined;
      grid.stage.style.aspectRatio = `${Math.max(...places.grid)} / ${places.grid[0]}`;
    }
    answer = answerOf(cells, places, { ...bounds(), step: get("step") }, objects());
    boxes.show(images, index, places.grid);
    if (otherTint(cells, get("tint"))) grid.update(content());
    grid.setCursor(at(looked()));
    drawLooked();
    const over = answer.step === answer.rounds.length;
    stages.show(over ? "kept" : answer.step ? "" : "decoded");
    time.show(answer.step, answer.rounds.length + 1);
    write(counts, countText(answer));
    write(which, `picture ${index + 1} of ${images.shape[0]}`);
    pictures.hidden = images.shape[0] < 2;
    tint.show(get("tint"));
    threshold.show();
    overlap.show();
    truth.show(get("show_objects"));
    (truth.el as HTMLButtonElement).disabled = objects() === null;
    if (otherLegend(get("show_objects"))) legend.replaceChildren(...legendNodes(legendOf(get("show_objects"))));
    traits.show();
  };

  open(
    el,
    traits.buttons,
    row(pictures, stages.el, truth.el),
    h(
      "div",
      { class: "detections" },
      panel("input", "Raw grid", cellDims, grid, tint.el),
      h(
        "div",
        { class: "panel output", role: "group", "aria-label": "Boxes" },
        h("header", {}, h("span", { class: "name t-output" }, "Boxes"), counts),
        boxes.el,
        legend,
      ),
      h(
        "div",
        { class: "panel", role: "group", "aria-label": "Box by box" },
        h("header", {}, h("span", { class: "name" }, "Box by box")),
        fates,
      ),
    ),
    time.el,
    said.el,
    sum,
    row(threshold.el, overlap.el),
    h("p", { class: "hint" }, HINT),
    own.el,
  );
  const resized = new ResizeObserver(() => paint());
  resized.observe(boxes.el);
  return () => {
    time.stop();
    resized.disconnect();
    tones.stop();
    own.close();
    close();
    grid.destroy();
  };
});
