/** Pooling, one window at a time: what each output is made of, and where its gradient goes. */
import { extremes, size, unravel, type NdArray } from "../../math/array";
import { type Geometry, type Pair, type PerAxis, paddedShape, rests } from "../../math/shapes";
import type { View } from "../../model";
import { hatched, unpadded, windowArea } from "../../ui/grids/areas";
import { type Packed, planeAt, repack, unpackOnce, withNumber } from "../../ui/state/packed";
import { codePanel } from "../../ui/controls/code-panel";
import { paintSigned, paintValues, pixelBuffer } from "../../ui/grids/colour";
import { segments, slider, toggle } from "../../ui/controls/controls";
import { h } from "../../ui/dom";
import { filmStrip, type Thumb } from "../../ui/grids/film-strip";
import { short } from "../../ui/words/format";
import { sidesOf, sizeFormulas, sizePanel } from "../../ui/words/formula";
import { arithmetic, frame, panel, row, sign } from "../../ui/frame";
import { type Cell, type Content, Grid, type Mark, single, within } from "../../ui/grids/grid";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { timeline } from "../../ui/controls/timeline";
import { weightGrid } from "../../ui/grids/weight-grid";
import { lastOf, perAxisText, type Sides } from "../../ui/state/window-settings";
import { explainGradient, explainInput, explainInputGradient, explainOutput } from "./arithmetic";
import { codeFor, LIBRARIES } from "./code";
import { compute, gradient, type Mode, readCounts, readers, type Result, winners } from "./math";
import { SCHEMA } from "./schema";

const LARGEST_KERNEL = 16;
const LARGEST_STRIDE = 8;
const OUTPUT_CELL = 0.15; // of a stage's width, at least: an output's number needs room for its decimals

/** The traits of the Python class; all but `step` can be undone. */
interface State {
  x: Packed;
  kernel: PerAxis | "global";
  stride: PerAxis | null;
  padding: Sides;
  mode: Mode;
  gradient: "off" | "step" | "all";
  step: number;
}
const KEYS: (keyof State)[] = ["x", "kernel", "stride", "padding", "mode", "gradient"];

type Focus = { on: "input" | "output"; cell: Cell };

