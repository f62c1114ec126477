import { describe, expect, it } from "vitest";
import { size, unravel } from "../../../src/math/array";
import { type Placed, marksOf } from "../../../src/widgets/convolution-stepper/marks";
import {
  behind,
  compute,
  inputsFor,
  meet,
  outputsFor,
  placeOf,
  reached,
  type Scene,
  stepAt,
  stepsOf,
  weightOf,
  inputOf,
} from "../../../src/widgets/convolution-stepper/math";
import {
  type Focus,
  hasParts,
  indexAt,
  kernelCell,
  lift,
  pairOf,
  type Place,
  placeOfOutput,
} from "../../../src/widgets/convolution-stepper/places";
import {
  headingsOf,
  inputPlanes,
  kernelPlanes,
  outputPlanes,
  partPlanes,
  type Planes,
  stampPlanes,
} from "../../../src/widgets/convolution-stepper/planes";
import { sumsOf } from "../../../src/widgets/convolution-stepper/sums";
import { settings } from "./settings";

const { random, draw, whole, setting } = settings(31);
const scenes = Array.from({ length: 160 }, () => compute(setting()));
const gathering = scenes.filter(({ scatters }) => !scatters);
const scattering = scenes.filter(({ scatters }) => scatters);
const below = (count: number) => Math.floor(random() * count);

const focusOn = (on: Place, channel: number, at: number[]): Focus => {
  const [slice, row, col] = lift(at, 0);
  return { on, channel, slice, cell: { row, col } };
};
const name = (channel: number, at: number[]): string => `${channel}: ${lift(at, 0)}`;
/** The cells that are marked in a place, sorted. */
const cells = (marks: Placed[], place: Place, ...kinds: string[]): string[] =>
  [
    ...new Set(
      marks
        .filter((each) => each.place === place && kinds.includes(each.mark.kind))
        .flatMap(({ channel, slice, mark }) =>
          Array.from({ length: mark.rows * mark.cols }, (_, i) =>
            name(channel, [slice, mark.row + Math.floor(i / mark.cols), mark.col + (i % mark.cols)]),
          ),
        ),
    ),
  ].sort();
const windowAt = (scene: Scene, channels: number[], at: number[]): string[] =>
  channels
    .flatMap((channel) =>
      Array.from({ length: size(scene.g.kernel) }, (_, cell) =>
        name(channel, placeOf(scene, at, unravel(cell, scene.g.kernel))),
      ),
    )
    .sort();
/** Every cell that shows an input. */
const showing = (scene: Scene, c: number, x: number): string[] => {
  const at = unravel(x, scene.n);
  return scene.seen
    .map(({ source }, a) => source.flatMap((from, i) => (from === at[a] ? [i] : [])))
    .reduce<number[][]>((found, line) => found.flatMap((one) => line.map((i) => [...one, i])), [[]])
    .map((place) => name(c, place))
    .sort();
};

describe("a step", () => {
  it("has the window that an output reads, hole by hole, and its partial sums", () =>
    gathering.forEach((scene) => {
      const step = below(stepsOf(scene));
      const { channel: k, at } = stepAt(scene, step);
      const marks = marksOf(scene, step, undefined);
      expect(cells(marks, "input", "window", "tap")).toEqual(
        windowAt(scene, inputsFor(scene, k), unravel(at, scene.out)),
      );
      expect(cells(marks, "output", "here output")).toEqual([name(k, unravel(at, scene.out))]);
      expect(cells(marks, "part", "here output")).toEqual(
        hasParts(scene)
          ? inputsFor(scene, k)
              .map((c) => name(c, unravel(at, scene.out)))
              .sort()
          : [],
      );
      expect(marks.filter(({ place }) => place === "kernel")).toEqual([]);
    }));
  it("has the stamps of an input, where inputs scatter", () =>
    scattering.forEach((scene) => {
      const step = below(stepsOf(scene));
      const { channel: c, at } = stepAt(scene, step);
      const marks = marksOf(scene, step, undefined);
      expect(cells(marks, "input", "here input")).toEqual([name(c, unravel(at, scene.n))]);
      expect(cells(marks, "output", "window", "tap")).toEqual(
        windowAt(scene, outputsFor(scene, c), unravel(at, scene.n)),
      );
    }));
  it("is one area where a window has no holes, and else cell by cell", () => {
    const kinds = (dilation: number, kernel = 3) => {
      const scene = compute({
        ...setting({ rank: 2, transposed: false }),
        x: whole([1, 40, 40]),
        dense: whole([1, 1, kernel, kernel]),
        bias: whole([1]),
        groups: 1,
        stride: 1,
        padding: 0,
        dilation,
        mode: "zero",
      });
      return marksOf(scene, 0, undefined)
        .filter(({ place }) => place === "input")
        .map(({ mark: { kind, rows, cols } }) => `${kind} ${rows} × ${cols}`);
    };
    expect(kinds(1)).toEqual(["window 3 × 3"]);
    expect(kinds(2)).toEqual(Array(9).fill("tap 1 × 1"));
    expect(kinds(2, 16)).toEqual(["window 31 × 31"]); // too many to be marked one by one
  });
  it("of an output that is looked at is that output's own", () =>
    gathering.forEach((scene) => {
      const [step, other] = [below(stepsOf(scene)), below(stepsOf(scene))];
      const { channel, at } = stepAt(scene, other);
      expect(marksOf(scene, step, focusOn("output", channel, unravel(at, scene.out)))).toEqual(
        marksOf(scene, other, undefined),
      );
    }));
});

