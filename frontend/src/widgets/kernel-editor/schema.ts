/** What the kernel editor's traits may be: what its Python half allows. */
import {
  type Fit,
  finite,
  flag,
  packed,
  padded,
  pictures,
  place,
  presets,
  type Schema,
  showable,
  sides,
  sizes,
  text,
  word,
} from "../../ui/state/checked";
import type { Packed } from "../../ui/state/packed";
import { MODES, type Sides } from "../../ui/state/window-settings";
import { LARGEST_KERNEL } from "./state";

const LARGEST_IMAGE = 512;

/** (rows, cols), or with one or three channels. */
const planes = (largest: number) =>
  packed(
    `(rows, columns) or (3, rows, columns), at most ${largest} a side`,
    (shape) =>
      (shape.length === 2 || (shape.length === 3 && [1, 3].includes(shape[0]))) && Math.max(...shape) <= largest,
  );
const kernel = planes(LARGEST_KERNEL);

const together: Fit = (get) => showable("padding", padded(get<Packed>("image").shape.slice(-2), get<Sides>("padding")));

export const SCHEMA: Schema = {
  traits: {
    image: planes(LARGEST_IMAGE),
    image_name: text,
    kernel,
    preset: text,
    flip: flag,
    normalise: flag,
    bias: finite,
    stride: sizes(2),
    dilation: sizes(2),
    padding: sides(2),
    padding_mode: word(...MODES),
    show: word("signed", "absolute", "relu"),
    cursor: place(2),
    pictures,
    presets: presets(kernel),
  },
  together,
};
