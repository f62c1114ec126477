/** The backpropagation stepper's grids for the hand: inputs, weights, biases and the gradient that is given are
 * written, all else is read. */
import { type Cell, Grid } from "../../ui/grids/grid";
import type { Hands as GridHands } from "../../ui/grids/hands";
import { weightGrid } from "../../ui/grids/weight-grid";
import { type Focus, type Place, PLACES, WRITTEN, type Written } from "./places";

export type Hands = GridHands<Focus, Written>;

const NOUNS: Record<Written, string> = { x: "number", w: "weight", b: "bias", dp: "gradient" };

/** The grid of each place. */
export const makeGrids = (hands: Hands): Record<Place, Grid> => {
  const { look, values, entry, change, endGroup, takeBack, say } = hands;
  const make = (on: Place): Grid => {
    const see = (cell: Cell | undefined, aloud = false) => look(cell && { on, cell }, aloud);
    if (!(on in WRITTEN)) return new Grid("", { hover: (cell) => see(cell), move: (cell) => see(cell, true) });
    const written = on as Written;
    const where = (cell: Cell) => entry({ on, cell });
    return weightGrid(
      "",
      {
        all: () => values(written),
        get: (cell) => values(written)[where(cell) ?? -1] ?? 0,
        set: (cell, value, group) => {
          const at = where(cell);
          if (at === undefined) say("Padding stays zero.", true);
          else change(written, at, value, group);
        },
        endGroup,
        takeBack,
        say,
        look: see,
      },
      NOUNS[written],
    ).grid;
  };
  return Object.fromEntries(PLACES.map((place) => [place, make(place)])) as Record<Place, Grid>;
};