describe("what is looked at", () => {
  it("shows every output that an input reaches, wherever the padding repeats it", () =>
    gathering.forEach((scene) => {
      const [step, c, x] = [below(stepsOf(scene)), below(scene.inputs), below(size(scene.n))];
      const at = scene.seen.map(({ source }, a) => source.indexOf(unravel(x, scene.n)[a]));
      if (at.some((i) => i < 0)) return; // no window reaches so far: it is not shown
      const marks = marksOf(scene, step, focusOn("input", c, at));
      expect(cells(marks, "input", "here input")).toEqual(showing(scene, c, x));
      const places = [...new Set(reached(scene, x).map(({ y }) => y))].map((y) => unravel(y, scene.out));
      expect(cells(marks, "output", "reach")).toEqual(
        outputsFor(scene, c)
          .flatMap((k) => places.map((place) => name(k, place)))
          .sort(),
      );
      const { channel: k } = stepAt(scene, step);
      expect(cells(marks, "part", "reach")).toEqual(
        hasParts(scene) && meet(scene, k, c) ? places.map((place) => name(c, place)).sort() : [],
      );
    }));
  it("is symmetric: an input reaches the outputs whose windows hold it", () =>
    gathering.slice(0, 40).forEach((scene) => {
      const c = below(scene.inputs);
      const place = scene.seen.map(({ source }) => below(source.length));
      const x = indexAt(scene, focusOn("input", c, place));
      if (x === undefined) return;
      const reach = cells(marksOf(scene, 0, focusOn("input", c, place)), "output", "reach");
      const shown = new Set(showing(scene, c, x));
      for (let step = 0; step < stepsOf(scene); step++) {
        const { channel, at } = stepAt(scene, step);
        const holds = cells(marksOf(scene, step, undefined), "input", "window", "tap").some((cell) => shown.has(cell));
        expect(reach.includes(name(channel, unravel(at, scene.out)))).toBe(holds);
      }
    }));
  it("shows the inputs behind an output where inputs scatter, and nothing behind what is cut off", () =>
    scattering.forEach((scene) => {
      const [k, y] = [below(scene.outputs), below(size(scene.out))];
      const marks = marksOf(scene, below(stepsOf(scene)), focusOn("output", k, placeOfOutput(scene, y)));
      expect(cells(marks, "output", "here output")).toEqual([name(k, placeOfOutput(scene, y))]);
      expect(cells(marks, "input", "tap")).toEqual(
        inputsFor(scene, k)
          .flatMap((c) => behind(scene, y).map(({ x }) => name(c, unravel(x, scene.n))))
          .sort(),
      );
      if (scene.g.padding.every(([before]) => before > 0))
        expect(
          marksOf(
            scene,
            0,
            focusOn(
              "output",
              k,
              scene.n.map(() => 0),
            ),
          ),
        ).toHaveLength(1);
    }));
  it("shows padding alone where no input stands", () => {
    const scene = compute({
      ...setting({ rank: 2, transposed: false }),
      x: whole([1, 4, 4]),
      dense: whole([1, 1, 3, 3]),
      bias: whole([1]),
      groups: 1,
      stride: 1,
      padding: 1,
      dilation: 1,
      mode: "zero",
    });
    expect(marksOf(scene, 3, focusOn("input", 0, [0, 0]))).toEqual([
      { place: "input", channel: 0, slice: 0, mark: { kind: "here input", row: 0, col: 0, rows: 1, cols: 1 } },
    ]);
  });
  it("shows the window of a partial sum in its own channel", () =>
    gathering.filter(hasParts).forEach((scene) => {
      const step = below(stepsOf(scene));
      const { channel: k } = stepAt(scene, step);
      const [c, at] = [draw(inputsFor(scene, k)), unravel(below(size(scene.out)), scene.out)];
      const marks = marksOf(scene, step, focusOn("part", c, at));
      expect(cells(marks, "input", "window", "tap")).toEqual(windowAt(scene, [c], at));
      expect([cells(marks, "part", "here output"), cells(marks, "output", "here output")]).toEqual([
        [name(c, at)],
        [name(k, at)],
      ]);
    }));
  it("shows where a weight meets the step: the products of all cells are the output, or the stamp", () =>
    scenes.forEach((scene) => {
      const step = below(stepsOf(scene));
      const { channel, at } = stepAt(scene, step);
      const row = draw((scene.scatters ? outputsFor : inputsFor)(scene, channel));
      const [k, c] = pairOf(scene, channel, row);
      const other = scene.scatters ? "output" : "input";
      let sum = 0;
      for (let i = 0; i < size(scene.g.kernel); i++) {
        const focus = focusOn("kernel", row, unravel(i, scene.g.kernel));
        const marks = marksOf(scene, step, focus);
        const met = marks.filter(({ place, mark: { kind } }) => place === other && kind === "here kernel");
        expect([met.length, cells(marks, "kernel", "here kernel"), cells(marks, "part", "here kernel")]).toEqual([
          1,
          [name(row, unravel(i, scene.g.kernel))],
          scene.scatters ? [name(row, unravel(i, scene.g.kernel))] : [],
        ]);
        if (!scene.scatters)
          sum +=
            weightOf(scene, k, c, kernelCell(scene, focus.slice, focus.cell)) *
            inputOf(
              scene,
              c,
              indexAt(scene, { on: "input", channel: c, slice: met[0].slice, cell: met[0].mark }) ?? -1,
            );
        else
          expect(cells(marks, "output", "here kernel")).toEqual([
            name(row, placeOf(scene, unravel(at, scene.n), unravel(i, scene.g.kernel))),
          ]);
      }
      if (!scene.scatters) expect(sum).toBeCloseTo(sumsOf(scene).part(k, c).data[at], 9);
    }));
});

