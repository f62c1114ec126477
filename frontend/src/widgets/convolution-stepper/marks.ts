/** Which cells of the convolution stepper's grids tell the same story: of a step, or of what the pointer or the
 * keyboard is on. No page. */
import { unravel } from "../../math/array";
import { extent } from "../../math/shapes";
import { type Cell, type Mark, single } from "../../ui/grids/grid";
import { behind, inputsFor, meet, outputsFor, placeOf, reached, type Scene } from "./math";
import {
  type Focus,
  hasParts,
  indexAt,
  isStuffed,
  kernelCell,
  lift,
  pairOf,
  pivotOf,
  type Place,
  placeOfOutput,
} from "./places";

const MOST_TAPS = 225; // marked one by one where a window has holes

/** A mark on the grid of a channel's slice. */
export interface Placed {
  place: Place;
  channel: number;
  slice: number;
  mark: Mark;
}

const onCell = (kind: Mark["kind"], place: Place, channel: number, slice: number, cell: Cell): Placed => ({
  place,
  channel,
  slice,
  mark: single(kind, cell),
});
const onFocus = (kind: Mark["kind"], { on, channel, slice, cell }: Focus): Placed =>
  onCell(kind, on, channel, slice, cell);
const onPlace = (kind: Mark["kind"], place: Place, channel: number, at: number[]): Placed => {
  const [slice, row, col] = lift(at, 0);
  return onCell(kind, place, channel, slice, { row, col });
};

/** The window of a place, in one channel: on the input, or where it scatters on the output. */
const windowOn = (scene: Scene, place: Place, channel: number, at: number[]): Placed[] => {
  const { g } = scene;
  const [depth, rows, cols] = lift(g.kernel, 1);
  const [along, down, right] = lift(g.dilation, 1);
  const [z, row, col] = lift(
    at.map((i, a) => (isStuffed(scene) ? i : i * g.stride[a])),
    0,
  );
  const holes = (down > 1 || right > 1) && rows * cols <= MOST_TAPS;
  const marks: Placed[] = [];
  for (let t = 0; t < depth; t++) {
    const slice = z + t * along;
    if (!holes)
      marks.push({
        place,
        channel,
        slice,
        mark: { kind: "window", row, col, rows: extent(rows, down), cols: extent(cols, right) },
      });
    else
      for (let u = 0; u < rows; u++)
        for (let v = 0; v < cols; v++)
          marks.push(onCell("tap", place, channel, slice, { row: row + u * down, col: col + v * right }));
  }
  return marks;
};

/** Every cell that shows an input: the padding may show it again. */
const onInput = ({ seen, n }: Scene, kind: Mark["kind"], c: number, x: number): Placed[] => {
  const at = unravel(x, n);
  const places = seen.map(({ source }, a) => source.flatMap((from, i) => (from === at[a] ? [i] : [])));
  return places
    .reduce<number[][]>((found, line) => found.flatMap((one) => line.map((i) => [...one, i])), [[]])
    .map((place) => onPlace(kind, "input", c, place));
};

/** Every output that an input reaches, and its partial sums in the output channel that is shown. */
const reachOf = (scene: Scene, c: number, x: number, shown: number): Placed[] =>
  [...new Set(reached(scene, x).map(({ y }) => y))].flatMap((y) =>
    outputsFor(scene, c).flatMap((k) => [
      onPlace("reach", "output", k, placeOfOutput(scene, y)),
      ...(!scene.scatters && hasParts(scene) && k === shown
        ? [onPlace("reach", "part", c, unravel(y, scene.out))]
        : []),
    ]),
  );

/** The marks of a step where the inputs scatter: an input and its stamps, or the inputs behind an output that is
 * looked at. */
const scattered = (scene: Scene, step: number, focus: Focus | undefined): Placed[] => {
  if (focus?.on === "output") {
    const at = indexAt(scene, focus);
    const taps =
      at === undefined
        ? []
        : behind(scene, at).flatMap(({ x }) =>
            inputsFor(scene, focus.channel).flatMap((c) => onInput(scene, "tap", c, x)),
          );
    return [onFocus("here output", focus), ...taps];
  }
  const { channel, at } = pivotOf(scene, step, focus);
  return [
    ...onInput(scene, "here input", channel, at),
    ...outputsFor(scene, channel).flatMap((k) => windowOn(scene, "output", k, unravel(at, scene.n))),
  ];
};

/** The marks of a step elsewhere: an output, its window and its partial sums, or the outputs that an input reaches
 * that is looked at. */
const gathered = (scene: Scene, step: number, focus: Focus | undefined): Placed[] => {
  const { channel: k, at } = pivotOf(scene, step, focus);
  const under = focus && indexAt(scene, focus);
  if (focus?.on === "input")
    return under === undefined
      ? [onFocus("here input", focus)]
      : [...onInput(scene, "here input", focus.channel, under), ...reachOf(scene, focus.channel, under, k)];
  const part = focus?.on === "part" ? focus : undefined;
  const window = unravel((part && under) ?? at, scene.out);
  const channels = part ? [part.channel] : inputsFor(scene, k);
  const parts = part
    ? [onFocus("here output", part)]
    : hasParts(scene)
      ? channels.map((c) => onPlace("here output", "part", c, window))
      : [];
  return [
    ...channels.flatMap((c) => windowOn(scene, "input", c, window)),
    ...parts,
    onPlace("here output", "output", k, window),
  ];
};

/** One weight: in the kernel, in the stamp, and where it meets the input or, where it scatters, the output. */
const weighed = (scene: Scene, step: number, focus: Focus): Placed[] => {
  const { g, rank, scatters, n, out } = scene;
  const place = unravel(pivotOf(scene, step, focus).at, scatters ? n : out);
  const cell = unravel(kernelCell(scene, focus.slice, focus.cell), g.kernel).slice(-rank);
  return [
    onFocus("here kernel", { ...focus, on: "kernel" }),
    ...(scatters ? [onFocus("here kernel", { ...focus, on: "part" })] : []),
    onPlace("here kernel", scatters ? "output" : "input", focus.channel, placeOf(scene, place, cell)),
  ];
};

/** Whether the focus is on a kernel or a partial sum that there is not: its channels are in other groups. */
const isAbsent = (scene: Scene, step: number, focus: Focus): boolean =>
  (focus.on === "kernel" || focus.on === "part") &&
  !meet(scene, ...pairOf(scene, pivotOf(scene, step, focus).channel, focus.channel));

/** What is marked in all grids, at a pinned step, while `focus` is looked at. */
export const marksOf = (scene: Scene, step: number, focus: Focus | undefined): Placed[] => {
  if (focus && isAbsent(scene, step, focus)) return marksOf(scene, step, undefined);
  return [
    ...(scene.scatters ? scattered : gathered)(scene, step, focus),
    ...(focus?.on === "kernel" || (focus?.on === "part" && scene.scatters) ? weighed(scene, step, focus) : []),
  ];
};
