/** The pooling stepper's settings: how it pools, its window, and what gradient is shown. */
import type { Geometry, Pair } from "../../math/shapes";
import { segments, slider, toggle } from "../../ui/controls/controls";
import { h } from "../../ui/dom";
import { row } from "../../ui/frame";
import { lastOf, perAxisText } from "../../ui/state/window-settings";
import type { Mode, Result } from "./math";
import type { State, Traits } from "./state";

const LARGEST_KERNEL = 16;
const LARGEST_STRIDE = 8;
const GRADIENTS: Record<State["gradient"], string> = {
  off: "Switch it on to see what each input gets.",
  step: "1 arrives at this output, 0 at the others.",
  all: "1 arrives at every output.",
};

export interface Controls {
  el: HTMLElement;
  /** Show what is chosen, and what may be. */
  show(): void;
}

/** `result` is what the traits come to, if anything; `spatial` are the sides that are pooled. */
export const controls = (
  { get, set, show }: Traits,
  result: () => Result | undefined,
  spatial: () => number[],
): Controls => {
  const mode = segments(
    "Pooling",
    [
      ["max", "max"],
      ["mean", "average"],
      ["l2", "L2", "L2: the root of the mean of the squares"],
    ],
    (value) => set({ mode: value as Mode }),
  );

  // ---- the window ----------------------------------------------------------------------------------
  /** What the result has, or else what `otherwise` says. */
  const has = <T>(read: (g: Geometry) => T, otherwise: T): T => {
    const now = result();
    return now ? read(now.geometry) : otherwise;
  };
  /** A slider that shows the axes' numbers where they differ. */
  const dial = (
    name: "kernel" | "stride" | "padding",
    [least, most]: [number, number],
    by?: string,
  ): ReturnType<typeof slider> =>
    slider(
      name,
      least,
      most,
      (value) => set({ [name]: value }, name),
      (value) => {
        const now = result();
        return perAxisText(now ? (now.geometry[name] as (number | Pair)[]).slice(-now.rank) : [], value, by);
      },
    );
  const kernel = dial("kernel", [1, LARGEST_KERNEL], "×");
  const stride = dial("stride", [1, LARGEST_STRIDE]);
  const padding = dial("padding", [0, LARGEST_KERNEL]);
  const global = toggle(
    "global",
    (on) => set(on ? { kernel: "global", padding: 0 } : { kernel: Math.min(2, ...spatial()) }),
    "One window as large as the input",
  );
  const strideNow = (otherwise: number) => has((g) => lastOf(g.stride), otherwise);
  const follow = toggle(
    "= k",
    (on) => set({ stride: on ? null : strideNow(1) }),
    "The kernel’s size: windows touch and don’t overlap",
  );
  const showWindow = () => {
    const isGlobal = get("kernel") === "global";
    const k = has((g) => g.kernel, [get("kernel")].flat().map(Number));
    const p = lastOf(get("padding"));
    const most = Math.min(...spatial().map((n) => n + 2 * p));
    const half = Math.min(...k.slice(-(result()?.rank ?? k.length))) >> 1;
    kernel.limit(Math.max(1, 2 * p), Math.min(LARGEST_KERNEL, most));
    stride.limit(1, Math.max(LARGEST_STRIDE, strideNow(1)));
    padding.limit(0, isGlobal ? 0 : half);
    kernel.show(lastOf(k));
    stride.show(strideNow(lastOf(get("stride") ?? 1)));
    padding.show(p);
    global.show(isGlobal);
    follow.show(get("stride") === null);
    paddingHint.textContent = isGlobal
      ? "One window covers the input: it needs no stride and no padding."
      : `Padding is at most ⌊k/2⌋ = ${half}: no window may be padding alone.`;
    for (const control of [kernel, stride, padding]) control.disable(isGlobal);
  };

  // ---- the gradient, and the page ------------------------------------------------------------------
  const flows = segments(
    "Gradient",
    [
      ["off", "off"],
      ["step", "this y", "of this output"],
      ["all", "all", "of all outputs"],
    ],
    (value) => set({ gradient: value as State["gradient"] }),
  );
  const [paddingHint, gradientHint] = [h("span", { class: "hint" }), h("span", { class: "hint" })];
  return {
    el: h(
      "div",
      { class: "settings", role: "group", "aria-label": "Settings" },
      mode.el,
      row(kernel.el, global.el),
      row(stride.el, follow.el),
      padding.el,
      paddingHint,
      row(h("span", { class: "name t-gradient" }, "Gradient"), flows.el),
      gradientHint,
    ),
    show: () => {
      showWindow();
      mode.show(get("mode"));
      flows.show(get("gradient"));
      gradientHint.textContent = GRADIENTS[get("gradient")];
      show();
    },
  };
};
