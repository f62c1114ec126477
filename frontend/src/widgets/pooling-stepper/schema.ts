/** What the pooling stepper's traits may be: what its Python half allows. */
import {
  either,
  type Fit,
  none,
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
import { size } from "../../math/array";
import type { Packed } from "../../ui/state/packed";
import type { Sides } from "../../ui/state/window-settings";

const LARGEST_SIDE = 512;
const MOST_NUMBERS = 65_536;

const together: Fit = (get) => {
  const sides = get<Packed>("x").shape.slice(-2);
  const [kernel, stride, padding] = [get("kernel"), get("stride"), get<Sides>("padding")];
  return sameAxes(sides.length, { kernel, stride, padding }) || showable("padding", padded(sides, padding));
};

export const SCHEMA: Schema = {
  traits: {
    x: packed(
      `of one to three axes, at most ${LARGEST_SIDE} a side and ${MOST_NUMBERS} numbers in all`,
      (shape) =>
        shape.length > 0 &&
        shape.length < 4 &&
        Math.max(...shape.slice(-2)) <= LARGEST_SIDE &&
        size(shape) <= MOST_NUMBERS,
    ),
    kernel: either(word("global"), sizes()),
    stride: either(none, sizes()),
    padding: sides(),
    mode: word("max", "mean", "l2"),
    gradient: word("off", "step", "all"),
    step: whole(0),
  },
  together,
};
