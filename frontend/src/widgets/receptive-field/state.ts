/** The receptive field's traits, and the network that they hold. No page. */
import type { Row } from "../../math/chain";
import { chainGraph, type Graph, graphProblem, planeOf } from "../../math/field";
import type { Packed } from "../../ui/state/packed";
import type { State as ChainState } from "../shared/state";

export interface State extends ChainState {
  /** A place in the map of the selected layer. */
  unit: number[];
  graph: Graph | null;
  image: string;
  effective: { name: string; values: Packed }[];
  /** The selected layer and the unit for which `effective` was measured. */
  measured_at: number[];
  /** Which of these lies over the input; −1 for none. */
  heat: number;
}

export interface Network {
  graph: Graph;
  /** Why not all of it can be shown. */
  note: string;
}

/** The part of a chain that can be drawn. */
export const networkOf = (rows: readonly Row[], shape: readonly number[]): Network => {
  if (shape.length < 2 || shape.length > 3) {
    const what = shape.length < 2 ? "Features have no positions" : "A field in a volume is not drawn";
    return { graph: chainGraph([], [1, 1, 1]), note: `${what}: give the input one or two axes behind the channels.` };
  }
  const graph = chainGraph(rows, shape);
  const bad = rows.findIndex(({ error }) => error !== undefined);
  const misfit = bad < 0 ? "" : `Layer ${bad + 1} does not fit: ${rows[bad].error}.`;
  const problem = graphProblem(graph);
  if (!problem) return { graph, note: misfit };
  return { graph: chainGraph([], [1, 1, 1]), note: `This is too large to be drawn: the network ${problem}.` };
};

/** The nearest place of a map, or its middle where there is no such axis. */
export const inside = (unit: readonly number[], size: readonly number[]): number[] =>
  size.map((n, axis) => (unit.length === size.length ? Math.min(unit[axis], n - 1) : n >> 1));

/** The unit of another map that lies over the same part of the picture. */
export const carried = (unit: readonly number[], from: readonly number[], to: readonly number[]): number[] =>
  to.map((n, axis) => Math.min(n - 1, Math.floor(((unit[axis] + 0.5) / from[axis]) * n)));

/** The last layer that has more than one position. */
export const lastWide = ({ nodes }: Graph): number =>
  Math.max(
    0,
    nodes.findLastIndex(({ size }) => Math.max(...planeOf(size)) > 1),
  );
