/** The shape calculator's traits, and what a wish changes in them. No page. */
import { KINDS, parametersOf, readLink, type Kind, type Layer, type Parameter } from "../../math/chain";
import type { Store } from "../../ui/state/store";

/** The traits of the Python class that the view changes. */
export interface State {
  layers: Layer[];
  input_shape: number[];
  /** Whose formula is open: 0 the input, then the layers. */
  selected: number;
}
export const KEYS: (keyof State)[] = ["layers", "input_shape"];

export type Traits = Store<State>;

/** What a new layer starts from. */
const STARTS: Partial<Record<Parameter, number>> = { channels: 16, kernel: 3, units: 10 };

/** A layer of another kind that keeps what both have. */
export const turned = (kind: Kind, from: Partial<Layer> = {}): Layer =>
  Object.assign(
    { kind },
    ...parametersOf(kind).map((parameter) => {
      const value = from[parameter] ?? (KINDS[kind][parameter] === null ? STARTS[parameter] : undefined);
      return value === undefined ? {} : { [parameter]: value };
    }),
  );

/** A new layer below the chosen row. A convolution is like the one above: its neighbours seldom differ much. */
export const inserted = (layers: Layer[], row: number, kind: Kind): Partial<State> => {
  const above = layers[row - 1];
  const like = kind.startsWith("conv") && above?.kind === kind ? above : undefined;
  return { layers: layers.toSpliced(row, 0, turned(kind, like)), selected: row + 1 };
};

/** Without the chosen layer; nothing where that is the input. */
export const removed = (layers: Layer[], row: number): Partial<State> | undefined =>
  row ? { layers: layers.toSpliced(row - 1, 1), selected: Math.min(row, layers.length - 1) } : undefined;

/** The chosen layer so many rows further down; nothing where there is no such row. */
export const moved = (layers: Layer[], row: number, by: number): Partial<State> | undefined => {
  const to = row + by;
  if (!row || to < 1 || to > layers.length) return undefined;
  return { layers: layers.toSpliced(row - 1, 1).toSpliced(to - 1, 0, layers[row - 1]), selected: to };
};

/** The chain of a link; throws what can't be read. */
export const linked = (link: string): State => {
  const { layers, inputShape } = readLink(link);
  return { layers, input_shape: inputShape, selected: Math.min(1, layers.length) };
};
