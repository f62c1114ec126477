/** The digit pad's traits, and what they come to. */
import type { NdArray } from "../../math/array";
import { type Packed, unpackOnce } from "../../ui/state/packed";
import type { Store } from "../../ui/state/store";
import { network, type PlainLayer, SIDE, softmax } from "../shared/network";
import { asItStands, centred } from "./placing";

/** The sheet has so many pixels for each of the network's, a side. */
export const FINER = 4;
export const SHEET = SIDE * FINER;
/** A reading whose probability is below this is unsure. */
export const SURE = 0.8;

export interface Example {
  picture: Packed;
  label: number;
}

/** The traits of the Python class that the view changes; those in KEYS can be undone. */
export interface State {
  drawing: Packed;
  label: number | null;
  centred: boolean;
  looked_at: number[];
}
export const KEYS: (keyof State)[] = ["drawing", "label", "centred"];
export const ALSO = ["looked_at", "model", "examples"];

export type Traits = Store<State>;

/** A drawing, and what the network makes of it. */
export interface Reading {
  sheet: Float64Array;
  /** What the network sees, (28, 28), from 0 to 1. */
  digit: Float64Array;
  /** What each layer makes of it; the last are the scores. */
  layers: NdArray[];
  shares: Float64Array;
  /** Nothing is drawn. */
  empty: boolean;
}

/** Read the present drawing: anew only if something has changed. */
export const reader = (model: () => PlainLayer[]): ((get: Traits["get"]) => Reading) => {
  const sheetOf = unpackOnce();
  let from: unknown[] = [];
  let run = (_: Float64Array): NdArray[] => [];
  let reading: Reading;
  return (get) => {
    const [plain, sheet, placed] = [model(), sheetOf(get("drawing")).data, get("centred")];
    if (plain !== from[0]) run = network(plain);
    if (plain !== from[0] || sheet !== from[1] || placed !== from[2]) {
      const digit = (placed ? centred : asItStands)({ data: sheet, rows: SHEET, cols: SHEET }).map((v) => v / 255);
      const layers = run(digit);
      reading = { sheet, digit, layers, shares: softmax(layers.at(-1)!.data), empty: !sheet.some((v) => v > 0) };
    }
    from = [plain, sheet, placed];
    return reading;
  };
};

/** A picture (28, 28) on the sheet. */
export const enlarged = ({ data }: NdArray): Uint8Array =>
  Uint8Array.from(
    { length: SHEET * SHEET },
    (_, i) => data[Math.floor(i / SHEET / FINER) * SIDE + Math.floor((i % SHEET) / FINER)],
  );
