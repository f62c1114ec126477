/** What the sliding window's traits may be: what its Python half allows. */
import { either, type Fit, none, packed, type Schema, whole } from "../../ui/state/checked";
import type { Packed } from "../../ui/state/packed";
import { CLASSES, type PlainLayer } from "../shared/network";
import { LAYERS, networkProblem } from "../shared/network-schema";
import { planOf, searchOf, workOf } from "./math";

const LARGEST_SIDE = 128;
const MOST_PRODUCTS = 200_000_000;

/** What is wrong with a page for a network, and with a stride and a step on it. */
const misfit = (model: PlainLayer[], { shape }: Packed, stride: number, step: number): string => {
  const wrong = networkProblem(model);
  if (wrong) return `its trait model ${wrong}`;
  const plan = planOf(model);
  if (Math.min(...shape) < plan.window)
    return `its trait page is smaller than the window, ${plan.window} pixels a side`;
  if (stride % plan.jump) return `its trait stride must be a multiple of ${plan.jump}`;
  const search = searchOf(plan, { data: new Float64Array(0), shape }, stride);
  const count = search.rows * search.cols;
  if (workOf(search, count).at(-1)!.convolution > MOST_PRODUCTS) return "its trait page is too large for its model";
  return step < count ? "" : `its trait step must be less than ${count}`;
};

const together: Fit = (get) => {
  try {
    return misfit(get("model"), get("page"), get("stride"), get("step"));
  } catch (error) {
    return `its trait model does not fit together: ${(error as Error).message}`;
  }
};

export const SCHEMA: Schema = {
  traits: {
    page: packed(
      `of bytes, at most ${LARGEST_SIDE} a side`,
      (shape) => shape.length === 2 && Math.max(...shape) <= LARGEST_SIDE,
    ),
    model: LAYERS,
    stride: whole(1),
    digit: either(none, whole(0, CLASSES - 1)),
    step: whole(0),
  },
  together,
};
