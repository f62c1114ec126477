/** The chain that the traits hold, as it is typed, and what its reader does to it. No page. */
import { linkOf, LONGEST, rowsOf, type Kind, type Layer, type Parameter, type Row } from "../../math/chain";
import type { Frame } from "../../ui/frame";
import { drafts, type Drafts } from "./drafts";
import { inserted, moved, removed, type State, type Traits } from "./state";
import { spokenRow } from "./words";

export interface Chain {
  layers(): Layer[];
  shape(): number[];
  /** The chosen row: 0 the input, then the layers. */
  selected(): number;
  /** The layer there; none for the input. */
  chosen(): Layer | undefined;
  drafts: Drafts;
  /** The layers' rows, as they were computed last. */
  rows(): Row[];
  compute(): void;
  link(): string;
  choose(row: number): void;
  /** Put a new layer below the chosen row; remove the chosen one; move it so many rows down. */
  insert(kind: Kind): void;
  remove(): void;
  move(by: number): void;
  /** Put another layer in the place of the chosen one; changes of one `group` are undone at once. */
  replace(layer: Layer, group?: unknown): void;
  /** What is typed into a field: a value goes into the chain, anything else stays where it is and is explained. */
  type(parameter: Parameter, text: string): void;
  typeShape(text: string): void;
  /** Read the chosen row out. */
  announce(): void;
}

export const chainOf = (
  { get, set }: Traits,
  { say, announce, schedule }: Pick<Frame, "say" | "announce" | "schedule">,
): Chain => {
  const typed = drafts();
  let rows: Row[] = [];
  const layers = () => get("layers");
  const shape = () => get("input_shape");
  const selected = () => Math.min(get("selected"), layers().length);
  const chosen = (): Layer | undefined => layers()[selected() - 1];
  const tell = () => announce(() => spokenRow(rows, selected(), shape()));
  const replace = (layer: Layer, group?: unknown) => set({ layers: layers().with(selected() - 1, layer) }, group);
  const change = (changes: Partial<State> | undefined) => {
    if (!changes) return;
    set(changes);
    tell();
  };
  return {
    layers,
    shape,
    selected,
    chosen,
    drafts: typed,
    rows: () => rows,
    compute: () => (rows = rowsOf(typed.typed(layers()), shape())),
    link: () => linkOf(layers(), shape()),
    choose: (row) => set({ selected: row }),
    insert: (kind) =>
      layers().length < LONGEST
        ? change(inserted(layers(), selected(), kind))
        : say(`A chain has at most ${LONGEST} layers.`, true),
    remove: () => change(removed(layers(), selected())),
    move: (by) => change(moved(layers(), selected(), by)),
    replace,
    type: (parameter, text) => {
      const next = typed.take(chosen()!, parameter, text);
      if (next) replace(next, `${selected()} ${parameter}`);
      tell();
      schedule();
    },
    typeShape: (text) => {
      const next = typed.takeShape(text);
      if (next) set({ input_shape: next }, "shape");
      schedule();
    },
    announce: tell,
  };
};
