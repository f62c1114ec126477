/** The volume viewer's settings: the axis that slices lie across, the window, and the menu of kernels. */
import type { PaddingMode } from "../../math/shapes";
import { segments, select, slider, toggle } from "../../ui/controls/controls";
import { type Preset, presetMenu } from "../../ui/controls/preset-menu";
import { h } from "../../ui/dom";
import { firstOf, PADDING_MODES, paddingLimits, perAxisText } from "../../ui/state/window-settings";
import type { Result } from "./math";
import { AXES } from "./places";
import { type State, type Traits, wouldFit } from "./state";

const LARGEST_STRIDE = 4;
const LARGEST_PADDING = 4;

/** What the controls ask of the view. */
export interface Asks {
  /** What the traits come to, if anything. */
  result(): Result | undefined;
  toAxis(axis: number): void;
  say(text: string, alarm?: boolean): void;
  schedule(): void;
}

export interface Controls {
  el: HTMLElement;
  /** The menu of kernels, which stands at the kernel. */
  menu: HTMLElement;
  /** Whether the grids are zoomed into numbers. */
  zoomed(): boolean;
  /** Show what is chosen, and what may be. */
  show(): void;
}

export const controls = (
  { get, set, show }: Traits,
  presets: Preset[],
  { result, toAxis, say, schedule }: Asks,
): Controls => {
  let zoomed = false;
  /** Change what still leaves a feature map; else say why not, and show what is. */
  const wish = (changes: Partial<State>, why: string) => {
    if (wouldFit(get, changes)) set(changes);
    else say(`${why}; nothing was changed.`, true);
    schedule();
  };
  const axes = segments(
    "Slices across",
    AXES.map((name, a): [string, string, string] => [
      String(a),
      name,
      `slices across ${["depth", "height", "width"][a]}`,
    ]),
    (value) => toAxis(Number(value)),
  );
  const menu = presetMenu(presets, (chosen) =>
    chosen
      ? wish({ kernel: chosen.kernel }, `${chosen.label} needs ${chosen.kernel.shape.join(" × ")} voxels`)
      : schedule(),
  );
  const dial = (name: "stride" | "padding", least: number, most: number) =>
    slider(
      name,
      least,
      most,
      (value) => set({ [name]: value }, name),
      (value) => perAxisText(result()?.geometry[name] ?? [], value),
    );
  const stride = dial("stride", 1, LARGEST_STRIDE);
  const padding = dial("padding", 0, LARGEST_PADDING);
  const mode = select("Padding mode", PADDING_MODES, (value) =>
    wish({ padding_mode: value as PaddingMode }, `There are too few voxels for ${value} padding this wide`),
  );
  const lens = toggle(
    "123",
    (on) => {
      zoomed = on;
      schedule();
    },
    "Zoom into the numbers around the window",
  );
  return {
    el: h(
      "div",
      { class: "cnn-row geometry" },
      h("span", { class: "cnn-row" }, "slices across", axes.el),
      lens.el,
      stride.el,
      padding.el,
      mode.el,
    ),
    menu: menu.el,
    zoomed: () => zoomed,
    show: () => {
      const p = firstOf(get("padding"));
      const [least, most] = paddingLimits(
        get("padding_mode"),
        get("volume").shape,
        get("kernel").shape,
        LARGEST_PADDING,
      );
      axes.show(String(get("axis")));
      menu.show(menu.nameOf(get("kernel")));
      lens.show(zoomed);
      stride.limit(1, Math.max(LARGEST_STRIDE, ...[get("stride")].flat()));
      padding.limit(least, Math.max(p, most));
      stride.show(firstOf(get("stride")));
      padding.show(p);
      mode.show(get("padding_mode"));
      show();
    },
  };
};
