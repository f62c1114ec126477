/** The backpropagation stepper's controls: each goes as far as is legal, and says why it goes no further. */
import type { Pair } from "../../math/shapes";
import { segments } from "../../ui/controls/controls";
import { type Knob, knob } from "../../ui/controls/knob";
import { numbered } from "../../ui/controls/numbered";
import { changes, h } from "../../ui/dom";
import { row } from "../../ui/frame";
import type { Store } from "../../ui/state/store";
import { lastOf, perAxisText } from "../../ui/state/window-settings";
import { firstOf, type Moment, type Part, perChannel, type Pool, pools, type Route, type Scene, stepAt } from "./math";
import {
  type Arrays,
  countsOf,
  objection,
  refitted,
  sidesShape,
  type State,
  type Traits,
  traitsOf,
  withCounts,
  withSides,
} from "./state";

export interface Controls {
  /** Where in the process one is. */
  parts: HTMLElement;
  /** Rows of controls, in the order in which they stand. */
  rows: HTMLElement[];
  /** Show today's traits, and what they make; nothing where they have no output. */
  show(scene: Scene | undefined): void;
  /** Show what belongs to the step. */
  showStep(now: Moment): void;
}

/** What a dial's number is, and what it changes. */
interface Dial {
  low: number;
  high: number;
  now(): number;
  changes(value: number): Partial<Traits>;
  /** What of the changes matters for what is legal, where that is less work. */
  shapes?(value: number): Partial<Traits>;
  numbers?(scene: Scene): readonly (number | Pair)[];
}

const MOST = 3; // channels, and kernels

/** What a choice is called, and what it does. */
type Told = [text: string, does: string];
const PASSES: Record<Part, Told> = {
  z: ["conv", "each window of X gives one Z"],
  a: ["ReLU", "what is negative in Z becomes 0 in A"],
  p: ["pool", "each window of A gives one P"],
  da: ["dA", "back through the pooling"],
  dz: ["dZ", "back where Z is positive"],
  dx: ["dX", "back through the weights"],
  dw: ["dW", "of each weight, over all its uses"],
  db: ["db", "of each bias, the sum of dZ"],
};
const POOLS: Record<Pool, Told> = {
  max: ["max", "its gradient goes to the first largest of a window"],
  mean: ["average", "its gradient is shared by all of a window"],
  none: ["none", "A is what comes out"],
};
const ROUTES: Record<Route, Told> = {
  scatter: ["scatter", "each dZ stamps its kernel on dX"],
  gather: ["full convolution", "the rotated kernel slides over dZ in zeros"],
};
const choices = (all: Record<string, Told>): [string, string, string][] =>
  Object.entries(all).map(([value, [text, does]]) => [value, text, `${text}: ${does}`]);