it("marks nothing outside the grids", () =>
  scenes.forEach((scene) => {
    const sums = sumsOf(scene);
    const step = below(stepsOf(scene));
    const { channel, at } = stepAt(scene, step);
    expect(Object.keys(headingsOf(scene, channel, at))).toEqual(["input", "kernel", "part", "output"]);
    const planes: Record<Place, Planes> = {
      input: inputPlanes(scene),
      kernel: kernelPlanes(scene, channel),
      output: outputPlanes(scene, sums, step),
      part: scene.scatters ? stampPlanes(scene, channel, at) : partPlanes(scene, sums, step, channel),
    };
    const places = (["input", "kernel", "part", "output"] as const).filter(
      (place) => place !== "part" || hasParts(scene),
    );
    const focuses = places.flatMap((on) => {
      const [c, z] = [below(planes[on].channels), below(planes[on].slices)];
      const { rows, cols } = planes[on].plane(c, z).content;
      return Array.from({ length: 6 }, (): Focus => ({
        on,
        channel: c,
        slice: z,
        cell: { row: below(rows), col: below(cols) },
      }));
    });
    for (const focus of [undefined, ...focuses])
      for (const { place, channel, slice, mark } of marksOf(scene, step, focus)) {
        expect(channel < planes[place].channels && slice < planes[place].slices).toBe(true);
        const { rows, cols } = planes[place].plane(channel, slice).content;
        expect(mark.row >= 0 && mark.col >= 0 && mark.row + mark.rows <= rows && mark.col + mark.cols <= cols).toBe(
          true,
        );
      }
  }));

describe("a kernel or a partial sum of other groups", () => {
  it("is not there, so that what is marked is the step", () => {
    const grouped = scenes.filter((scene) => scene.setting.groups > 1);
    expect(grouped.length).toBeGreaterThan(5);
    for (const scene of grouped) {
      const step = below(stepsOf(scene));
      const { channel } = stepAt(scene, step);
      const rows = scene.scatters ? scene.outputs : scene.inputs;
      for (let row = 0; row < rows; row++) {
        if (meet(scene, ...pairOf(scene, channel, row))) continue;
        for (const on of ["kernel", "part"] as const)
          expect(marksOf(scene, step, focusOn(on, row, Array(scene.rank).fill(0)))).toEqual(
            marksOf(scene, step, undefined),
          );
      }
    }
  });
});
