/** The kernel editor's settings of the window (stride, padding, dilation) with the bias, and the formulas of the
 * output's size. */
import { type Geometry, type PaddingMode, type PerAxis, rests } from "../../math/shapes";
import { number, select, slider } from "../../ui/controls/controls";
import { changes, h } from "../../ui/dom";
import { sidesOf, sizeFormulas, sizePanel } from "../../ui/words/formula";
import { firstOf, mostDilation, PADDING_MODES, paddingLimits, type Sides } from "../../ui/state/window-settings";
import { type Arrays, LARGEST_KERNEL, type Traits, wouldFit } from "./state";

const LARGEST_STEP = 8; // of stride and dilation

/** The one number that a slider shows for all axes: that of the width, before. */
export const shownNumber = (value: PerAxis | Sides): number =>
  firstOf(typeof value === "number" ? value : value.at(-1)!);

export interface WindowControls {
  /** The controls. */
  el: HTMLElement;
  /** The formulas. */
  sizes: HTMLElement;
  /** Show what is chosen, and what may be. */
  show(): void;
  /** Write the formulas; without a geometry, of a window that does not fit. */
  write(geometry: Geometry | undefined): void;
}

export const windowControls = ({ get, set }: Traits, arrays: Arrays, refuse: (why: string) => void): WindowControls => {
  /** A signal is padded along its length alone. */
  const isSignal = () => arrays.image().shape[1] === 1 && arrays.kernel().shape[1] === 1;
  const stride = slider("stride", 1, LARGEST_STEP, (value) => set({ stride: value }, "stride"));
  const padding = slider("padding", 0, LARGEST_KERNEL, (value) =>
    set(
      {
        padding: isSignal()
          ? [
              [0, 0],
              [value, value],
            ]
          : value,
      },
      "padding",
    ),
  );
  const mode = select("Padding mode", PADDING_MODES, (value) =>
    wouldFit(get, { padding_mode: value as PaddingMode })
      ? set({ padding_mode: value as PaddingMode })
      : refuse(`There are too few pixels for ${value} padding this wide`),
  );
  const dilation = slider("dilation", 1, LARGEST_STEP, (value) => set({ dilation: value }, "dilation"));
  const bias = number("bias", (value) => set({ bias: value }));
  const sizes = sizePanel();

  const differs = changes();
  return {
    el: h("div", { class: "cnn-row geometry" }, stride.el, padding.el, mode.el, dilation.el, bias.el),
    sizes: sizes.el,
    show: () => {
      const [s, p, d] = [get("stride"), get("padding"), get("dilation")].map(shownNumber);
      const [input, kernel] = [arrays.image(), arrays.kernel()].map(({ shape }) => shape.slice(isSignal() ? 2 : 1));
      padding.limit(...paddingLimits(get("padding_mode"), input, kernel, LARGEST_KERNEL, d));
      dilation.limit(1, mostDilation(input, kernel, p, LARGEST_STEP));
      stride.show(s);
      padding.show(p);
      dilation.show(d);
      mode.show(get("padding_mode"));
      bias.show(get("bias"));
    },
    write: (g) => {
      const [s, p, d] = [get("stride"), get("padding"), get("dilation")].map(shownNumber);
      const [, ...kernel] = arrays.kernel().shape;
      const sides = g
        ? sidesOf(g)
        : arrays
            .image()
            .shape.slice(1)
            .map((n, axis) => ({ n, k: kernel[axis], s, d, before: p, after: p }));
      if (!differs(JSON.stringify(sides), `${g?.output}`)) return;
      const from = isSignal() ? 1 : 0;
      sizes.show(sizeFormulas(sides.slice(from), g?.output.slice(from)), g ? rests(g) : []);
    },
  };
};
