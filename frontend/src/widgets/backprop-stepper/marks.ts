/** Which cells of the backpropagation stepper's grids tell the same story: of a step, or of what the pointer or the
 * keyboard is on. No page. */
import { type Mark, single } from "../../ui/grids/grid";
import {
  cellsOf,
  inputsOf,
  mapOf,
  type Moment,
  outputsOf,
  pools,
  readersOf,
  type Scene,
  shareOf,
  tapsOf,
  upTo,
  windowsOf,
} from "./math";
import { cellOf, type Focus, type Place, pivotsOf, planesOf, type Subject } from "./places";

/** A mark on the grid of a channel. */
export interface Placed {
  place: Place;
  channel: number;
  mark: Mark;
}

type Kind = Mark["kind"];

/** The grids that show the same array: what is marked in one is marked in all. */
const ALIKE: Partial<Record<Place, Place[]>> = {
  dx: ["dx", "scattered", "gathered"],
  dz: ["dz", "frame"],
  w: ["w", "rotated"],
};

const HERE: Partial<Record<Place, Kind>> = { x: "here input", w: "here kernel", b: "here kernel" };
const hereOf = (on: Place): Kind => HERE[on] ?? (["z", "a", "p"].includes(on) ? "here output" : "here gradient");

/** What is marked in all grids at a moment, while `subject` is told of. */
export const marksOf = (scene: Scene, now: Moment, subject: Subject, focus?: Focus): Placed[] => {
  const { k } = now;
  const { inputs, meets, holds, winners, setting, z: mapZ } = scene;
  const { on, channel: c, at } = subject;
  const [maps, taps, cells] = [mapOf(scene), tapsOf(scene), cellsOf(scene)];
  const channels = upTo(inputs);

  const cell = (kind: Kind, place: Place, channel: number, index: number): Placed[] => {
    const { row, col } = cellOf(scene, place, index);
    return row < 0 || col < 0 ? [] : [{ place, channel, mark: single(kind, { row, col }) }];
  };
  const put = (kind: Kind, place: Place, channel: number, index: number): Placed[] =>
    (ALIKE[place] ?? [place]).flatMap((each) => cell(kind, each, Math.min(channel, planesOf(scene, each) - 1), index));
  const here = (place: Place, channel: number, index: number) => put(hereOf(place), place, channel, index);
  const reach = (place: Place, indices: number[], channel = 0) =>
    [...new Set(indices)].flatMap((index) => put("reach", place, channel, index));
  const inWindow = (z: number) => [...meets.subarray(z * taps, (z + 1) * taps)];
  /** The window of an element of Z on X or on dX: one outline, or one for each tap where it has holes. */
  const window = (place: "x" | "dx", z: number): Placed[] => {
    const { g } = scene;
    const [row, col] = [Math.floor(z / g.output[1]) * g.stride[0], (z % g.output[1]) * g.stride[1]];
    const [rows, cols] = g.kernel.map((n, axis) => g.dilation[axis] * (n - 1) + 1);
    const holes = Math.max(...g.dilation) > 1;
    return channels.flatMap((channel): Placed[] =>
      holes
        ? upTo(taps).map((tap) => ({
            place,
            channel,
            mark: single("tap", {
              row: row + Math.floor(tap / g.kernel[1]) * g.dilation[0],
              col: col + (tap % g.kernel[1]) * g.dilation[1],
            }),
          }))
        : [{ place, channel, mark: { kind: "window", row, col, rows, cols } }],
    );
  };
  const held = (p: number) => [...holds.subarray(p * cells, (p + 1) * cells)];
  const poolWindow = (p: number): Placed[] => {
    if (!pools(scene)) return [];
    const winner = winners[k * outputsOf(scene) + p];
    const values = scene.a.subarray(k * maps, (k + 1) * maps);
    if (setting.pool === "mean") return held(p).flatMap((a) => put("tap", "a", 0, a));
    const [first, last] = [held(p)[0], held(p).at(-1)!];
    const [from, to] = [cellOf(scene, "a", first), cellOf(scene, "a", last)];
    const area = { ...from, rows: to.row - from.row + 1, cols: to.col - from.col + 1 };
    const tied = held(p).filter((a) => a !== winner && values[a] === values[winner]);
    return [
      { place: "a", channel: 0, mark: { kind: "window", ...area } },
      ...tied.flatMap((a) => put("tied", "a", 0, a)),
      ...put("winner", "a", 0, winner),
    ];
  };
  const openAt = (z: number) => mapZ[k * maps + z] > 0;
  /** The elements of P that an element of A takes part in. */
  const fedBy = (a: number) => windowsOf(scene, a).filter(({ output }) => shareOf(scene, k, output, a));
  const onward = (all: number[]): Placed[] => {
    const open = all.filter(openAt);
    const outputs = open.flatMap((z) => fedBy(z).map(({ output }) => output));
    return [
      ...reach("z", all),
      ...(pools(scene) ? reach("a", open) : []),
      ...reach("p", outputs),
      ...reach("dz", open),
    ];
  };
  const met = (tap: number) =>
    upTo(maps)
      .map((z) => meets[z * taps + tap])
      .filter((x) => x >= 0);

  const own = (): Placed[] => {
    if (at === undefined) return [];
    switch (on) {
      case "x":
        return [...here("x", c, at), ...onward(readersOf(scene, at).map(({ output }) => output)), ...here("dx", c, at)];
      case "w":
        return [
          ...here("w", c, at),
          ...met(at).flatMap((x) => put("tap", "x", c, x)),
          ...onward(upTo(maps).filter((z) => meets[z * taps + at] >= 0)),
          ...here("dw", c, at),
        ];
      case "b":
        return [...here("b", 0, 0), ...onward(upTo(maps)), ...here("db", 0, 0)];
      case "z":
        return [...window("x", at), ...here("z", 0, at)];
      case "a":
        return [
          ...here("z", 0, at),
          ...here("a", 0, at),
          ...reach(
            "p",
            fedBy(at).map(({ output }) => output),
          ),
        ];
      case "p":
        return pools(scene) ? [...poolWindow(at), ...here("p", 0, at)] : [...here("z", 0, at), ...here("p", 0, at)];
      case "dp":
        return [
          ...here("dp", 0, at),
          ...here("p", 0, at),
          ...(pools(scene)
            ? [
                ...poolWindow(at),
                ...reach(
                  "da",
                  held(at).filter((a) => shareOf(scene, k, at, a)),
                ),
              ]
            : []),
        ];
      case "da":
        return [
          ...here("a", 0, at),
          ...here("da", 0, at),
          ...reach(
            "dp",
            fedBy(at).map(({ output }) => output),
          ),
        ];
      case "dz":
        return [
          ...here("z", 0, at),
          ...here("dz", 0, at),
          ...here(pools(scene) ? "da" : "dp", 0, at),
          ...window("dx", at),
        ];
      case "stamp":
        return [
          ...here("dz", 0, at),
          ...window("dx", at),
          ...channels.flatMap((channel) =>
            inWindow(at).flatMap((x) => (x < 0 ? [] : cell("tap", "scattered", channel, x))),
          ),
        ];
      case "dx":
        return [
          ...here("dx", c, at),
          ...here("x", c, at),
          ...readersOf(scene, at).flatMap(({ output, cell: tap }) => [
            ...put("reach", "dz", 0, output),
            ...put("tap", "w", c, tap),
          ]),
        ];
      case "dw":
        return [
          ...here("dw", c, at),
          ...here("w", c, at),
          ...met(at).flatMap((x) => put("tap", "x", c, x)),
          ...reach(
            "dz",
            upTo(maps).filter((z) => meets[z * taps + at] >= 0),
          ),
        ];
      case "db":
        return [...here("db", 0, 0), ...here("b", 0, 0), ...reach("dz", upTo(maps))];
      default:
        return [];
    }
  };
  /** The window of the gather on dZ in its zeros. */
  const gather = (): Placed[] => {
    if (on !== "dx") return [];
    const { g } = scene;
    const { x } = pivotsOf(scene, now, subject);
    const [row, col] = [Math.floor(x / g.input[1]), x % g.input[1]];
    const [rows, cols] = g.kernel.map((n, axis) => g.dilation[axis] * (n - 1) + 1);
    return inputsOf(scene) ? [{ place: "frame", channel: 0, mark: { kind: "window", row, col, rows, cols } }] : [];
  };
  const looked: Placed[] =
    focus && at === undefined
      ? [{ place: focus.on, channel: focus.channel, mark: single(hereOf(focus.on), focus.cell) }]
      : [];
  return [...looked, ...(at === undefined ? [] : gather()), ...own()];
};
