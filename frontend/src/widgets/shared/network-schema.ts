/** What a network that reads digits may be: what `cnnviz.widgets._network` allows. */
import { size } from "../../math/array";
import { type Check, listOf, packed, record, whole, word } from "../../ui/state/checked";
import { CLASSES, namesOf, type PlainLayer, shapesOf } from "./network";

const MOST_LAYERS = 12;
const MOST_MAPS = 256;
const MOST_STEP = 28;
const MOST_WEIGHTS = 250_000;
const MOST_PRODUCTS = 20_000_000;

const vector = packed("of one axis", (shape) => shape.length === 1);

const numbers = (axes: number): Check =>
  record({
    weight: packed(
      `of ${axes} axes, at most ${MOST_WEIGHTS}`,
      (shape) => shape.length === axes && size(shape) <= MOST_WEIGHTS,
    ),
    scale: vector,
    bias: vector,
  });
const slides = record({
  kind: word("conv", "max", "mean", "linear"),
  activation: word("none", "relu", "tanh"),
  kernel: whole(1, MOST_STEP),
  stride: whole(1, MOST_STEP),
  padding: whole(0, MOST_STEP),
});
const layer: Check = (value) => {
  const problem = slides(value);
  const { kind } = (value ?? {}) as PlainLayer;
  return problem || (kind === "conv" ? numbers(4)(value) : kind === "linear" ? numbers(2)(value) : "");
};

export const LAYERS: Check = listOf(layer, MOST_LAYERS);

/** What is wrong with layers one behind the other; "" if nothing is. Throws where one does not fit the one before. */
export const networkProblem = (model: PlainLayer[]): string => {
  const shapes = shapesOf(model);
  const last = model.length - 1;
  if (last < 0 || model[last].kind !== "linear" || shapes[last][0] !== CLASSES)
    return `must end with ${CLASSES} scores`;
  const products = model.map(({ weight }, i) => (weight ? size(weight.shape) * size(shapes[i].slice(1)) : 0));
  if (Math.max(...shapes.map(([maps], i) => (model[i].kind === "conv" ? maps : 1))) > MOST_MAPS)
    return `must have at most ${MOST_MAPS} maps a layer`;
  if (products.reduce((a, b) => a + b) > MOST_PRODUCTS) return "must be smaller to be computed here";
  const misfit = model.findIndex(
    ({ weight, scale, bias, kind, padding }, i) =>
      (weight && [scale, bias].some((each) => each!.shape[0] !== weight.shape[0])) ||
      (kind !== "conv" && padding > 0) ||
      shapes[i].some((n) => n < 1),
  );
  return misfit < 0 ? "" : `has numbers that do not belong to ${namesOf(model)[misfit]}`;
};
