/** What the convolution stepper's traits may be: what its Python half allows. */
import { size } from "../../math/array";
import {
  type Fit,
  flag,
  packed,
  padded,
  sameAxes,
  type Schema,
  showable,
  sides,
  sizes,
  whole,
  word,
} from "../../ui/state/checked";
import type { Packed } from "../../ui/state/packed";
import { MODES } from "../../ui/state/window-settings";
import type { Traits } from "./state";

const LARGEST = 96; // on any axis
const MOST_NUMBERS = 65_536;

const array = (least: number, most: number) =>
  packed(
    `of ${least} to ${most} axes, at most ${LARGEST} a side and ${MOST_NUMBERS} numbers in all`,
    (shape) =>
      shape.length >= least && shape.length <= most && Math.max(...shape) <= LARGEST && size(shape) <= MOST_NUMBERS,
  );

/** The weights have as many axes as x, or one more where both have channels; and all that is seen can be shown. */
const together: Fit = (get) => {
  const [x, dense] = [get<Packed>("x").shape, get<Packed>("dense").shape];
  const plain = x.length === dense.length;
  const rank = plain ? x.length : x.length - 1;
  if (rank < 1 || rank > 3 || (!plain && dense.length !== rank + 2))
    return `its traits x and dense don't go together: their shapes are ${x.join(" × ")} and ${dense.join(" × ")}`;
  const names = ["stride", "dilation", "padding", "output_padding"] as const;
  const traits = Object.fromEntries(names.map((name) => [name, get(name)])) as Pick<Traits, (typeof names)[number]>;
  const axes = sameAxes(rank, traits);
  if (axes) return axes;
  const [n, kernel] = [x.slice(-rank), dense.slice(-rank)];
  if (!get<boolean>("transposed")) return showable("padding", [...x.slice(0, -rank), ...padded(n, traits.padding)]);
  const { stride, dilation, output_padding } = traits;
  const at = (value: Traits["stride"], axis: number): number => (typeof value === "number" ? value : value[axis]);
  const full = n.map((n, a) => (n - 1) * at(stride, a) + at(dilation, a) * (kernel[a] - 1) + 1 + at(output_padding, a));
  return showable("stride", [...(plain ? [] : [dense[1]]), ...full]);
};

export const SCHEMA: Schema = {
  traits: {
    x: array(1, 4),
    dense: array(1, 5),
    bias: array(1, 1),
    stride: sizes(),
    padding: sides(),
    dilation: sizes(),
    groups: whole(1),
    padding_mode: word(...MODES),
    transposed: flag,
    output_padding: sizes(undefined, 0),
    reading: word("scatter", "stuffed"),
    step: whole(0),
  },
  together,
};
