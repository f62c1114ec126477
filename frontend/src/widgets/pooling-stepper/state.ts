/** The pooling stepper's traits, and the setting that they are. No page. */
import type { NdArray } from "../../math/array";
import type { PerAxis } from "../../math/shapes";
import type { Packed } from "../../ui/state/packed";
import type { Store } from "../../ui/state/store";
import type { Sides } from "../../ui/state/window-settings";
import type { Mode, Setting } from "./math";

/** The traits of the Python class; all but `step` can be undone. */
export interface State {
  x: Packed;
  kernel: PerAxis | "global";
  stride: PerAxis | null;
  padding: Sides;
  mode: Mode;
  gradient: "off" | "step" | "all";
  step: number;
}
export const KEYS: (keyof State)[] = ["x", "kernel", "stride", "padding", "mode", "gradient"];

export type Traits = Store<State>;

/** What is pooled and how, x being the numbers of that trait. */
export const settingOf = (get: Traits["get"], x: NdArray): Setting => ({
  x,
  kernel: get("kernel"),
  stride: get("stride"),
  padding: get("padding"),
  mode: get("mode"),
});
