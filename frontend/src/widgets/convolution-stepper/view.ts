/** Convolution, one window at a time: 1-D to 3-D, ordinary and transposed, with channels and groups.
 *
 * The traits (`state`) make a scene (`math`). What it shows at a step, while a cell is looked at (`places`),
 * is computed as data: numbers (`planes`), marks (`marks`), words (`arithmetic`). `drawing` puts it on
 * the page, `grids` and `controls` take what the reader does. */
import type { View } from "../../model";
import { codePanel } from "../../ui/controls/code-panel";
import { changes, h, patch } from "../../ui/dom";
import { frame } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { timeline } from "../../ui/controls/timeline";
import { explain, noteOn, writeIndices, writeSizes } from "./arithmetic";
import { callFor, codeFor, LIBRARIES } from "./code";
import { controls } from "./controls";
import { sentence } from "./drawing";
import { gridMakers } from "./grids";
import { compute, type Scene, stepsOf } from "./math";
import { entryOf, type Focus, hasParts, pinned, pivotOf, stepOf } from "./places";
import { KEYS, settingOf, type State, type Traits, traitsOf, unpacker, withNumber } from "./state";
import { type Sums, sumsOf } from "./sums";
import { SCHEMA } from "./schema";

const NUMBERS = { input: "x", kernel: "dense" } as const; // the trait that a grid writes

export const ConvolutionStepper: View = checked(SCHEMA, ({ model, el }) => {
  let shown: { scene: Scene; sums: Sums } | undefined; // nothing where the traits have no output
  let problem = ""; // then: why
  let sizes = ""; // those of the grids
  let focus: Focus | undefined; // what the pointer or the keyboard is on; else the pinned step

  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame("Convolution stepper", model, [...KEYS, "step"], () =>
    update(),
  );
  const state = store<State>(model, KEYS, root, schedule);
  const { get, set, endGroup, takeBack } = state;
  const unpacked = unpacker();
  const arrays = () => unpacked(traitsOf(get));
  const traitsChanged = changes();
  const step = () => (shown ? pinned(shown.scene, get("step")) : 0);

  // ---- page --------------------------------------------------------------------------------------
  const look = (next: Focus | undefined, aloud = false) => {
    const to = aloud && next && shown ? stepOf(shown.scene, next) : undefined;
    focus = to === undefined ? next : undefined;
    if (to === undefined) drawStep();
    else set({ step: to });
    if (aloud) announce(() => sum.textContent ?? "");
  };
  const grids = sentence(
    gridMakers({
      look,
      endGroup,
      takeBack,
      say,
      values: (on) => arrays()[NUMBERS[on]].data,
      entry: (cell) => shown && entryOf(shown.scene, pivotOf(shown.scene, step(), focus).channel, cell),
      change: (on, entry, value, group) =>
        set({ [NUMBERS[on]]: withNumber(get(NUMBERS[on]), arrays()[NUMBERS[on]], entry, value) }, group),
    }),
  );
  const settings = controls(state, arrays, say);
  const code = codePanel(LIBRARIES, (library) => (shown ? codeFor(library, shown.scene) : ""));
  const line = timeline(
    "Position of the window",
    (to) => {
      focus = undefined;
      set({ step: to });
    },
    (at) => `${at + 1} of ${shown ? stepsOf(shown.scene) : 1}`,
  );
  const formulas = h("div", { class: "formula", tabindex: 0, role: "group", "aria-label": "The output size" });
  const note = h("div", { class: "note" });
  const indices = [h("div"), h("div")];
  const expressions = h("div", { class: "indices", "aria-label": "Index expressions", role: "group" }, ...indices);
  const sum = h("div", { class: "sum", tabindex: 0, role: "group", "aria-label": "The arithmetic" });
  const call = h("code", { class: "call", tabindex: 0, role: "group", "aria-label": "The call that makes it" });

  // ---- drawing -----------------------------------------------------------------------------------
  /** What does not change from step to step. */
  const drawScene = (scene: Scene) => {
    formulas.replaceChildren(...writeSizes(scene));
    note.textContent = noteOn(scene);
    expressions.classList.toggle("long", hasParts(scene));
    call.textContent = callFor(scene);
    code.show();
  };

  const drawStep = () => {
    if (!shown) return;
    const { scene, sums } = shown;
    const { channel, at } = pivotOf(scene, step(), focus);
    grids.show(scene, sums, step(), focus);
    writeIndices(scene, channel, at).forEach((nodes, i) => patch(indices[i], nodes));
    patch(sum, explain(scene, sums, step(), focus));
    line.show(step(), stepsOf(scene));
    settings.showStep();
  };

  /** A setting without an output: say why, and show nothing. */
  const drawNone = () => {
    grids.clear();
    for (const element of [formulas, note, call, ...indices]) element.replaceChildren();
    line.show(0, 1);
    sum.textContent = `This setting has no output: ${problem}.`;
  };

  // ---- from the traits to the page -----------------------------------------------------------------
  const sceneOf = (now: Traits): Scene | undefined => {
    try {
      return compute(settingOf(now, unpacked(now)));
    } catch (error) {
      problem = (error as Error).message;
      return undefined;
    }
  };
  const update = () => {
    const now = traitsOf(get);
    if (traitsChanged(...KEYS.map((key) => now[key]))) {
      const scene = sceneOf(now);
      shown = scene && { scene, sums: sumsOf(scene) };
      const shape = JSON.stringify(
        scene && [scene.seen.map(({ source }) => source.length), scene.g, scene.inputs, scene.outputs, scene.scatters],
      );
      if (shape !== sizes) focus = undefined; // its cell may be gone
      sizes = shape;
      settings.show(scene);
      if (!shown) return drawNone();
      drawScene(shown.scene);
    }
    drawStep();
  };

  open(
    el,
    [...state.buttons, code.button],
    code.el,
    grids.el,
    line.el,
    expressions,
    sum,
    h("hr"),
    ...settings.rows,
    h("div", { class: "formula" }, formulas, note),
    call,
  );
  return () => {
    close();
    grids.destroy();
    line.stop();
  };
});
