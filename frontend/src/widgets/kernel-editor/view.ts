/** Image ∗ kernel = feature map: paint a kernel, watch the map, read the sum behind any number. */
import type { NdArray } from "../../math/array";
import type { View } from "../../model";
import { pack, planeAt } from "../../ui/state/packed";
import { codePanel } from "../../ui/controls/code-panel";
import { changes, h, patch } from "../../ui/dom";
import { arithmetic, frame, sign } from "../../ui/frame";
import { type Cell, cellAt } from "../../ui/grids/grid";
import type { Preset } from "../../ui/controls/preset-menu";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { timeline } from "../../ui/controls/timeline";
import { codeFor, LIBRARIES } from "./code";
import { inputPanel } from "./input";
import { type Focus, storyOf } from "./marks";
import { compute, type Result } from "./math";
import { outputPanel } from "./output";
import { ALSO, arraysOf, KEYS, settingOf, type State } from "./state";
import { kernelPanel } from "./weights";
import { shownNumber, windowControls } from "./window";
import { SCHEMA } from "./schema";

const REST = 300; // ms after a weight's last change, until all is computed anew

export const KernelEditor: View = checked(SCHEMA, ({ model, el }) => {
  let result: Result | undefined;
  let problem = "";
  let focus: Focus | undefined; // what the pointer or the keyboard is on; else the pinned output

  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame("Kernel editor", model, [...KEYS, ...ALSO], () =>
    update(),
  );
  const traits = store<State>(model, KEYS, root, schedule);
  const { get, set } = traits;
  const arrays = arraysOf(get);
  const sizeNow = () => result?.geometry.output ?? [1, 1];
  const pinned = (): Cell => {
    const [row, col] = get("cursor");
    const [rows, cols] = sizeNow();
    return { row: Math.min(row, rows - 1), col: Math.min(col, cols - 1) };
  };
  const pin = ({ row, col }: Cell) => {
    focus = undefined;
    set({ cursor: [row, col] });
  };
  /** Look at something: a hover passes, the keyboard's or a press's place is read out. */
  const look =
    (on: Focus["on"]) =>
    (cell: Cell | undefined, aloud = false) => {
      focus = cell && { on, cell };
      drawFocus();
      if (aloud) announce(spoken);
    };
  const spoken = () => sum.textContent ?? "";

  // ---- controls ----------------------------------------------------------------------------------
  const controlsDiffer = changes();
  const redraw = () => {
    controlsDiffer();
    schedule();
  };
  const refuse = (why: string) => {
    controlsDiffer(); // the control that was refused shows what was wished: show what is
    say(`${why}, padding ${shownNumber(get("padding"))} and dilation ${shownNumber(get("dilation"))}.`, true);
    showControls();
  };
  const input = inputPanel(traits, arrays, (model.get("pictures") as Record<string, string>) ?? {}, {
    look: look("input"),
    say,
    refuse,
    redraw,
  });
  const kernel = kernelPanel(traits, arrays, (model.get("presets") as Preset[]) ?? [], {
    look: look("kernel"),
    say,
    refuse,
    redraw,
  });
  const output = outputPanel(traits, {
    look: look("output"),
    pin: (cell) => {
      pin(cell);
      announce(spoken);
    },
    schedule,
  });
  const windows = windowControls(traits, arrays, refuse);
  const steps = timeline(
    "Position of the window",
    (step) => pin(cellAt(step, sizeNow()[1])),
    (step) => `${step + 1} of ${sizeNow()[0] * sizeNow()[1]}`,
  );
  const code = codePanel(LIBRARIES, (library) => {
    if (!result) return "";
    const { image } = result.setting;
    return codeFor(library, result, image === arrays.picture() ? get("image") : pack(image.data, image.shape));
  });
  const sum = arithmetic();
  const sentence = h("div", { class: "sentence" }, input.el, sign("∗"), kernel.el, sign("="), output.el);

  // ---- drawing -----------------------------------------------------------------------------------
  const showControls = () => {
    traits.show();
    const [image, { shape }] = [arrays.image(), arrays.kernel()];
    const plain = KEYS.filter((key) => key !== "image" && key !== "kernel").map((key) => JSON.stringify(get(key)));
    if (!controlsDiffer(image, `${shape}`, get("show"), ...plain)) return;
    input.show();
    kernel.show();
    output.show(image.shape[0]);
    windows.show();
  };

  /** A setting without a feature map: the picture as it is, and why. */
  const drawNone = (image: NdArray) => {
    input.draw(
      Array.from({ length: image.shape[0] }, (_, c) => planeAt(image, c)),
      undefined,
      output.zoomed() ? pinned() : undefined,
    );
    input.grid.mark([]);
    output.clear();
    steps.show(0, 1);
    sum.textContent = `This setting has no feature map: ${problem}.`;
    code.show();
  };

  const drawFocus = () => {
    if (!result) return;
    const story = storyOf(result, focus, pinned());
    patch(sum, story.nodes);
    input.grid.mark(story.input);
    kernel.grid.mark(story.kernel);
    output.grid.mark(story.output);
  };

  let settle: ReturnType<typeof setTimeout> | undefined;
  const update = () => {
    const next = settingOf(get, arrays);
    clearTimeout(settle);
    sentence.classList.toggle("lines", next.image.shape[1] * 4 <= next.image.shape[2]);
    try {
      const before = result;
      result = compute(next, result);
      problem = "";
      // One weight's change is added to the last map; once the hand rests, all is computed anew.
      if (before?.parts === result.parts && before.setting.kernel !== next.kernel)
        settle = setTimeout(() => ((result = undefined), update()), REST);
    } catch (error) {
      result = undefined;
      problem = (error as Error).message;
    }
    showControls();
    windows.write(result?.geometry);
    kernel.draw(result?.divisor);
    if (!result) return drawNone(next.image);
    const at = pinned();
    input.draw(result.padded, result.geometry, output.zoomed() ? at : undefined);
    output.draw(result, at);
    steps.show(at.row * sizeNow()[1] + at.col, sizeNow()[0] * sizeNow()[1]);
    drawFocus();
    code.show();
  };

  open(el, [...traits.buttons, code.button], code.el, sentence, steps.el, sum, h("hr"), windows.el, windows.sizes);
  return () => {
    close();
    for (const { grid } of [input, kernel, output]) grid.destroy();
    clearTimeout(settle);
    steps.stop();
  };
});
