/** Pooling, one window at a time: what each output is made of, and where its gradient goes.
 *
 * The traits (`state`) are pooled (`math`). What is shown at a step, while a cell is looked at (`places`), is computed
 * as data: numbers (`planes`), marks (`marks`), words (`arithmetic`). `panels` puts it on the page and takes what the
 * hand does there, `controls` takes the settings. */
import { rests } from "../../math/shapes";
import type { View } from "../../model";
import { codePanel } from "../../ui/controls/code-panel";
import { timeline } from "../../ui/controls/timeline";
import { changes, h } from "../../ui/dom";
import { arithmetic, frame } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { repack, unpackOnce, withNumber } from "../../ui/state/packed";
import { store } from "../../ui/state/store";
import { sidesOf, sizeFormulas, sizePanel } from "../../ui/words/formula";
import { explain } from "./arithmetic";
import { codeFor, LIBRARIES } from "./code";
import { controls } from "./controls";
import { marksOf } from "./marks";
import { compute, type Flow, gradient, type Result } from "./math";
import { panels } from "./panels";
import { channelOf, type Focus, inputAt, outputAt, stepIn, stepsOf, targetOf } from "./places";
import { KEYS, settingOf, type State } from "./state";
import { SCHEMA } from "./schema";

export const PoolingStepper: View = checked(SCHEMA, ({ model, el }) => {
  let result: Result | undefined; // none where the traits have no output
  let problem = ""; // then: why
  let flow: Flow | undefined; // what the gradient switch shows
  let focus: Focus | undefined; // what the pointer or the keyboard is on; else the step

  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame("Pooling stepper", model, [...KEYS, "step"], () =>
    update(),
  );
  const traits = store<State>(model, KEYS, root, schedule);
  const { get, set, endGroup, takeBack } = traits;
  const unpacked = unpackOnce();
  const x = () => unpacked(get("x"));
  const steps = () => (result ? stepsOf(result) : 1);
  const step = () => Math.min(get("step"), steps() - 1);
  const spoken = () => sum.textContent ?? "";
  const change = (at: number, value: number, group?: unknown) => {
    const { data } = x();
    if (data[at] === value) return;
    if (get("gradient") !== "off")
      return say("These are gradients. Switch the gradient off to change the input.", true);
    set({ x: repack(withNumber(data, at, value), get("x")) }, group);
  };

  // ---- page --------------------------------------------------------------------------------------
  const grids = panels({
    look: (next, aloud = false) => {
      focus = next;
      drawFocus();
      if (aloud) announce(spoken);
    },
    pin: (cell) => {
      focus = undefined;
      if (result) set({ step: outputAt(result, channelOf(result, step()), cell) });
      announce(spoken);
    },
    toChannel: (channel) => result && set({ step: stepIn(result, channel, step()) }),
    values: () => x().data,
    entry: (cell) => result && inputAt(result, channelOf(result, step()), cell),
    change,
    endGroup,
    takeBack,
    say,
  });
  const settings = controls(
    traits,
    () => result,
    () => x().shape.slice(-2),
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
  const sizes = sizePanel();
  const sum = arithmetic();
  const sentence = h("div", { class: "sentence pair" }, ...grids.els, settings.el);

  // ---- drawing -----------------------------------------------------------------------------------
  const drawFocus = () => {
    if (!result) return;
    const target = targetOf(result, step(), focus);
    grids.mark(marksOf(result, target));
    sum.replaceChildren(...explain(result, flow, target));
  };

  const drawResult = (now: Result) => {
    const { geometry: g, rank } = now;
    sizes.show(sizeFormulas(sidesOf(g, false).slice(-rank), g.output.slice(-rank)), rests(g).slice(-rank));
    grids.draw(now, flow, step());
    line.show(step(), steps());
    drawFocus();
  };

  /** A setting without an output: say why. */
  const drawNone = () => {
    grids.clear();
    sizes.show([], []);
    line.show(0, 1);
    sum.textContent = `This setting has no output: ${problem}.`;
  };

  // ---- from the traits to the page -----------------------------------------------------------------
  const settingDiffers = changes();
  /** Pool anew, if anything but the step and the gradient has changed. */
  const refresh = () => {
    const setting = settingOf(get, x());
    if (!settingDiffers(setting.x, JSON.stringify({ ...setting, x: undefined }))) return;
    try {
      result = compute(setting);
      grids.drawChannels(result);
    } catch (error) {
      result = undefined;
      problem = (error as Error).message;
    }
  };

  const update = () => {
    refresh();
    const back = get("gradient");
    flow = result && back !== "off" ? gradient(result, back === "step" ? step() : undefined) : undefined;
    sentence.classList.toggle("lines", x().shape.length === 1);
    grids.title(flow !== undefined);
    settings.show();
    code.show();
    if (result) drawResult(result);
    else drawNone();
  };

  open(el, [...traits.buttons, code.button], code.el, sentence, line.el, sum, sizes.el);
  return () => {
    close();
    grids.destroy();
    line.stop();
  };
});
