/** The sliding window's traits. */
import type { Packed } from "../../ui/state/packed";
import type { PlainLayer } from "../shared/network";

export interface State {
  page: Packed;
  model: PlainLayer[];
  stride: number;
  /** Whose scores the maps show; null for each window's highest. */
  digit: number | null;
  step: number;
}
/** What can be undone, and what else the view follows. */
export const KEYS: (keyof State)[] = ["stride", "digit"];
export const ALSO: (keyof State)[] = ["page", "model", "step"];