export const controls = (
  store: Store<State>,
  arrays: () => Arrays,
  say: (text: string, alarm?: boolean) => void,
  showChannel: (c: number) => void,
): Controls => {
  const { get, set } = store;
  const traits = () => traitsOf(get);
  const why = (changes: Partial<Traits>): string => objection({ ...traits(), ...changes });
  let scene: Scene | undefined;
  let now: Moment | undefined;

  /** Change traits if that is legal, else say why it is not. */
  const wish = (what: string, changes: Partial<Traits>, group?: string) => {
    const reason = why(changes);
    say(reason ? `${what} is not possible: ${reason}.` : "", Boolean(reason));
    if (reason) show();
    else set(refitted(traits(), arrays(), changes), group);
  };

  const dial = (label: string, { low, high, now, changes, shapes = changes, numbers }: Dial): Knob =>
    knob({
      label,
      low,
      high: () => Math.max(high, now()),
      now,
      text: (value) => (scene && numbers ? perAxisText(numbers(scene), value) : String(value)),
      say,
      why: (value) => why(shapes(value)),
      take: (value) => wish(`${label} ${value}`, changes(value), label),
    });
  const trait = (
    label: string,
    name: "stride" | "padding" | "dilation" | "pool_kernel",
    low: number,
    high: number,
    numbers: Dial["numbers"],
  ) => dial(label, { low, high, now: () => lastOf(get(name)), changes: (value) => ({ [name]: value }), numbers });
  const side = (label: string, name: "x" | "weight", high: number, numbers: Dial["numbers"]) =>
    dial(label, {
      low: 1,
      high,
      now: () => lastOf(get(name).shape),
      changes: (value) => withSides(traits(), arrays(), name, value),
      shapes: (value) => ({ [name]: { ...get(name), shape: sidesShape(traits(), name, value) } }),
      numbers,
    });
  const counts = () => countsOf(traits());
  const dials = {
    stride: trait("stride", "stride", 1, 4, ({ g }) => g.stride),
    padding: trait("padding", "padding", 0, 2, ({ g }) => g.padding),
    dilation: trait("dilation", "dilation", 1, 3, ({ g }) => g.dilation),
    n: side("n", "x", 8, ({ g }) => g.input),
    k: side("k", "weight", 5, ({ g }) => g.kernel),
    inputs: dial("channels", {
      low: 1,
      high: MOST,
      now: () => counts()[0],
      changes: (value) => withCounts(traits(), arrays(), value, counts()[1]),
      shapes: () => ({}),
    }),
    kernels: dial("kernels", {
      low: 1,
      high: MOST,
      now: () => counts()[1],
      changes: (value) => withCounts(traits(), arrays(), counts()[0], value),
      shapes: () => ({}),
    }),
    poolKernel: trait("window", "pool_kernel", 1, 4, ({ q }) => q.kernel),
    poolStride: dial("its stride", {
      low: 1,
      high: 4,
      now: () => lastOf(get("pool_stride") ?? get("pool_kernel")),
      changes: (value) => ({ pool_stride: value }),
      numbers: ({ q }) => q.stride,
    }),
  };

  const pooling = segments("Pooling", choices(POOLS), (value) => wish(`Pooling “${value}”`, { pool: value as Pool }));
  const route = segments("How dX is computed", choices(ROUTES), (value) => {
    const route = value as Route;
    const other = scene && now?.part === "dx" ? { ...scene, setting: { ...scene.setting, route } } : undefined;
    set({ route, ...(other && { step: firstOf(other, "dx", now!.k) }) });
  });
  const parts = segments(
    "Part of the process",
    choices(PASSES),
    (part) => {
      const step = scene && firstOf(scene, part as Part, now?.k ?? 0);
      if (step !== undefined) set({ step });
    },
    "segments passes",
  );
  const kernel = numbered("kernel", MOST, (k) => scene && now && set({ step: stepAt(scene, { ...now, k }) }));
  const channel = numbered("channel", MOST, (c) => {
    const each = scene && now && perChannel(scene, now.part);
    if (each) set({ step: stepAt(scene!, { ...now!, item: c * each + (now!.item % each) }) });
    showChannel(c);
  });

  const show = () => {
    pooling.show(get("pool"));
    route.show(get("route"));
    dials.poolKernel.el.hidden = dials.poolStride.el.hidden = get("pool") === "none";
    for (const button of parts.el.querySelectorAll("button"))
      button.hidden = Boolean(scene && !pools(scene) && ["p", "da"].includes(button.dataset.value!));
    for (const each of Object.values(dials)) if (!each.el.hidden) each.show();
    store.show();
  };
  const { stride, padding, dilation, n, k, inputs, kernels, poolKernel, poolStride } = dials;
  // What is legal is a matter of sizes: a drag of a number leaves the dials alone.
  const settingsChanged = changes();
  return {
    parts: row(parts.el, kernel.el, channel.el),
    rows: [
      row(h("span", { class: "name t-gradient" }, "dX by"), route.el),
      row(pooling.el, poolKernel.el, poolStride.el),
      row(stride.el, padding.el, dilation.el),
      row(n.el, k.el, inputs.el, kernels.el),
    ],
    show: (next) => {
      scene = next;
      if (settingsChanged(JSON.stringify(traits(), (key, value) => key !== "data" && value))) show();
      else store.show();
    },
    showStep: (next) => {
      now = next;
      parts.show(next.part);
      kernel.show(next.k, counts()[1]);
      channel.show(next.c, counts()[0]);
    },
  };
};
