/** The backpropagation stepper's controls: each goes as far as is legal, and says why it goes no further. */
import type { Pair } from "../../math/shapes";
import { segments } from "../../ui/controls/controls";
import { type Knob, knob } from "../../ui/controls/knob";
import { h } from "../../ui/dom";
import { row } from "../../ui/frame";
import type { Store } from "../../ui/state/store";
import { lastOf, perAxisText } from "../../ui/state/window-settings";
import {
  firstOf,
  type Moment,
  type Part,
  PARTS,
  perChannel,
  type Pool,
  pools,
  type Route,
  type Scene,
  stepAt,
} from "./math";
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

const TITLES: Record<Part, [text: string, title: string]> = {
  z: ["conv", "conv: each window of X gives an element of Z"],
  a: ["ReLU", "ReLU: what is negative in Z becomes 0 in A"],
  p: ["pool", "pool: each window of A gives an element of P"],
  da: ["dA", "dA: back through the pooling"],
  dz: ["dZ", "dZ: back through the ReLU, where Z is positive"],
  dx: ["dX", "dX: back through the weights to the input"],
  dw: ["dW", "dW: of each weight, a sum over all its uses"],
  db: ["db", "db: of each bias, the sum of its dZ"],
};

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
      high: 3,
      now: () => counts()[0],
      changes: (value) => withCounts(traits(), arrays(), value, counts()[1]),
      shapes: () => ({}),
    }),
    kernels: dial("kernels", {
      low: 1,
      high: 3,
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

  const pooling = segments(
    "Pooling",
    [
      ["max", "max", "max: the largest of each window; its gradient goes to the first that has it"],
      ["mean", "average", "average: the mean of each window; each element gets an equal share of its gradient"],
      ["none", "none", "none: A is what comes out"],
    ],
    (value) => wish(`Pooling “${value}”`, { pool: value as Pool }),
  );
  const route = segments(
    "How dX is computed",
    [
      ["scatter", "scatter", "scatter: each dZ stamps its kernel on dX"],
      ["gather", "full convolution", "full convolution: the kernel, rotated by 180°, slides over dZ framed by zeros"],
    ],
    (value) => {
      const at =
        scene &&
        now &&
        (now.part === "dx"
          ? firstOf({ ...scene, setting: { ...scene.setting, route: value as Route } }, "dx", now.k)
          : undefined);
      set({ route: value as Route, ...(at === undefined ? {} : { step: at }) });
    },
  );
  const parts = segments(
    "Part of the process",
    PARTS.map((part) => [part, ...TITLES[part]]),
    (part) => {
      const step = scene && firstOf(scene, part as Part, now?.k ?? 0);
      if (step !== undefined) set({ step });
    },
    "segments passes",
  );
  const choice = (noun: string, many: () => number, take: (index: number, now: Moment, scene: Scene) => void) => {
    const { el, show } = segments(
      `The ${noun} that is shown`,
      [0, 1, 2].map((index) => [String(index), `${index}`, `${noun} ${index}`]),
      (index) => scene && now && take(Number(index), now, scene),
    );
    const buttons = [...el.children] as HTMLElement[];
    const label = h("span", { class: "cnn-row dims" }, noun, el);
    return {
      el: label,
      show: (index: number) => {
        label.hidden = many() === 1;
        buttons.forEach((button, i) => (button.hidden = i >= many()));
        show(String(index));
      },
    };
  };
  const kernel = choice(
    "kernel",
    () => counts()[1],
    (k, now, scene) => set({ step: stepAt(scene, { ...now, k }) }),
  );
  const channel = choice(
    "channel",
    () => counts()[0],
    (c, now, scene) => {
      const each = perChannel(scene, now.part);
      if (each) set({ step: stepAt(scene, { ...now, item: c * each + (now.item % each) }) });
      showChannel(c);
    },
  );

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
      show();
    },
    showStep: (next) => {
      now = next;
      parts.show(next.part);
      kernel.show(next.k);
      channel.show(next.c);
    },
  };
};
