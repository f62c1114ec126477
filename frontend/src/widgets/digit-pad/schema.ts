/** What the digit pad's traits may be: what its Python half allows. */
import { size } from "../../math/array";
import {
  type Check,
  either,
  type Fit,
  flag,
  listOf,
  none,
  packed,
  place,
  record,
  type Schema,
  whole,
  word,
} from "../../ui/state/checked";
import { CLASSES, hasMaps, namesOf, type PlainLayer, shapesOf, SIDE } from "./math";
import { SHEET } from "./state";

const MOST_LAYERS = 12;
const MOST_MAPS = 256;
const MOST_STEP = 28;
const MOST_WEIGHTS = 250_000;
const MOST_PRODUCTS = 20_000_000;

const square = (side: number): Check => packed(`of ${side} × ${side}`, (shape) => `${shape}` === `${[side, side]}`);
const vector = packed("of one axis", (shape) => shape.length === 1);
const digit = whole(0, CLASSES - 1);

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

/** What is wrong with layers one behind the other, and the number of pictures that each is shown as. */
const problemOf = (model: PlainLayer[], [at, map]: number[]): string => {
  const shapes = shapesOf(model);
  const last = model.length - 1;
  if (last < 1 || model[last].kind !== "linear" || shapes[last][0] !== CLASSES)
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
  if (misfit >= 0) return `has numbers that do not belong to ${namesOf(model)[misfit]}`;
  return at < last && map < (hasMaps(shapes[at]) ? shapes[at][0] : 1) ? "" : "has no such map as is looked at";
};

const together: Fit = (get) => {
  let problem: string;
  try {
    problem = problemOf(get("model"), get("looked_at"));
  } catch (error) {
    problem = `does not fit together: ${(error as Error).message}`;
  }
  return problem && `its trait model ${problem}`;
};

export const SCHEMA: Schema = {
  traits: {
    drawing: packed(`of bytes, ${SHEET} × ${SHEET}`, (shape) => `${shape}` === `${[SHEET, SHEET]}`),
    model: listOf(layer, MOST_LAYERS),
    label: either(none, digit),
    centred: flag,
    looked_at: place(2),
    examples: listOf(record({ picture: square(SIDE), label: digit }), CLASSES * 2),
  },
  together,
};
