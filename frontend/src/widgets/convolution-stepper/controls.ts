/** The convolution stepper's controls: each goes as far as is legal, and says why it goes no further. */
import type { Geometry, Pair, PaddingMode } from "../../math/shapes";
import { number, segments, select } from "../../ui/controls/controls";
import { h, write } from "../../ui/dom";
import { type Knob, knob } from "../../ui/controls/knob";
import type { Store } from "../../ui/state/store";
import { lastOf, PADDING_MODES } from "../../ui/state/window-settings";
import { extras, groupName, legalGroups, type Reading, type Scene, stepAt } from "./math";
import { pinned } from "./places";
import {
  type Arrays,
  countsOf,
  fewerGroups,
  objection,
  rankOf,
  sidesShape,
  type State,
  traitsOf,
  turned,
  withCounts,
  withNumber,
  withSides,
} from "./state";

const LARGEST = { stride: 8, padding: 8, dilation: 6, kernel: 7, channels: 8 };
const LARGEST_SIZE = [0, 32, 32, 8]; // by the number of axes

export interface Controls {
  /** Rows of controls, in the order in which they stand. */
  rows: HTMLElement[];
  /** Show today's traits, and what they make; nothing where they have no output. */
  show(scene: Scene | undefined): void;
  /** Show what belongs to the step. */
  showStep(): void;
}

/** What a dial's number is, and what it changes. */
interface Dial {
  low: number;
  high(): number;
  now(): number;
  changes(value: number): Partial<State>;
  /** What of the changes matters for what is legal, where that is less work. */
  shapes?(value: number): Partial<State>;
  text?(value: number): string;
  remark?(value: number): string;
}

