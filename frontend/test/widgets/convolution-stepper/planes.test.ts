import { describe, expect, it } from "vitest";
import { size } from "../../../src/math/array";
import { paddedShape } from "../../../src/math/shapes";
import { short } from "../../../src/ui/words/format";
import {
  compute,
  inputOf,
  meet,
  partial,
  type Scene,
  stamped,
  stepAt,
  stepsOf,
  weightOf,
} from "../../../src/widgets/convolution-stepper/math";
import { indexAt, kernelCell, lift, pairOf } from "../../../src/widgets/convolution-stepper/places";
import {
  headingsOf,
  inputPlanes,
  kernelPlanes,
  knownOf,
  outputPlanes,
  partPlanes,
  type Plane,
  type Planes,
  progressOf,
  stampPlanes,
} from "../../../src/widgets/convolution-stepper/planes";
import { sumsOf } from "../../../src/widgets/convolution-stepper/sums";
import { settings } from "./settings";

const { random, whole, setting } = settings(47);
const scenes = Array.from({ length: 120 }, () => compute(setting()));
const below = (count: number) => Math.floor(random() * count);
const each = ({ channels, slices, plane }: Planes, visit: (plane: Plane, channel: number, slice: number) => void) => {
  for (let c = 0; c < channels; c++) for (let z = 0; z < slices; z++) visit(plane(c, z), c, z);
};
/** The cells' texts, "" where nothing is known. */
const texts = ({ content: { rows, cols, pixels, label } }: Plane): string[] =>
  Array.from({ length: rows * cols }, (_, i) =>
    pixels[4 * i + 3] ? label({ row: Math.floor(i / cols), col: i % cols }) : "",
  );

describe("the grids", () => {
  it("show each input where it is seen, and 0 elsewhere", () =>
    scenes.forEach((scene) => {
      const planes = inputPlanes(scene);
      expect([planes.channels, planes.slices]).toEqual([
        scene.inputs,
        lift(
          scene.seen.map(({ source }) => source.length),
          1,
        )[0],
      ]);
      each(planes, (plane, channel, slice) =>
        expect(texts(plane)).toEqual(
          texts(plane).map((_, i) =>
            short(
              inputOf(
                scene,
                channel,
                indexAt(scene, {
                  on: "input",
                  channel,
                  slice,
                  cell: { row: Math.floor(i / plane.content.cols), col: i % plane.content.cols },
                }) ?? -1,
              ),
            ),
          ),
        ),
      );
    }));
  it("show the weights of one channel, and none of other groups", () =>
    scenes.forEach((scene) => {
      const { channel } = stepAt(scene, below(stepsOf(scene)));
      each(kernelPlanes(scene, channel), (plane, row, slice) => {
        const [k, c] = pairOf(scene, channel, row);
        const { rows, cols } = plane.content;
        expect(plane.off).toBe(!meet(scene, k, c));
        expect(texts(plane)).toEqual(
          Array.from({ length: rows * cols }, (_, i) =>
            plane.off
              ? ""
              : short(weightOf(scene, k, c, kernelCell(scene, slice, { row: Math.floor(i / cols), col: i % cols }))),
          ),
        );
      });
    }));
  it("show as many sums as there were steps, slice by slice", () =>
    scenes
      .filter(({ scatters }) => !scatters)
      .forEach((scene) => {
        const sums = sumsOf(scene);
        const step = below(stepsOf(scene));
        const { channel, at } = stepAt(scene, step);
        const shown = (values: Float64Array, known: number, slice: number, count: number) =>
          Array.from({ length: count }, (_, i) => (slice * count + i < known ? short(values[slice * count + i]) : ""));
        each(outputPlanes(scene, sums, step), (plane, k, slice) =>
          expect(texts(plane)).toEqual(
            shown(
              scene.y.data.subarray(k * size(scene.out)),
              knownOf(scene, step, k),
              slice,
              plane.content.rows * plane.content.cols,
            ),
          ),
        );
        each(partPlanes(scene, sums, step, channel), (plane, c, slice) =>
          expect(texts(plane)).toEqual(
            shown(
              partial(scene, channel, c).data,
              meet(scene, channel, c) ? at + 1 : 0,
              slice,
              plane.content.rows * plane.content.cols,
            ),
          ),
        );
        expect(Array.from({ length: scene.outputs }, (_, k) => knownOf(scene, step, k)).reduce((a, b) => a + b)).toBe(
          step + 1,
        );
      }));
  it("show the stamp of an input, and what the stamps so far come to, with what is cut off hatched", () =>
    scenes
      .filter(({ scatters }) => scatters)
      .forEach((scene) => {
        const sums = sumsOf(scene);
        const step = below(stepsOf(scene));
        const { channel: c, at } = stepAt(scene, step);
        each(stampPlanes(scene, c, at), (plane, k, slice) => {
          const { rows, cols } = plane.content;
          expect(texts(plane)).toEqual(
            Array.from({ length: rows * cols }, (_, i) =>
              meet(scene, k, c) ? short(inputOf(scene, c, at) * weightOf(scene, k, c, slice * rows * cols + i)) : "",
            ),
          );
        });
        const full = paddedShape(scene.g);
        const y = stamped(scene, step).data;
        each(outputPlanes(scene, sums, step), (plane, k, slice) => {
          const { rows, cols, textures = [], widest } = plane.content;
          const from = k * size(full) + slice * rows * cols;
          expect(texts(plane)).toEqual([...y.subarray(from, from + rows * cols)].map((sum) => short(sum)));
          expect(plane.off).toBe(!meet(scene, k, c));
          expect(widest).toBe(sums.widest);
          for (let i = 0; i < rows * cols; i++) {
            const [row, col] = [Math.floor(i / cols), i % cols];
            const under = textures
              .filter(
                (area) =>
                  row >= area.row && row < area.row + area.rows && col >= area.col && col < area.col + area.cols,
              )
              .map(({ kind }) => kind);
            if (indexAt(scene, { on: "output", channel: k, slice, cell: { row, col } }) === undefined)
              expect(under).not.toEqual([]);
            else expect(under).not.toContain("pad");
          }
        });
      }));
  it("change only where the progress of a slice does", () =>
    scenes.slice(0, 40).forEach((scene) => {
      const sums = sumsOf(scene);
      let before: { progress: number; shown: string }[] = [];
      for (let step = 0; step < Math.min(stepsOf(scene), 60); step++) {
        const now: typeof before = [];
        each(outputPlanes(scene, sums, step), (plane, k, z) =>
          now.push({
            progress: progressOf(scene, step, k, z),
            shown: JSON.stringify([texts(plane), plane.caption, plane.name, plane.off]),
          }),
        );
        before.forEach(({ progress, shown }, i) => progress === now[i].progress && expect(now[i].shown).toBe(shown));
        before = now;
      }
    }));
});

