/** What the volume viewer's traits may be: what its Python half allows. */
import {
  type Fit,
  packed,
  padded,
  place,
  presets,
  type Schema,
  showable,
  sides,
  sizes,
  whole,
  word,
} from "../../ui/state/checked";
import type { Packed } from "../../ui/state/packed";
import { MODES, type Sides } from "../../ui/state/window-settings";

const LARGEST_SIDE = 64;
const LARGEST_KERNEL = 7;

const cube = (largest: number) =>
  packed(`of three axes, at most ${largest} a side`, (shape) => shape.length === 3 && Math.max(...shape) <= largest);
const kernel = cube(LARGEST_KERNEL);

const together: Fit = (get) => showable("padding", padded(get<Packed>("volume").shape, get<Sides>("padding")));

export const SCHEMA: Schema = {
  traits: {
    volume: cube(LARGEST_SIDE),
    kernel,
    stride: sizes(3),
    padding: sides(3),
    padding_mode: word(...MODES),
    axis: whole(0, 2),
    index: whole(),
    cursor: place(3),
    presets: presets(kernel),
  },
  together,
};