export const controls = (
  store: Store<State>,
  arrays: () => Arrays,
  say: (text: string, alarm?: boolean) => void,
): Controls => {
  const { get, set } = store;
  const traits = () => traitsOf(get);
  const counts = () => countsOf(traits());
  const why = (changes: Partial<State>): string => objection({ ...traits(), ...changes });
  let scene: Scene | undefined;

  /** Change traits if that is legal, else say why it is not. */
  const wish = (what: string, changes: Partial<State>, group?: string, remark = "") => {
    const reason = why(changes);
    say(reason ? `${what} is not possible: ${reason}.` : remark, Boolean(reason));
    if (reason) show();
    else set(changes, group);
  };

  // ---- dials ---------------------------------------------------------------------------------------
  const dial = (label: string, { low, high, now, changes, shapes = changes, text, remark }: Dial): Knob =>
    knob({
      label,
      low,
      high,
      now,
      text,
      say,
      why: (value) => why(shapes(value)),
      take: (value) => wish(`${label} ${value}`, changes(value), label, remark?.(value)),
    });
  /** What a slider shows: its number, or the axes' where they differ. */
  const perAxis =
    (numbers: (g: Geometry) => readonly (number | Pair)[]) =>
    (value: number): string => {
      const items = scene ? numbers(scene.g).map((item) => [...new Set([item].flat())].join("+")) : [];
      return new Set(items).size > 1 || items[0]?.includes("+") ? items.join(", ") : String(value);
    };
  const trait = (
    label: string,
    name: "stride" | "padding" | "dilation" | "output_padding",
    low: number,
    high: number,
    numbers: (g: Geometry) => readonly (number | Pair)[],
  ) =>
    dial(label, {
      low,
      high: () => Math.max(high, lastOf(get(name))),
      now: () => lastOf(get(name)),
      changes: (value) => ({ [name]: value }),
      text: perAxis(numbers),
    });
  const side = (label: string, name: "x" | "dense", high: () => number, numbers: (g: Geometry) => number[]) =>
    dial(label, {
      low: 1,
      high: () => Math.max(high(), lastOf(get(name).shape)),
      now: () => lastOf(get(name).shape),
      text: perAxis(numbers),
      changes: (value) => withSides(traits(), arrays(), name, value),
      shapes: (value) => ({ [name]: { ...get(name), shape: sidesShape(traits(), name, value) } }),
    });
  const channels = (label: string, which: 0 | 1) => {
    const both = (value: number): [number, number] => (which ? [counts()[0], value] : [value, counts()[1]]);
    return dial(label, {
      low: 1,
      high: () => Math.max(LARGEST.channels, counts()[which]),
      now: () => counts()[which],
      changes: (value) => withCounts(traits(), arrays(), ...both(value)),
      shapes: () => ({}), // as many channels as one likes: the groups give way
      remark: (value) => {
        const fewer = fewerGroups(traits(), ...both(value));
        return fewer === get("groups")
          ? ""
          : `${get("groups")} groups don’t divide ${both(value).join(" and ")} channels: now ${fewer}.`;
      },
    });
  };
  const divisors = () => legalGroups(...counts());
  const dials = {
    stride: trait("stride", "stride", 1, LARGEST.stride, (g) => g.stride),
    padding: trait("padding", "padding", 0, LARGEST.padding, (g) => g.padding),
    dilation: trait("dilation", "dilation", 1, LARGEST.dilation, (g) => g.dilation),
    extra: trait("output padding", "output_padding", 0, LARGEST.stride, (g) =>
      scene?.setting.transposed ? extras(g) : [],
    ),
    groups: dial("groups", {
      low: 0,
      high: () => divisors().length - 1,
      now: () => Math.max(0, divisors().indexOf(get("groups"))),
      changes: (value) => ({ groups: divisors()[value] ?? 1 }),
      text: (value) => `${divisors()[value] ?? 1} (${groupName(divisors()[value] ?? 1, counts()[0])})`,
    }),
    n: side(
      "n",
      "x",
      () => LARGEST_SIZE[rankOf(traits())],
      (g) => (scene?.setting.transposed ? g.output : g.input),
    ),
    k: side(
      "k",
      "dense",
      () => LARGEST.kernel,
      (g) => g.kernel,
    ),
    inputs: channels("channels in", 0),
    outputs: channels("channels out", 1),
  };

  // ---- choices and the bias ------------------------------------------------------------------------
  const kind = segments(
    "Kind of convolution",
    [
      ["no", "ordinary"],
      ["yes", "transposed"],
    ],
    (value) => {
      const transposed = value === "yes";
      if (transposed === get("transposed")) return;
      wish(
        `${transposed ? "A transposed" : "An ordinary"} convolution`,
        turned(traits(), arrays()),
        undefined,
        get("padding_mode") === "zero"
          ? ""
          : "The padding mode is zeros now: a transposed convolution cuts its padding off the output.",
      );
    },
  );
  const reading = segments(
    "How it is read",
    [
      ["scatter", "scatter", "scatter: each input stamps its kernel on the output"],
      ["stuffed", "zero-stuffed", "zero-stuffed: a convolution over the input with zeros put in"],
    ],
    (value) => set({ reading: value as Reading, step: 0 }),
  );
  const mode = select("Padding mode", PADDING_MODES, (value) =>
    wish(`Padding mode “${value}”`, { padding_mode: value as PaddingMode }),
  );
  /** The output channel of the step. */
  const biasChannel = () => (scene && !scene.scatters ? stepAt(scene, pinned(scene, get("step"))).channel : 0);
  const biasLabel = h("span");
  const bias = number("", (value) => set({ bias: withNumber(get("bias"), arrays().bias, biasChannel(), value) }));
  bias.el.prepend(biasLabel);

  const show = () => {
    kind.show(get("transposed") ? "yes" : "no");
    reading.show(get("reading"));
    reading.el.hidden = dials.extra.el.hidden = !get("transposed");
    mode.el.hidden = get("transposed");
    mode.show(get("padding_mode"));
    dials.groups.el.hidden = Math.min(...counts()) === 1;
    for (const each of Object.values(dials)) if (!each.el.hidden) each.show();
    store.show();
  };
  const row = (...children: Node[]) => h("div", { class: "cnn-row geometry" }, ...children);
  return {
    rows: [
      row(kind.el, reading.el, dials.groups.el),
      row(dials.stride.el, dials.padding.el, mode.el, dials.dilation.el, dials.extra.el),
      row(dials.n.el, dials.k.el, dials.inputs.el, dials.outputs.el, bias.el),
    ],
    show: (now) => {
      scene = now;
      show();
    },
    showStep: () => {
      if (!scene) return;
      write(biasLabel, `bias${scene.outputs > 1 ? ` b[${biasChannel()}]` : ""}`);
      bias.show(scene.setting.bias.data[biasChannel()]);
    },
  };
};
