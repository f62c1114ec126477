/** What the digit pad's traits may be: what its Python half allows. */
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
} from "../../ui/state/checked";
import { CLASSES, hasMaps, type PlainLayer, shapesOf, SIDE } from "../shared/network";
import { LAYERS, networkProblem } from "../shared/network-schema";
import { SHEET } from "./state";

const square = (side: number): Check => packed(`of ${side} × ${side}`, (shape) => `${shape}` === `${[side, side]}`);
const digit = whole(0, CLASSES - 1);

/** What is wrong with a model, or with what is looked at of it. */
const problemOf = (model: PlainLayer[], [at, map]: number[]): string => {
  const problem = networkProblem(model);
  if (problem) return problem;
  const shapes = shapesOf(model);
  const there = at < model.length - 1 && map < (hasMaps(shapes[at]) ? shapes[at][0] : 1);
  return there ? "" : "has no such map as is looked at";
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
    model: LAYERS,
    label: either(none, digit),
    centred: flag,
    looked_at: place(2),
    examples: listOf(record({ picture: square(SIDE), label: digit }), CLASSES * 2),
  },
  together,
};