export const PoolingStepper: View = checked(SCHEMA, ({ model, el }) => {
  const arrayOf = unpackOnce();
  let result: Result | undefined;
  let made = ""; // what `result` was made of
  let flow: { dy: NdArray; dx: NdArray } | undefined; // what the gradient switch shows
  let problem = "";
  let focus: Focus | undefined;

  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame("Pooling stepper", model, [...KEYS, "step"], () =>
    update(),
  );
  const { get, set, endGroup, takeBack, buttons, show: showUndo } = store<State>(model, KEYS, root, schedule);
  const steps = () => (result ? size(result.y.shape) : 1);
  const step = () => Math.min(get("step"), steps() - 1);
  const plane = () => size(result!.geometry.output);
  const channel = () => (result ? Math.floor(step() / plane()) : 0);
  const pinned = (): Cell => cellOf(step());
  const cellOf = (output: number): Cell => {
    const [, row, col] = unravel(output, result!.y.shape);
    return { row, col };
  };
  const outputAt = ({ row, col }: Cell) => channel() * plane() + row * result!.geometry.output[1] + col;
  /** The index in x of a cell of the padded plane. */
  const inputAt = (cell: Cell): number | undefined => {
    const at = result && unpadded(result.geometry, cell);
    return at && (channel() * result!.geometry.input[0] + at.row) * result!.geometry.input[1] + at.col;
  };
  const look = (next: Focus | undefined, aloud = false) => {
    focus = next;
    drawFocus();
    if (aloud) announce(spoken);
  };
  const spoken = () => sum.textContent ?? "";

  // ---- the grids ---------------------------------------------------------------------------------
  const { grid: inputGrid } = weightGrid(
    "Input",
    {
      all: () => arrayOf(get("x")).data,
      get: (cell) => arrayOf(get("x")).data[inputAt(cell) ?? -1] ?? 0,
      set: (cell, value, group) => {
        const at = inputAt(cell);
        const { data } = arrayOf(get("x"));
        if (at === undefined) return say("Padding can’t be changed: it is −∞ for a maximum, and else 0.", true);
        if (data[at] === value) return;
        if (get("gradient") !== "off")
          return say("These are gradients. Switch the gradient off to change the input.", true);
        set({ x: repack(withNumber(data, at, value), get("x")) }, group);
      },
      endGroup,
      takeBack,
      say,
      look: (cell, aloud) => look(cell && { on: "input", cell }, aloud),
    },
    "number",
  );
  const outputGrid = new Grid("Output", {
    hover: (cell) => look(cell && { on: "output", cell }),
    move: (cell) => {
      focus = undefined;
      if (result) set({ step: outputAt(cell) });
      announce(spoken);
    },
  });
  const toChannel = (to: number) => result && set({ step: to * plane() + (step() % plane()) });
  const strips = {
    input: filmStrip("Channel of the input", toChannel),
    output: filmStrip("Channel of the output", toChannel),
  };

  // ---- controls ----------------------------------------------------------------------------------
  const mode = segments(
    "Pooling",
    [
      ["max", "max"],
      ["mean", "average"],
      ["l2", "L2", "L2: the root of the mean of the squares"],
    ],
    (value) => set({ mode: value as Mode }),
  );
  const perAxis =
    (numbers: (g: Geometry) => (number | Pair)[], by?: string) =>
    (value: number): string =>
      perAxisText(result ? numbers(result.geometry).slice(-result.rank) : [], value, by);
  const kernel = slider(
    "kernel",
    1,
    LARGEST_KERNEL,
    (value) => set({ kernel: value }, "kernel"),
    perAxis((g) => g.kernel, "×"),
  );
  const global = toggle(
    "global",
    (on) => set(on ? { kernel: "global", padding: 0 } : { kernel: Math.min(2, ...spatial()) }),
    "One window as large as the input",
  );
  const stride = slider(
    "stride",
    1,
    LARGEST_STRIDE,
    (value) => set({ stride: value }, "stride"),
    perAxis((g) => g.stride),
  );
  const follow = toggle(
    "= k",
    (on) => set({ stride: on ? null : lastOf(result?.geometry.stride ?? 1) }),
    "The kernel’s size: windows touch and don’t overlap",
  );
  const padding = slider(
    "padding",
    0,
    LARGEST_KERNEL,
    (value) => set({ padding: value }, "padding"),
    perAxis((g) => g.padding),
  );
  const flows = segments(
    "Gradient",
    [
      ["off", "off"],
      ["step", "this y", "of this output"],
      ["all", "all", "of all outputs"],
    ],
    (value) => set({ gradient: value as State["gradient"] }),
  );
  const code = codePanel(LIBRARIES, (library) => (result ? codeFor(library, result, get("x")) : ""));
  const line = timeline(
    "Position of the window",
    (to) => {
      focus = undefined;
      set({ step: to });
    },
    (at) => `${at + 1} of ${steps()}`,
  );

  // ---- page --------------------------------------------------------------------------------------
  const titles = { input: h("span", { class: "name" }), output: h("span", { class: "name" }) };
  const dims = { input: h("span", { class: "dims" }), output: h("span", { class: "dims" }) };
  const hints = {
    input: h("span", { class: "hint" }),
    padding: h("span", { class: "hint" }),
    gradient: h("span", { class: "hint" }),
  };
  const arrow = sign();
  const sizes = sizePanel();
  const sum = arithmetic();
  const settings = h(
    "div",
    { class: "settings", role: "group", "aria-label": "Settings" },
    mode.el,
    row(kernel.el, global.el),
    row(stride.el, follow.el),
    padding.el,
    hints.padding,
    row(h("span", { class: "name t-gradient" }, "Gradient"), flows.el),
    hints.gradient,
  );
  const sentence = h(
    "div",
    { class: "sentence pair" },
    panel("input", titles.input, dims.input, inputGrid, strips.input.el, hints.input),
    arrow,
    panel("output", titles.output, dims.output, outputGrid, strips.output.el),
    settings,
  );

  // ---- drawing -----------------------------------------------------------------------------------
  const spatial = () => arrayOf(get("x")).shape.slice(-2);

  const showControls = () => {
    const isGlobal = get("kernel") === "global";
    const [k, p] = [result?.geometry.kernel ?? [get("kernel")].flat().map(Number), lastOf(get("padding"))];
    const most = Math.min(...spatial().map((n) => n + 2 * p));
    const half = Math.min(...(result ? k.slice(-result.rank) : k)) >> 1;
    kernel.limit(Math.max(1, 2 * p), Math.min(LARGEST_KERNEL, most));
    stride.limit(1, Math.max(LARGEST_STRIDE, lastOf(result?.geometry.stride ?? 1)));
    padding.limit(0, isGlobal ? 0 : half);
    kernel.show(lastOf(k));
    stride.show(lastOf(result?.geometry.stride ?? get("stride") ?? 1));
    padding.show(p);
    mode.show(get("mode"));
    global.show(isGlobal);
    follow.show(get("stride") === null);
    flows.show(get("gradient"));
    hints.padding.textContent = isGlobal
      ? "One window covers the input: it needs no stride and no padding."
      : `Padding is at most ⌊k/2⌋ = ${half}: no window may be padding alone.`;
    for (const control of [kernel, stride, padding]) control.disable(isGlobal);
    hints.gradient.textContent = {
      off: "Switch it on to see what each input gets.",
      step: "1 arrives at this output, 0 at the others.",
      all: "1 arrives at every output.",
    }[get("gradient")];
    showUndo();
  };

  const titled = (back: boolean) => {
    for (const name of ["input", "output"] as const) {
      titles[name].textContent = back ? `∂L/∂${name}` : { input: "Input", output: "Output" }[name];
      titles[name].className = `name t-${back ? "gradient" : name}`;
    }
    arrow.textContent = back ? "←" : "→";
  };

  const [inputPixels, outputPixels] = [pixelBuffer(), pixelBuffer()];

  const drawInput = () => {
    const { geometry: g, x } = result!;
    const [rows, cols] = paddedShape(g);
    const [[top], [left]] = g.padding;
    const { data: values } = planeAt(flow?.dx ?? x, channel());
    const padded = new Float64Array(rows * cols);
    for (let i = 0; i < g.input[0]; i++)
      padded.set(values.subarray(i * g.input[1], (i + 1) * g.input[1]), (i + top) * cols + left);
    const buffer = inputPixels(rows * cols);
    if (flow) paintSigned(padded, Math.max(...flow.dx.data.map(Math.abs)), buffer);
    else paintValues(padded, ...extremes(x.data), buffer);
    const counts = readCounts(g);
    const overlap = counts.some((line) => line.some((count) => count > 1));
    const padText = flow ? "" : get("mode") === "max" ? "−∞" : "0";
    inputGrid.update({
      rows,
      cols,
      pixels: buffer,
      textures: hatched(g),
      label: (cell) => (inputAt(cell) === undefined ? padText : short(padded[cell.row * cols + cell.col])),
      note: (cell) => {
        const at = inputAt(cell);
        if (at === undefined) return "";
        if (flow) return `x ${short(x.data[at])}`;
        const count = counts[0][cell.row] * counts[1][cell.col];
        return overlap && count > 1 ? `×${count}` : "";
      },
    });
    dims.input.textContent = arrayOf(get("x")).shape.join(" × ");
    hints.input.textContent = flow
      ? "In the corners: the input itself."
      : `Drag a cell ↔, or type.${overlap ? " ×2, or a folded corner: in several windows." : ""}`;
  };

  const drawOutput = () => {
    const { geometry, y, x, rank, channels } = result!;
    const [, rows, cols] = y.shape;
    const { data: values } = planeAt(flow?.dy ?? y, channel());
    const buffer = outputPixels(rows * cols);
    if (flow) paintSigned(values, 1, buffer);
    else paintValues(values, ...extremes(x.data), buffer);
    const content: Content = { rows, cols, pixels: buffer, label: ({ row, col }) => short(values[row * cols + col]) };
    if (flow) content.note = (cell) => `y ${short(y.data[outputAt(cell)])}`;
    // Cells as large as the input's, so that the output is seen to be smaller; or larger, for their text.
    const [side, inputSide] = [Math.max(rows, cols), Math.max(...paddedShape(geometry))];
    outputGrid.stage.style.setProperty(
      "--part",
      String(rank > 1 ? Math.min(1, side * Math.max(1 / inputSide, OUTPUT_CELL)) : 1),
    );
    outputGrid.update(content);
    dims.output.textContent = (channels > 1 ? y.shape : y.shape.slice(3 - rank)).join(" × ");
  };

  /** The channels as thumbnails, made anew only when the numbers are. */
  const drawStrips = () => {
    const { x, y, channels } = result!;
    const thumbs = (array: NdArray, range: [number, number]): Thumb[] =>
      Array.from({ length: channels }, (_, c) => {
        const [, rows, cols] = array.shape;
        const buffer = new Uint8ClampedArray(rows * cols * 4);
        paintValues(planeAt(array, c).data, ...range, buffer);
        return { rows, cols, pixels: buffer, name: `channel ${c}` };
      });
    const range = extremes(x.data);
    for (const name of ["input", "output"] as const) {
      strips[name].el.hidden = channels === 1;
      if (channels > 1) strips[name].draw(thumbs({ input: x, output: y }[name], range));
    }
  };

  const drawFocus = () => {
    if (!result) return;
    const { geometry: g } = result;
    const dy = flow?.dy.data;
    const at = focus?.on === "input" ? inputAt(focus.cell) : undefined;
    if (focus && at !== undefined) {
      inputGrid.mark([single("here input", focus.cell)]);
      outputGrid.mark(readers(result, at).map((output) => single("reach", cellOf(output))));
      sum.replaceChildren(...(flow ? explainInputGradient(result, at, dy!, flow.dx.data) : explainInput(result, at)));
      return;
    }
    const output = focus?.on === "output" && within(focus.cell, g.output) ? outputAt(focus.cell) : step();
    const marks: Mark[] = [...neighbours(g, cellOf(output)), { kind: "window", ...windowArea(g, cellOf(output)) }];
    if (get("mode") === "max")
      winners(result, output).forEach((input, i) => {
        const [, row, col] = unravel(input, result!.x.shape);
        marks.push(single(i ? "tied" : "winner", { row: row + g.padding[0][0], col: col + g.padding[1][0] }));
      });
    inputGrid.mark(marks);
    outputGrid.mark([single("here output", cellOf(output))]);
    sum.replaceChildren(...(flow ? explainGradient(result, output, dy!) : explainOutput(result, output)));
  };

  /** In a picture, where cells have no notes: the windows next to this one that overlap it. */
  const neighbours = (g: Geometry, { row, col }: Cell): Mark[] => {
    if (size(paddedShape(g)) <= 256 || !g.stride.some((s, a) => s < g.kernel[a])) return [];
    return [
      [-1, 0],
      [1, 0],
      [0, -1],
      [0, 1],
    ]
      .map(([down, right]) => ({ row: row + down, col: col + right }))
      .filter((cell) => cell.row >= 0 && cell.col >= 0 && cell.row < g.output[0] && cell.col < g.output[1])
      .map((cell) => ({ kind: "near", ...windowArea(g, cell) }));
  };

  const drawNone = () => {
    inputGrid.clear();
    outputGrid.clear();
    dims.output.textContent = "none";
    sizes.show([], []);
    line.show(0, 1);
    sum.textContent = `This setting has no output: ${problem}.`;
  };

  /** Pool anew, if anything but the step has changed. */
  const refresh = () => {
    const now = JSON.stringify([...KEYS.slice(1, -1).map(get), get("x").shape]);
    if (result?.setting.x === arrayOf(get("x")) && now === made) return;
    made = now;
    result = undefined;
    try {
      result = compute({
        x: arrayOf(get("x")),
        kernel: get("kernel"),
        stride: get("stride"),
        padding: get("padding"),
        mode: get("mode"),
      });
      drawStrips();
    } catch (error) {
      problem = (error as Error).message;
    }
  };

  const update = () => {
    refresh();
    const back = get("gradient");
    flow = result && back !== "off" ? gradient(result, back === "step" ? step() : undefined) : undefined;
    sentence.classList.toggle("lines", arrayOf(get("x")).shape.length === 1);
    titled(flow !== undefined);
    showControls();
    code.show();
    if (!result) return drawNone();
    sizes.show(
      sizeFormulas(sidesOf(result.geometry, false).slice(-result.rank), result.geometry.output.slice(-result.rank)),
      rests(result.geometry).slice(-result.rank),
    );
    drawInput();
    drawOutput();
    for (const strip of [strips.input, strips.output]) strip.show(channel(), () => false);
    outputGrid.setCursor(pinned());
    line.show(step(), steps());
    drawFocus();
  };

  open(el, [...buttons, code.button], code.el, sentence, line.el, sum, sizes.el);
  return () => {
    close();
    inputGrid.destroy();
    outputGrid.destroy();
    line.stop();
  };
});
