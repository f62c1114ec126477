/** The kernel editor's traits, and what they mean as arrays. */
import type { NdArray } from "../../math/array";
import type { PerAxis } from "../../math/shapes";
import { type Packed, unpackOnce } from "../../ui/state/packed";
import type { Cell } from "../../ui/grids/grid";
import type { Store } from "../../ui/state/store";
import { fits, type WindowTraits } from "../../ui/state/window-settings";
import { thrice, withChannels } from "./arrays";
import type { Setting } from "./math";

export const LARGEST_KERNEL = 15;

/** The traits of the Python class that the view changes; those in KEYS can be undone. */
export interface State extends WindowTraits {
  image: Packed;
  image_name: string;
  kernel: Packed;
  preset: string;
  flip: boolean;
  normalise: boolean;
  bias: number;
  dilation: PerAxis;
  show: string;
  cursor: number[];
}
export const KEYS: (keyof State)[] = [
  "image",
  "image_name",
  "kernel",
  "preset",
  "flip",
  "normalise",
  "bias",
  "stride",
  "dilation",
  "padding",
  "padding_mode",
];
export const ALSO = ["show", "cursor", "pictures", "presets"];

export type Traits = Store<State>;

/** What a part of the view asks of the whole. */
export interface Asks {
  /** Look at a cell of this part, and read aloud what it tells. */
  look(cell: Cell | undefined, aloud?: boolean): void;
  say(text: string, alarm?: boolean): void;
  /** Say why a wish can't be had, and show what is instead. */
  refuse(why: string): void;
  /** Draw anew, the controls too. */
  redraw(): void;
}

/** The arrays among the traits: the same object as long as the trait is the same. */
export interface Arrays {
  /** (1, kh, kw), or (3, kh, kw) with a kernel for each channel. */
  kernel(): NdArray;
  /** The picture as it is, (C, H, W). */
  picture(): NdArray;
  /** The picture as the kernel sees it: one of three channels sees a grey picture as red = green = blue. */
  image(): NdArray;
}

export const arraysOf = (get: Traits["get"]): Arrays => {
  const [imageOf, kernelOf] = [unpackOnce(withChannels), unpackOnce(withChannels)];
  const spread = thriceOnce();
  const kernel = () => kernelOf(get("kernel"));
  const picture = () => imageOf(get("image"));
  return {
    kernel,
    picture,
    image: () => (picture().shape[0] === 1 && kernel().shape[0] === 3 ? spread(picture()) : picture()),
  };
};

/** `thrice`, done anew only for another picture. */
const thriceOnce = () => {
  let from: NdArray | undefined;
  let to: NdArray;
  return (grey: NdArray): NdArray => {
    if (grey !== from) to = thrice((from = grey));
    return to;
  };
};

export const settingOf = (get: Traits["get"], { image, kernel }: Arrays): Setting => ({
  image: image(),
  kernel: kernel(),
  flip: get("flip"),
  normalise: get("normalise"),
  bias: get("bias"),
  stride: get("stride"),
  dilation: get("dilation"),
  padding: get("padding"),
  mode: get("padding_mode"),
});

/** Whether there is a feature map after these changes. */
export const wouldFit = (get: Traits["get"], changes: Partial<State>): boolean => {
  const now = {
    image: get("image"),
    kernel: get("kernel"),
    stride: get("stride"),
    dilation: get("dilation"),
    padding: get("padding"),
    padding_mode: get("padding_mode"),
    ...changes,
  };
  return fits(now.image.shape.slice(-2), now.kernel.shape.slice(-2), now);
};
