import { describe, expect, it } from "vitest";
import { pixelBuffer } from "../../../src/ui/grids/colour";
import type { Content } from "../../../src/ui/grids/grid";
import { compute, type Flow, gradient, type Result, type Setting } from "../../../src/widgets/pooling-stepper/math";
import {
  channelThumbs,
  inputPlane,
  outputPart,
  outputPlane,
  outputShape,
  overlap,
} from "../../../src/widgets/pooling-stepper/planes";

const pooled = (changes: Partial<Setting> = {}): Result =>
  compute({
    x: { shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) },
    kernel: 2,
    stride: 1,
    padding: 0,
    mode: "max",
    ...changes,
  });
const each = <T>({ rows, cols }: Content, of: (cell: { row: number; col: number }) => T): T[][] =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: cols }, (_, col) => of({ row, col })));
const texts = (content: Content) => each(content, content.label);
const notes = (content: Content) => each(content, (cell) => content.note?.(cell));
const reds = ({ rows, cols, pixels }: Content) => Array.from({ length: rows * cols }, (_, i) => pixels[4 * i]);
const input = (result: Result, flow?: Flow, channel = 0) => inputPlane(result, flow, channel, pixelBuffer());
const output = (result: Result, flow?: Flow, channel = 0) => outputPlane(result, flow, channel, pixelBuffer());

describe("the input's plane", () => {
  const padded = { kernel: [2, 2], padding: [[1, 0], 0] as never };
  it("has the numbers in their padding, which is −∞ to a maximum and else 0", () => {
    expect(texts(input(pooled(padded)))).toEqual([
      ["−∞", "−∞", "−∞"],
      ["1", "2", "3"],
      ["4", "5", "6"],
    ]);
    expect(texts(input(pooled({ ...padded, mode: "mean" })))[0]).toEqual(["0", "0", "0"]);
    expect(input(pooled(padded)).textures).toEqual([{ kind: "pad zero", row: 0, col: 0, rows: 1, cols: 3 }]);
  });
  it("notes how many windows hold an input, if more than one", () => {
    const result = pooled(padded);
    expect([notes(input(result)), overlap(result)]).toEqual([
      [
        ["", "", ""],
        ["×2", "×4", "×2"],
        ["", "×2", ""],
      ],
      true,
    ]);
    const apart = pooled({ stride: null });
    expect([notes(input(apart)).flat().join(""), overlap(apart)]).toEqual(["", false]);
  });
  it("is as light as its numbers, or has two tones where some are negative", () => {
    const tones = (...data: number[]) =>
      reds(input(pooled({ x: { shape: [1, 3], data: Float64Array.from(data) }, kernel: 1 })));
    expect([tones(0, 1, 5), tones(-2, 0, 2)]).toEqual([
      [0, 51, 255],
      [0x21, 0xf7, 0xb2],
    ]);
  });
  it("shows the gradient where one flows, with x in the corners", () => {
    const result = pooled(padded);
    const plane = input(result, gradient(result));
    expect([texts(plane), notes(plane)[2], notes(plane)[0]]).toEqual([
      [
        ["", "", ""],
        ["0", "1", "1"],
        ["0", "1", "1"],
      ],
      ["x 4", "x 5", "x 6"],
      ["", "", ""],
    ]);
    expect(new Set(reds(plane))).toEqual(new Set([0xf7, 0xb2]));
  });
  it("is a channel's", () => {
    const x = { shape: [2, 1, 2], data: Float64Array.of(1, 2, 3, 4) };
    expect(texts(input(pooled({ x, kernel: 1 }), undefined, 1))).toEqual([["3", "4"]]);
  });
  it("is drawn where there is room already", () => {
    const room = pixelBuffer();
    expect(inputPlane(pooled(), undefined, 0, room).pixels).toBe(inputPlane(pooled(), undefined, 0, room).pixels);
  });
});

describe("the output's plane", () => {
  it("has a channel's outputs, as light as the inputs that they are of", () => {
    const x = { shape: [2, 2, 2], data: Float64Array.of(1, 2, 0, 0, 4, 5, 0, 10) };
    const result = pooled({ x, kernel: [2, 1] });
    expect([texts(output(result)), texts(output(result, undefined, 1))]).toEqual([[["1", "2"]], [["4", "10"]]]);
    expect([reds(output(result)), notes(output(result))]).toEqual([[26, 51], [[undefined, undefined]]]);
  });
  it("shows what arrives there, with y in the corners", () => {
    const result = pooled();
    const plane = output(result, gradient(result, 1));
    expect([texts(plane), notes(plane), reds(plane)]).toEqual([[["0", "1"]], [["y 5", "y 6"]], [0xf7, 0xb2]]);
  });
  it("is given with as many axes as the reader's array has", () => {
    const shape = (...lengths: number[]) => ({
      shape: lengths,
      data: new Float64Array(lengths.reduce((a, b) => a * b)),
    });
    expect(
      [[4], [4, 4], [1, 4, 4], [2, 4, 4]].map((x) => outputShape(pooled({ x: shape(...x), stride: null }))),
    ).toEqual([[2], [2, 2], [2, 2], [2, 2, 2]]);
  });
  it("takes the part of its stage that makes cells as large as the input's, or legible", () => {
    const part = (shape: number[], kernel: number) =>
      outputPart(pooled({ x: { shape, data: new Float64Array(shape.reduce((a, b) => a * b)) }, kernel, stride: null }));
    expect([part([8, 8], 2), part([8, 6], 2)]).toEqual([0.6, 0.6]);
    expect([part([6, 6], 2), part([4, 4], 1), part([40, 40], 4), part([12], 2)]).toEqual([0.5, 1, 1, 1]);
  });
});

it("the channels' thumbnails are in tones of x, all of them", () => {
  const x = { shape: [2, 1, 2], data: Float64Array.of(0, 1, 2, 4) };
  const thumbs = channelThumbs(pooled({ x, kernel: [1, 2] }));
  const tones = (side: "input" | "output") =>
    thumbs[side].map(({ name, rows, cols, pixels }) => [
      name,
      `${rows}x${cols}`,
      ...Array.from({ length: rows * cols }, (_, i) => pixels[4 * i]),
    ]);
  expect([tones("input"), tones("output")]).toEqual([
    [
      ["channel 0", "1x2", 0, 64],
      ["channel 1", "1x2", 128, 255],
    ],
    [
      ["channel 0", "1x1", 64],
      ["channel 1", "1x1", 255],
    ],
  ]);
});
