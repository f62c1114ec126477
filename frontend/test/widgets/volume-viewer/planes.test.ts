import { describe, expect, it } from "vitest";
import type { NdArray } from "../../../src/math/array";
import { compute, type Setting } from "../../../src/widgets/volume-viewer/math";
import { spotOf, type Where } from "../../../src/widgets/volume-viewer/places";
import {
  bareSliced,
  filmOf,
  inputSliced,
  kernelSliced,
  outputSliced,
  type Sliced,
  sliceContent,
  stageHeight,
  zoomedOn,
} from "../../../src/widgets/volume-viewer/planes";

const counted = (...shape: number[]): NdArray => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i),
});
const scene = (changes: Partial<Setting & Where> = {}) => {
  const { axis = 0, index = 0, cursor = [0, 0, 0], ...setting } = changes;
  const result = compute({
    volume: counted(2, 3, 4),
    kernel: { shape: [1, 1, 2], data: Float64Array.of(-1, 2) },
    stride: 1,
    padding: 0,
    mode: "zero",
    ...setting,
  });
  return [result, spotOf(result, { axis, index, cursor })] as const;
};
const content = (sliced: Sliced) => sliceContent(sliced, filmOf(sliced)[sliced.index]);
const texts = (sliced: Sliced) => {
  const { rows, cols, label } = content(sliced);
  return Array.from({ length: rows }, (_, row) => Array.from({ length: cols }, (_, col) => label({ row, col })));
};
const reds = (sliced: Sliced, index: number) => {
  const { rows, cols, pixels } = filmOf(sliced)[index];
  return Array.from({ length: rows * cols }, (_, i) => pixels[4 * i]);
};

describe("a slice", () => {
  it("has the numbers across its axis", () => {
    const volume = counted(2, 3, 4);
    expect([0, 1, 2].map((axis) => texts(bareSliced(volume, axis, 1)))).toEqual([
      [
        ["12", "13", "14", "15"],
        ["16", "17", "18", "19"],
        ["20", "21", "22", "23"],
      ],
      [
        ["4", "5", "6", "7"],
        ["16", "17", "18", "19"],
      ],
      [
        ["1", "5", "9"],
        ["13", "17", "21"],
      ],
    ]);
  });
  it("has its thumbnail's pixels", () => {
    const sliced = bareSliced(counted(2, 3, 4), 0, 1);
    const film = filmOf(sliced);
    expect(sliceContent(sliced, film[1]).pixels).toBe(film[1].pixels);
  });
  it("has tones of the whole volume, or of the whole kernel with zero between two", () => {
    const volume: NdArray = { shape: [2, 1, 2], data: Float64Array.of(0, 1, 2, 5) };
    const light = bareSliced(volume, 0, 0);
    expect([reds(light, 0), reds(light, 1)]).toEqual([
      [0, 51],
      [102, 255],
    ]);
    const kernel: NdArray = { shape: [2, 1, 1], data: Float64Array.of(-3, 0) };
    const tones = kernelSliced(kernel, 0, 0);
    expect([reds(tones, 0), reds(tones, 1)]).toEqual([[0x21], [0xf7]]);
  });
});

describe("the input's slice", () => {
  it("is in its padding, in the volume's own tones, and known by the volume's shape", () => {
    const sliced = inputSliced(...scene({ axis: 1, index: 2, padding: 1 }));
    expect(texts(sliced)).toEqual([
      ["0", "0", "0", "0", "0", "0"],
      ["0", "8", "9", "10", "11", "0"],
      ["0", "20", "21", "22", "23", "0"],
      ["0", "0", "0", "0", "0", "0"],
    ]);
    expect([sliced.shape, filmOf(sliced).map(({ name }) => name)]).toEqual([
      [2, 3, 4],
      ["H = −1", "H = 0", "H = 1", "H = 2", "H = 3"],
    ]);
    expect(reds(sliced, 3)[6 + 4]).toBe(Math.round((255 * 11) / 23));
  });
  it("is hatched where it is padding, and all over in a slice of padding", () => {
    const kinds = (changes: Partial<Setting & Where>) =>
      inputSliced(...scene(changes)).textures!.map((a) => `${a.kind} ${a.row},${a.col} ${a.rows}x${a.cols}`);
    const padding = [1, 0, [0, 2]] as never;
    expect(kinds({ padding })).toEqual(["pad zero 0,4 3x2"]);
    expect(kinds({ padding, index: -1 })).toEqual(["pad zero 0,0 3x6"]);
    expect(kinds({ padding: 1, mode: "replicate", index: 2 })).toEqual(["pad 0,0 5x6"]);
  });
});

describe("zoomed in", () => {
  const large = { volume: counted(3, 20, 30), kernel: counted(3, 3, 3), padding: 1, cursor: [1, 10, 20], index: 1 };
  const zoom = (sliced: Sliced) => zoomedOn(sliced, filmOf(sliced)[sliced.index]);
  it("are the cells around the pinned output, and around its window", () => {
    expect(zoom(inputSliced(...scene(large)))).toEqual({ row: 7, col: 17, rows: 9, cols: 9 });
    expect(zoom(outputSliced(...scene(large)))).toEqual({ row: 6, col: 16, rows: 9, cols: 9 });
  });
  it("is nothing where all is seen, nor the kernel", () => {
    expect([zoom(inputSliced(...scene())), zoom(kernelSliced(counted(7, 7, 7), 0, 0))]).toEqual([undefined, undefined]);
  });
});

it("the output's slice is the one of the pinned output", () => {
  const sliced = outputSliced(...scene({ axis: 2, index: 2, cursor: [0, 0, 2] }));
  expect([sliced.index, filmOf(sliced).length, texts(sliced)]).toEqual([
    2,
    3,
    [
      ["4", "8", "12"],
      ["16", "20", "24"],
    ],
  ]);
});

it("a stage is as high as slices across any axis need, and no higher than wide", () => {
  const height = (...shape: number[]) => stageHeight(bareSliced(counted(...shape), 0, 0));
  expect([height(2, 3, 4), height(4, 3, 2), height(1, 2, 8)]).toEqual([0.75, 1, 0.5]);
});
