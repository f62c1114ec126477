/** Which cells of the backpropagation stepper's grids tell the same story: of a step, or of what the pointer or the
 * keyboard is on. No page. */
import { type Mark, single } from "../../ui/grids/grid";
import { toneOf } from "./arithmetic";
import {
  mapOf,
  type Moment,
  outputsOf,
  planeOf,
  pools,
  readersOf,
  type Scene,
  shareOf,
  tapsOf,
  upTo,
  windowAt,
  windowsOf,
} from "./math";
import { cellOf, type Focus, NAMES, type Place, type Subject } from "./places";

/** A mark on the grid of a place. */
export interface Placed {
  place: Place;
  mark: Mark;
}

type Kind = Mark["kind"];

/** The grids that show the same array: what is marked in one is marked in all. */
const ALIKE: Partial<Record<Place, Place[]>> = {
  dx: ["dx", "scattered", "gathered"],
  dz: ["dz", "frame"],
  w: ["w", "rotated"],
};

const hereOf = (on: Place): Kind => `here ${toneOf(NAMES[on])}`;

/** What is marked in all grids at a moment, while `subject` is told of. */
export const marksOf = (scene: Scene, { k }: Moment, { on, at }: Subject, focus?: Focus): Placed[] => {
  const { g, meets, winners, setting } = scene;
  const [maps, taps] = [mapOf(scene), tapsOf(scene)];
  const pooled = pools(scene);

  const put = (kind: Kind, place: Place, indices: number[]): Placed[] =>
    (ALIKE[place] ?? [place]).flatMap((each) =>
      [...new Set(indices)]
        .map((index) => cellOf(scene, each, index))
        .filter(({ row, col }) => row >= 0 && col >= 0) // the frame of dZ leaves out what no input reads
        .map((cell) => ({ place: each, mark: single(kind, cell) })),
    );
  const here = (place: Place, index: number) => put(hereOf(place), place, [index]);
  const reach = (place: Place, indices: number[]) => put("reach", place, indices);
  /** A window of the kernel's extent: one outline, or one for each tap where it has holes. */
  const window = (place: Place, row: number, col: number): Placed[] => {
    const [rows, cols] = g.kernel.map((n, axis) => g.dilation[axis] * (n - 1) + 1);
    if (Math.max(...g.dilation) === 1) return [{ place, mark: { kind: "window", row, col, rows, cols } }];
    return upTo(taps).map((tap) => {
      const [u, v] = [Math.floor(tap / g.kernel[1]), tap % g.kernel[1]];
      return { place, mark: single("tap", { row: row + u * g.dilation[0], col: col + v * g.dilation[1] }) };
    });
  };
  const windowOf = (place: "x" | "dx" | "scattered", z: number): Placed[] => {
    const [top, left] = place === "scattered" ? g.padding.map(([before]) => before) : [0, 0];
    const [i, j] = [Math.floor(z / g.output[1]), z % g.output[1]];
    return window(place, i * g.stride[0] - top, j * g.stride[1] - left);
  };
  const held = (p: number) => windowAt(scene, p);
  const poolWindow = (p: number): Placed[] => {
    if (setting.pool === "mean") return put("tap", "a", held(p));
    const winner = winners[k * outputsOf(scene) + p];
    const values = planeOf(scene.A, k, maps);
    const { row, col } = cellOf(scene, "a", held(p)[0]);
    const [rows, cols] = scene.q.kernel;
    return [
      { place: "a", mark: { kind: "window", row, col, rows, cols } },
      ...put(
        "tied",
        "a",
        held(p).filter((a) => a !== winner && values[a] === values[winner]),
      ),
      ...put("winner", "a", [winner]),
    ];
  };
  /** The elements of P that an element of A takes part in. */
  const fedBy = (a: number) =>
    windowsOf(scene, a)
      .map(({ output }) => output)
      .filter((p) => shareOf(scene, k, p, a));
  /** The ways from elements of Z to P, and what comes back on them. */
  const onward = (all: number[]): Placed[] => {
    const open = all.filter((z) => scene.Z[k * maps + z] > 0);
    return [
      ...reach("z", all),
      ...(pooled ? reach("a", open) : []),
      ...reach("p", open.flatMap(fedBy)),
      ...reach("dz", open),
    ];
  };
  const inputsAt = (tap: number) => upTo(maps).map((z) => meets[z * taps + tap]);
  const own = (at: number): Placed[] => {
    const readers = () => readersOf(scene, at);
    const uses = () => upTo(maps).filter((z) => meets[z * taps + at] >= 0);
    const met = () =>
      put(
        "tap",
        "x",
        inputsAt(at).filter((x) => x >= 0),
      );
    switch (on) {
      case "x":
        return [...here("x", at), ...onward(readers().map(({ output }) => output)), ...here("dx", at)];
      case "w":
        return [...here("w", at), ...met(), ...onward(uses()), ...here("dw", at)];
      case "b":
        return [...here("b", 0), ...onward(upTo(maps)), ...here("db", 0)];
      case "z":
        return [...windowOf("x", at), ...here("z", at)];
      case "a":
        return [...here("z", at), ...here("a", at), ...reach("p", fedBy(at))];
      case "p":
        return [...(pooled ? poolWindow(at) : here("z", at)), ...here("p", at)];
      case "dp": {
        const to = pooled ? held(at).filter((a) => shareOf(scene, k, at, a)) : [];
        return [...here("dp", at), ...here("p", at), ...(pooled ? poolWindow(at) : []), ...reach("da", to)];
      }
      case "da":
        return [...here("a", at), ...here("da", at), ...reach("dp", fedBy(at))];
      case "dz":
        return [...here("z", at), ...here("dz", at), ...here(pooled ? "da" : "dp", at), ...windowOf("dx", at)];
      case "stamp":
        return [...here("dz", at), ...windowOf("dx", at), ...windowOf("scattered", at)];
      case "dx":
        return [
          ...here("dx", at),
          ...here("x", at),
          ...reach(
            "dz",
            readers().map(({ output }) => output),
          ),
          ...put(
            "tap",
            "w",
            readers().map(({ cell }) => cell),
          ),
          ...window("frame", Math.floor(at / g.input[1]), at % g.input[1]),
        ];
      case "dw":
        return [...here("dw", at), ...here("w", at), ...met(), ...reach("dz", uses())];
      case "db":
        return [...here("db", 0), ...here("b", 0), ...reach("dz", upTo(maps))];
      default:
        return [];
    }
  };
  if (at !== undefined) return own(at);
  return focus ? [{ place: focus.on, mark: single(hereOf(focus.on), focus.cell) }] : [];
};
