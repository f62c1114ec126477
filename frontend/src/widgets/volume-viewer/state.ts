/** The volume viewer's traits, and the setting that they are. No page. */
import type { NdArray } from "../../math/array";
import type { Packed } from "../../ui/state/packed";
import type { Store } from "../../ui/state/store";
import { fits, type WindowTraits } from "../../ui/state/window-settings";
import type { Setting } from "./math";

/** The traits of the Python class; where one looks (axis, index, cursor) is not undone. */
export interface State extends WindowTraits {
  volume: Packed;
  kernel: Packed;
  axis: number;
  index: number;
  cursor: number[];
}
export const KEYS: (keyof State)[] = ["kernel", "stride", "padding", "padding_mode"];
export const ALSO: (keyof State)[] = ["volume", "axis", "index", "cursor"];

export type Traits = Store<State>;

/** What is convolved and how, the arrays being the numbers of those traits. */
export const settingOf = (get: Traits["get"], volume: NdArray, kernel: NdArray): Setting => ({
  volume,
  kernel,
  stride: get("stride"),
  padding: get("padding"),
  mode: get("padding_mode"),
});

/** Whether there is a feature map after these changes. */
export const wouldFit = (get: Traits["get"], changes: Partial<State>): boolean => {
  const now = {
    kernel: get("kernel"),
    stride: get("stride"),
    padding: get("padding"),
    padding_mode: get("padding_mode"),
    ...changes,
  };
  return fits(get("volume").shape, now.kernel.shape, now);
};
