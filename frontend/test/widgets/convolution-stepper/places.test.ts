import { describe, expect, it } from "vitest";
import { size } from "../../../src/math/array";
import { paddedShape } from "../../../src/math/shapes";
import {
  compute,
  inputOf,
  meet,
  type Scene,
  stepAt,
  stepsOf,
  weightOf,
} from "../../../src/widgets/convolution-stepper/math";
import {
  entryOf,
  type Focus,
  hasParts,
  indexAt,
  isStuffed,
  kernelCell,
  lift,
  pairOf,
  pinned,
  pivotOf,
  type Place,
  placeOfOutput,
  stepOf,
  stepped,
} from "../../../src/widgets/convolution-stepper/places";
import { settings } from "./settings";

const { random, setting } = settings(23);
const scenes = Array.from({ length: 120 }, () => compute(setting()));
const focusOn = (on: Place, channel: number, at: number[]): Focus => {
  const [slice, row, col] = lift(at, 0);
  return { on, channel, slice, cell: { row, col } };
};
/** Every cell of a plane of this shape. */
const cellsOf = (shape: number[]): number[][] =>
  shape.reduce<number[][]>(
    (found, length) => found.flatMap((one) => Array.from({ length }, (_, i) => [...one, i])),
    [[]],
  );
const outputShape = ({ scatters, g, out }: Scene): number[] => (scatters ? paddedShape(g) : out);

describe("places", () => {
  it("are those of the outputs, each once, and else are cut off", () =>
    scenes.forEach((scene) => {
      const indices = cellsOf(outputShape(scene)).map((at) => indexAt(scene, focusOn("output", 0, at)));
      expect(indices.filter((index) => index !== undefined)).toEqual(
        Array.from({ length: size(scene.out) }, (_, i) => i),
      );
      for (let y = 0; y < size(scene.out); y++)
        expect(indexAt(scene, focusOn("output", 0, placeOfOutput(scene, y)))).toBe(y);
    }));
  it("are those of the inputs that are seen there: nothing in padding of zeros and between stuffed ones", () =>
    scenes.forEach((scene) => {
      for (const at of cellsOf(scene.seen.map(({ source }) => source.length))) {
        const sources = at.map((i, a) => scene.seen[a].source[i]);
        expect(indexAt(scene, focusOn("input", 0, at))).toBe(
          sources.some((i) => i < 0) ? undefined : sources.reduce((index, i, a) => index * scene.n[a] + i, 0),
        );
      }
    }));
  it("have kernels the other way round where the input is stuffed", () => {
    for (const scene of scenes) {
      const cells = cellsOf(scene.g.kernel).map((at) =>
        kernelCell(scene, lift(at, 0)[0], { row: lift(at, 0)[1], col: lift(at, 0)[2] }),
      );
      expect(isStuffed(scene) ? cells.reverse() : cells).toEqual(cells.map((_, i) => i));
    }
    expect([true, false].map((stuffed) => scenes.filter((scene) => isStuffed(scene) === stuffed).length > 20)).toEqual([
      true,
      true,
    ]);
  });
  it("have something between kernels and output but where one channel is summed", () =>
    scenes.forEach((scene) => expect(hasParts(scene)).toBe(scene.scatters || scene.inputs > 1)));
});

describe("steps", () => {
  it("are counted over outputs or, where inputs scatter, over inputs, and found again", () =>
    scenes.forEach((scene) => {
      const on = stepped(scene);
      expect(on).toBe(scene.scatters ? "input" : "output");
      const shape = scene.scatters ? scene.n : scene.out;
      const found = Array.from({ length: scene.scatters ? scene.inputs : scene.outputs }, (_, channel) =>
        cellsOf(shape).map((at) => stepOf(scene, focusOn(on, channel, at))),
      ).flat();
      expect(found).toEqual(Array.from({ length: stepsOf(scene) }, (_, step) => step));
      expect(
        stepOf(
          scene,
          focusOn(
            scene.scatters ? "output" : "input",
            0,
            shape.map(() => 0),
          ),
        ),
      ).toBeUndefined();
    }));
  it("stay where a scene has fewer of them", () =>
    scenes
      .slice(0, 9)
      .forEach((scene) => expect([0, 1e6].map((step) => pinned(scene, step))).toEqual([0, stepsOf(scene) - 1])));
  it("turn about what is looked at, if a step belongs to it", () =>
    scenes.forEach((scene) => {
      const step = Math.floor(random() * stepsOf(scene));
      const first = focusOn(
        stepped(scene),
        0,
        scene.n.map(() => 0),
      );
      expect(pivotOf(scene, step, undefined)).toEqual(stepAt(scene, step));
      expect(pivotOf(scene, step, first)).toEqual({ channel: 0, at: 0 });
      for (const on of ["kernel", "part", scene.scatters ? "output" : "input"] as const)
        expect(pivotOf(scene, step, { ...first, on })).toEqual(stepAt(scene, step));
    }));
});

it("a cell's number is the one that is changed there", () =>
  scenes.forEach((scene) => {
    const {
      setting: { x, dense },
    } = scene;
    for (let c = 0; c < scene.inputs; c++)
      for (const at of cellsOf(scene.seen.map(({ source }) => source.length))) {
        const focus = focusOn("input", c, at);
        const entry = entryOf(scene, 0, focus);
        expect(entry === undefined ? 0 : x.data[entry]).toBe(inputOf(scene, c, indexAt(scene, focus) ?? -1));
      }
    const { channel } = stepAt(scene, stepsOf(scene) - 1);
    for (let row = 0; row < (scene.scatters ? scene.outputs : scene.inputs); row++)
      for (const at of cellsOf(scene.g.kernel)) {
        const [k, c] = pairOf(scene, channel, row);
        const focus = focusOn("kernel", row, at);
        const entry = entryOf(scene, channel, focus);
        expect(entry === undefined).toBe(!meet(scene, k, c));
        if (entry !== undefined)
          expect(dense.data[entry]).toBe(weightOf(scene, k, c, kernelCell(scene, focus.slice, focus.cell)));
      }
  }));