describe("names and headings", () => {
  const image = (changes: Partial<Scene["setting"]>) =>
    compute({
      x: whole([4, 5, 5]),
      dense: whole([4, 4, 3, 3]),
      bias: whole([4]),
      stride: 1,
      padding: 0,
      dilation: 1,
      groups: 1,
      mode: "zero",
      transposed: false,
      outputPadding: 0,
      reading: "scatter",
      plain: false,
      ...changes,
    });
  const one = { x: whole([1, 5, 5]), dense: whole([1, 1, 3, 3]), bias: whole([1]), plain: true };
  it("tell what the grids are", () => {
    expect(headingsOf(image({}), 2, 0)).toEqual({
      input: ["Input", "4 × 5 × 5"],
      kernel: ["Kernels of y[2]", ""],
      part: ["Partial sums", ""],
      output: ["Output", "4 × 3 × 3"],
    });
    expect(headingsOf(image({ groups: 4 }), 2, 0).kernel[0]).toBe("Kernel of y[2]");
    expect(headingsOf(image(one), 0, 0)).toMatchObject({
      input: ["Input", "5 × 5"],
      kernel: ["Kernel", "3 × 3"],
      output: ["Output", "3 × 3"],
    });
    const transposed = image({
      ...one,
      x: { shape: [1, 2, 2], data: Float64Array.of(7, -2, 3, 4) },
      transposed: true,
      padding: 1,
      stride: 2,
    });
    expect(headingsOf(transposed, 0, 1)).toEqual({
      input: ["Input", "2 × 2"],
      kernel: ["Kernel", "3 × 3"],
      part: ["Stamp", "−2 · w"],
      output: ["Output", "3 × 3 of 5 × 5"],
    });
    expect(headingsOf(image({ ...transposed.setting, reading: "stuffed" }), 0, 1)).toMatchObject({
      input: ["Input, stuffed", "2 × 2 → 5 × 5"],
      kernel: ["Kernel, flipped", "3 × 3"],
    });
  });
  it("tell what a kernel joins, counted within its group", () => {
    const { plane } = kernelPlanes(image({ dense: whole([4, 4, 3, 3]), groups: 2 }), 3);
    expect([0, 1, 2, 3].map((row) => plane(row, 0).caption)).toEqual([
      "other group",
      "other group",
      "w[3, 0]",
      "w[3, 1]",
    ]);
    expect([plane(0, 0).name, plane(2, 0).name]).toEqual([
      "No kernel: other group",
      "Kernel w[3, 0], type a number or drag to change a weight",
    ]);
  });
  it("tell slices of depth apart, and what is cut off", () => {
    const scene = compute({
      ...image(one).setting,
      x: whole([1, 2, 2, 2]),
      dense: whole([1, 1, 3, 3, 3]),
      transposed: true,
      padding: 1,
      stride: 1,
    });
    const { plane, slices } = outputPlanes(scene, sumsOf(scene), 0);
    expect(Array.from({ length: slices }, (_, z) => plane(0, z).caption)).toEqual([
      "cut off",
      "y[0]",
      "y[1]",
      "cut off",
    ]);
  });
});
