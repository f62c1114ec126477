/** A volume in slices across any axis, a 3-D kernel, and the feature map that it makes.
 *
 * The traits (`state`) are convolved (`math`). Where they look (`places`), slices are shown as data: numbers
 * (`planes`), marks (`marks`), words (`arithmetic`). `panels` puts them on the page and takes what the hand does
 * there, `controls` takes the settings. */
import { paddedShape, rests } from "../../math/shapes";
import type { View } from "../../model";
import { codePanel } from "../../ui/controls/code-panel";
import type { Preset } from "../../ui/controls/preset-menu";
import { timeline } from "../../ui/controls/timeline";
import { changes, h } from "../../ui/dom";
import { arithmetic, frame } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { pack, unpackOnce, withNumber } from "../../ui/state/packed";
import { store } from "../../ui/state/store";
import { short } from "../../ui/words/format";
import { sidesOf, sizeFormulas, sizePanel } from "../../ui/words/formula";
import { explain } from "./arithmetic";
import { codeFor, LIBRARIES } from "./code";
import { controls } from "./controls";
import { storyOf } from "./marks";
import { compute, flat, place, type Result } from "./math";
import { panels } from "./panels";
import { AXES, cellOf, clamped, type Focus, spotOf, toAxis, toCell, toKernel, toOutput, type Where } from "./places";
import { bareSliced, inputSliced, kernelSliced, outputSliced } from "./planes";
import { ALSO, KEYS, settingOf, type State } from "./state";
import { SCHEMA } from "./schema";

export const VolumeViewer: View = checked(SCHEMA, ({ model, el }) => {
  let result: Result | undefined; // none where the kernel does not fit
  let problem = ""; // then: why
  let focus: Focus | undefined; // what the pointer or the keyboard is on; else the pinned output

  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame("Volume viewer", model, [...KEYS, ...ALSO], () =>
    update(),
  );
  const traits = store<State>(model, KEYS, root, schedule);
  const { get, set, endGroup, takeBack } = traits;
  const [volumeOf, kernelOf] = [unpackOnce(), unpackOnce()];
  const volume = () => volumeOf(get("volume"));
  const kernel = () => kernelOf(get("kernel"));
  const where = (): Where => ({ axis: get("axis"), index: get("index"), cursor: get("cursor") });
  const before = () => result?.geometry.padding[get("axis")][0] ?? 0;
  const spoken = () => sum.textContent ?? "";

  // ---- page --------------------------------------------------------------------------------------
  const toInput = (slice: number) => {
    focus = undefined;
    set({ index: slice - before() });
  };
  const settings = controls(traits, (model.get("presets") as Preset[]) ?? [], {
    result: () => result,
    toAxis: (axis) => set(result ? toAxis(result, spotOf(result, where()), axis) : { axis }),
    say,
    schedule,
  });
  const grids = panels(
    {
      look: (next, aloud = false) => {
        focus = next;
        drawFocus();
        if (aloud) announce(spoken);
      },
      pin: (cell) => {
        focus = undefined;
        if (result) set(toCell(spotOf(result, where()), cell));
        announce(spoken);
      },
      go: {
        input: toInput,
        kernel: (slice) => {
          focus = undefined;
          if (result) set(toKernel(result, spotOf(result, where()), slice));
        },
        output: (slice) => result && set(toOutput(result, spotOf(result, where()), slice)),
      },
      weights: () => kernel().data,
      entry: ({ row, col }) => {
        const slice = result ? spotOf(result, where()).slices.kernel : 0;
        return flat(place(get("axis"), slice, row, col), kernel().shape);
      },
      change: (entry, value, group) =>
        set({ kernel: pack(withNumber(kernel().data, entry, value), kernel().shape) }, group),
      endGroup,
      takeBack,
      say,
    },
    settings.menu,
  );
  const code = codePanel(LIBRARIES, (library) =>
    result ? codeFor(library, result, get("volume"), get("kernel")) : "",
  );
  const line = timeline("Slice", toInput, (at) => `${AXES[get("axis")]} = ${short(at - before())}`);
  const sizes = sizePanel();
  const sum = arithmetic("sum tall");

  // ---- drawing -----------------------------------------------------------------------------------
  const drawFocus = () => {
    if (!result) return;
    const spot = spotOf(result, where());
    const story = storyOf(result, spot, focus);
    grids.mark(story, spot);
    sum.replaceChildren(...explain(result, spot.axis, story.target));
  };

  const drawResult = (now: Result) => {
    const { geometry: g } = now;
    const spot = spotOf(now, where());
    const { axis, slices, at } = spot;
    grids.draw("kernel", kernelSliced(kernel(), axis, slices.kernel), settings.zoomed());
    grids.draw("input", inputSliced(now, spot), settings.zoomed());
    grids.draw("output", outputSliced(now, spot), settings.zoomed());
    grids.pinned(cellOf(at, axis));
    sizes.show(sizeFormulas(sidesOf(g, false), g.output), rests(g));
    line.show(slices.input, paddedShape(g)[axis]);
    drawFocus();
  };

  /** A setting without a feature map: the volume and the kernel as they are, and why. */
  const drawNone = () => {
    const { axis, index } = where();
    const count = volume().shape[axis];
    const slice = clamped(index, count);
    grids.draw("kernel", kernelSliced(kernel(), axis, 0), false);
    grids.draw("input", bareSliced(volume(), axis, slice), false);
    grids.clear();
    sizes.show([], []);
    line.show(slice, count);
    sum.textContent = `This setting has no feature map: ${problem}.`;
  };

  // ---- from the traits to the page -----------------------------------------------------------------
  const settingDiffers = changes();
  /** Convolve anew, if anything but the place one looks at has changed. */
  const refresh = () => {
    const setting = settingOf(get, volume(), kernel());
    const { stride, padding, mode } = setting;
    if (!settingDiffers(setting.volume, setting.kernel, JSON.stringify([stride, padding, mode]))) return;
    try {
      result = compute(setting, result);
    } catch (error) {
      result = undefined;
      problem = (error as Error).message;
    }
  };

  const update = () => {
    refresh();
    settings.show();
    grids.turn(get("axis"));
    code.show();
    if (result) drawResult(result);
    else drawNone();
  };

  open(el, [...traits.buttons, code.button], code.el, grids.el, line.el, sum, h("hr"), settings.el, sizes.el);
  return () => {
    close();
    grids.destroy();
    line.stop();
  };
});
