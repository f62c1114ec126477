/** The detection viewer's traits. */
import type { Packed } from "../../ui/state/packed";

export const TINTS = ["p_c", "class", "score"] as const;
export type Tint = (typeof TINTS)[number];

/** x1, y1, x2, y2, label. */
export type Row = [number, number, number, number, number];

export interface State {
  /** Bytes, (N, C, H, W). */
  images: Packed;
  /** What the network gives, (N, 5 + classes, rows, columns). */
  scores: Packed;
  /** The true boxes of each picture; null where nobody knows. */
  objects: (Row[] | null)[];
  names: string[];
  /** The picture that is shown. */
  index: number;
  /** The least score of a box that counts. */
  threshold: number;
  /** Of two boxes of one class with a greater IoU the worse is suppressed. */
  overlap: number;
  /** Rounds of suppression that are over; null for all. */
  step: number | null;
  /** The row and the column that are looked at; null for those of the best score. */
  cell: [row: number, column: number] | null;
  /** What the grid shows. */
  tint: Tint;
  show_objects: boolean;
}
/** What can be undone, and what else the view follows. */
export const KEYS: (keyof State)[] = ["threshold", "overlap", "tint", "show_objects"];
export const ALSO: (keyof State)[] = ["images", "scores", "objects", "names", "index", "step", "cell"];
