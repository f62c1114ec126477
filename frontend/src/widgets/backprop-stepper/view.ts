/** Backpropagation through convolution, ReLU and pooling: every number, its sum, and every path of a gradient.
 *
 * The traits (`state`) make a scene (`math`). What it shows at a step, while a cell is looked at (`places`), is
 * computed as data: numbers (`planes`), marks (`marks`), words (`arithmetic`). `drawing` puts it on the page, `grids`
 * and `controls` take what the reader does. */
import type { View } from "../../model";
import { codePanel } from "../../ui/controls/code-panel";
import { timeline } from "../../ui/controls/timeline";
import { changes, h, patch } from "../../ui/dom";
import { arithmetic, frame } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { lostText } from "../../ui/words/formula";
import { rests } from "../../math/shapes";
import { explain, ruleOf } from "./arithmetic";
import { codeFor, LIBRARIES } from "./code";
import { controls } from "./controls";
import { drawing } from "./drawing";
import { makeGrids } from "./grids";
import { compute, entryOf, type Moment, momentAt, type Scene, stepAt, stepsOf } from "./math";
import { type Focus, indexAt, NAMES, stepOfCell, subjectAt, subjectOf, WRITTEN } from "./places";
import { type Tops, topsOf } from "./planes";
import { SCHEMA } from "./schema";
import { changed, KEYS, settingOf, type State, type Traits, traitsOf, unpacker } from "./state";

export const BackpropStepper: View = checked(SCHEMA, ({ model, el }) => {
  let shown: { scene: Scene; tops: Tops } | undefined; // nothing where the traits have no output
  let problem = ""; // then: why
  let sizes = ""; // those of the grids
  let focus: Focus | undefined; // what the pointer or the keyboard is on; else the step
  let channel = 0; // of the input, shown where a step belongs to all

  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame(
    "Backpropagation stepper",
    model,
    [...KEYS, "step"],
    () => update(),
  );
  const state = store<State>(model, KEYS, root, schedule);
  const { get, set, endGroup, takeBack } = state;
  const unpacked = unpacker();
  const arrays = () => unpacked(traitsOf(get));
  const traitsChanged = changes();
  const now = (scene: Scene): Moment => momentAt(scene, get("step"), channel);

  /** Where a written cell's number stands in its array. */
  const entryAt = (scene: Scene, { on, cell }: Focus): number | undefined => {
    const at = indexAt(scene, on, cell);
    const { k, c } = now(scene);
    return at === undefined ? undefined : entryOf(scene, NAMES[on], k, c, at);
  };

  // ---- page --------------------------------------------------------------------------------------
  const look = (next: Focus | undefined, aloud = false) => {
    const to = aloud && next && shown ? stepOfCell(shown.scene, now(shown.scene), next) : undefined;
    focus = to === undefined ? next : undefined;
    if (to === undefined) drawStep();
    else set({ step: to });
    if (aloud) announce(() => sum.textContent ?? "");
  };
  const grids = drawing(
    makeGrids({
      look,
      endGroup,
      takeBack,
      say,
      values: (on) => arrays()[WRITTEN[on]].data,
      entry: (cell) => shown && entryAt(shown.scene, cell),
      change: (on, entry, value, group) => {
        const name = WRITTEN[on];
        set({ [name]: changed(get(name), arrays()[name], entry, value) }, group);
      },
    }),
  );
  const settings = controls(state, arrays, say, (c) => {
    channel = c;
    schedule();
  });
  const code = codePanel(LIBRARIES, (library) => (shown ? codeFor(library, shown.scene) : ""));
  const line = timeline(
    "Step of the process",
    (to) => {
      focus = undefined;
      set({ step: to });
    },
    (at) => `${at + 1} of ${shown ? stepsOf(shown.scene) : 1}`,
  );
  const rule = h("div", { class: "rule", tabindex: 0, role: "group", "aria-label": "The rule" });
  const sum = arithmetic();
  const note = h("div", { class: "note" });

  // ---- drawing -----------------------------------------------------------------------------------
  const drawStep = () => {
    if (!shown) return;
    const { scene, tops } = shown;
    const moment = now(scene);
    const subject = focus ? subjectAt(scene, moment, focus) : subjectOf(scene, moment);
    grids.show(scene, tops, moment, subject, focus);
    patch(rule, ruleOf(scene, subject));
    patch(sum, explain(scene, moment, subject));
    line.show(stepAt(scene, moment), stepsOf(scene));
    settings.showStep(moment);
  };

  /** A setting without an output: say why, and show nothing. */
  const drawNone = () => {
    grids.clear();
    for (const element of [rule, note]) element.replaceChildren();
    line.show(0, 1);
    sum.textContent = `This setting has no output: ${problem}.`;
  };

  // ---- from the traits to the page -----------------------------------------------------------------
  const sceneOf = (traits: Traits): Scene | undefined => {
    try {
      return compute(settingOf(traits, unpacked(traits)));
    } catch (error) {
      problem = (error as Error).message;
      return undefined;
    }
  };
  const update = () => {
    const traits = traitsOf(get);
    if (traitsChanged(...KEYS.map((key) => traits[key]))) {
      const scene = sceneOf(traits);
      shown = scene && { scene, tops: topsOf(scene) };
      const shape = JSON.stringify(scene && [scene.g, scene.q, scene.inputs, scene.kernels, traits.pool]);
      if (shape !== sizes) focus = undefined; // its cell may be gone
      sizes = shape;
      settings.show(scene);
      if (!scene) return drawNone();
      note.textContent = lostText(rests(scene.g));
      code.show();
    }
    drawStep();
  };

  open(
    el,
    [...state.buttons, code.button],
    code.el,
    grids.rows,
    settings.parts,
    line.el,
    rule,
    sum,
    grids.bench,
    h("hr"),
    ...settings.rows,
    note,
  );
  return () => {
    close();
    grids.destroy();
    line.stop();
  };
});
