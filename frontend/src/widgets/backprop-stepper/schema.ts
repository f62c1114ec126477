/** What the backpropagation stepper's traits may be: what its Python half allows. */
import {
  either,
  type Fit,
  none,
  packed,
  sameAxes,
  type Schema,
  sides,
  sizes,
  whole,
  word,
} from "../../ui/state/checked";
import type { Packed } from "../../ui/state/packed";

const MOST_CHANNELS = 3;

const array = (axes: number[], side: number) =>
  packed(
    `of ${axes.join(" or ")} axes, at most ${side} a side and of at most ${MOST_CHANNELS} channels`,
    (shape) =>
      axes.includes(shape.length) &&
      Math.max(...shape.slice(-2)) <= side &&
      Math.max(0, ...shape.slice(0, -2)) <= MOST_CHANNELS,
  );

/** All arrays are without channels, or none is. */
const together: Fit = (get) => {
  const [x, weight, grad] = ["x", "weight", "grad"].map((name) => get<Packed>(name).shape.length);
  if (weight !== (x === 2 ? 2 : 4) || grad !== x)
    return `its traits x, weight and grad don't go together: they have ${x}, ${weight} and ${grad} axes`;
  const names = ["stride", "padding", "dilation", "pool_kernel", "pool_stride"];
  return sameAxes(2, Object.fromEntries(names.map((name) => [name, get(name)])));
};

export const SCHEMA: Schema = {
  traits: {
    x: array([2, 3], 8),
    weight: array([2, 4], 5),
    bias: packed(
      `of one axis, at most ${MOST_CHANNELS} numbers`,
      (shape) => shape.length === 1 && shape[0] <= MOST_CHANNELS,
    ),
    grad: array([2, 3], 10),
    stride: sizes(2),
    padding: sides(2),
    dilation: sizes(2),
    pool: word("max", "mean", "none"),
    pool_kernel: sizes(2),
    pool_stride: either(none, sizes(2)),
    route: word("scatter", "gather"),
    step: whole(0),
  },
  together,
};
