/** What the detection viewer's traits may be: what its Python half allows. */
import {
  check,
  type Check,
  either,
  type Fit,
  flag,
  listOf,
  none,
  packed,
  place,
  type Schema,
  text,
  whole,
  word,
} from "../../ui/state/checked";
import type { Packed } from "../../ui/state/packed";
import { type State, TINTS } from "./state";

const MOST_PICTURES = 64;
const MOST_CELLS = 32;
const MOST_CLASSES = 100;
const MOST_OBJECTS = 300;
const LARGEST_SIDE = 512;
const LARGEST = 1e6; // of a coordinate

const isWithin = (value: unknown, least: number, most: number): boolean =>
  Number.isFinite(value) && (value as number) >= least && (value as number) <= most;
const share = check("a number from 0 to 1", (value) => isWithin(value, 0, 1));
const row: Check = check("x1 ≤ x2, y1 ≤ y2 and a label", (value) => {
  if (!Array.isArray(value) || value.length !== 5 || !value.every((each) => isWithin(each, -LARGEST, LARGEST)))
    return false;
  return value[0] <= value[2] && value[1] <= value[3] && Number.isInteger(value[4]) && value[4] >= 0;
});

const together: Fit = (get) => {
  const [images, scores] = [get<Packed>("images"), get<Packed>("scores")];
  const [count, channels, rows, columns] = scores.shape;
  const [, , height, width] = images.shape;
  if (images.shape[0] !== count || get<State["objects"]>("objects").length !== count)
    return `its trait scores must be of as many pictures as there are`;
  if (height % rows || width % columns) return "its trait images must be of whole cells";
  if (get<string[]>("names").length !== channels - 5) return `its trait names must be of ${channels - 5} classes`;
  if (get<State["objects"]>("objects").some((each) => each?.some((one) => one[4] >= channels - 5)))
    return "its trait names has no name for the label of a box";
  if (get<number>("index") >= count) return `its trait index must be less than ${count}`;
  const cell = get<State["cell"]>("cell");
  return cell && (cell[0] >= rows || cell[1] >= columns) ? "its trait cell must lie in the grid" : "";
};

const objects: Check = listOf(either(none, listOf(row, MOST_OBJECTS)), MOST_PICTURES);

export const SCHEMA: Schema = {
  traits: {
    images: packed(
      `of at most ${MOST_PICTURES} pictures, of at most ${LARGEST_SIDE} pixels a side`,
      ([count, channels, ...sides]) =>
        sides.length === 2 && count <= MOST_PICTURES && [1, 3].includes(channels) && Math.max(...sides) <= LARGEST_SIDE,
    ),
    scores: packed(
      `(N, 5 + classes, rows, columns)`,
      ([count, channels, ...sides]) =>
        sides.length === 2 &&
        count <= MOST_PICTURES &&
        channels > 5 &&
        channels <= 5 + MOST_CLASSES &&
        Math.max(...sides) <= MOST_CELLS,
    ),
    objects,
    names: listOf(text, MOST_CLASSES),
    index: whole(0),
    threshold: share,
    overlap: share,
    step: either(none, whole(0)),
    cell: either(none, place(2)),
    tint: word(...TINTS),
    show_objects: flag,
  },
  together,
};
