import { describe, expect, it } from "vitest";
import { type Layer, rowsOf } from "../../../src/math/chain";
import { inputSums, layerSums, type Part, type Sum } from "../../../src/widgets/shape-calculator/sums";

const plain = (text: string) => text.replaceAll("\u202f", " ");
const text = (part: Part) => (typeof part === "string" ? part : part.text);
const written = (sums: Sum[]) => sums.map(({ title, parts }) => `${title}: ${plain(parts.map(text).join(""))}`);
const sums = (shape: number[], layers: Layer[], at = layers.length) =>
  layerSums(layers[at - 1], rowsOf(layers, shape), at, shape);

describe("a layer's sums", () => {
  it("are those of its sight and its cost", () => {
    const layers: Layer[] = [
      { kind: "pool" },
      { kind: "conv", channels: 8, kernel: [5, 3], stride: 2, dilation: [1, 2], bias: false },
    ];
    expect(written(sums([3, 32, 32], layers))).toEqual([
      "field: 2 + 1 · (5 − 1) · 2 = 10, 2 + 2 · (3 − 1) · 2 = 10",
      "jump: 2 · 2 = 4",
      "parameters: 8 · 3 · 5 · 3 = 360",
      "multiply–adds: 8 · 3 · 5 · 3 · 6 · 6 = 12 960",
    ]);
    expect(written(sums([3, 32, 32], layers, 1))).toEqual([
      "field: 1 + 1 · (2 − 1) · 1 = 2",
      "jump: 1 · 2 = 2",
      "cost: no parameters and no multiply–adds: pooling compares or adds",
    ]);
  });
  it("share the channels between groups", () => {
    const [, , parameters] = written(sums([6, 9], [{ kind: "conv", channels: 4, kernel: 3, groups: 2 }]));
    expect(parameters).toBe("parameters: 4 · (6 ÷ 2) · 3 + 4 = 40");
  });
  it("run a transposed convolution backwards: over its inputs, and with a jump that shrinks", () => {
    const layers: Layer[] = [{ kind: "conv_transpose", channels: 2, kernel: 3, stride: 2 }, { kind: "pool" }];
    expect(written(sums([4, 5], layers, 1))).toEqual([
      "field: 2: the largest of the outputs’, which differ behind a transposed convolution",
      "jump: 1 ÷ 2 = 1/2",
      "parameters: 4 · 2 · 3 + 2 = 26",
      "multiply–adds: 4 · 2 · 3 · 5 = 120",
    ]);
    expect(written(sums([4, 5], layers))[1]).toBe("jump: 1/2 · 2 = 1");
    expect(written(sums([4, 5], layers))[0]).toContain("the largest of the outputs’");
  });
  it("of a flatten and of a linear layer have no sight", () => {
    const layers: Layer[] = [{ kind: "flatten" }, { kind: "linear", units: 10 }];
    expect([written(sums([2, 3, 4], layers, 1)), written(sums([2, 3, 4], layers))]).toEqual([
      ["output: 2 · 3 · 4 = 24"],
      ["parameters: 10 · 24 + 10 = 250", "multiply–adds: 10 · 24 = 240"],
    ]);
  });
  it("have the tones of what they count", () => {
    const [, , parameters, multiplyAdds] = sums([3, 9], [{ kind: "conv", channels: 2, kernel: 4 }]);
    const tones = ({ parts }: Sum) =>
      parts.flatMap((part) => (typeof part === "string" ? [] : [`${part.tone} ${part.text}`]));
    expect([tones(parameters), tones(multiplyAdds)]).toEqual([
      ["kernel 2", "kernel 3", "kernel 4", "output 2"],
      ["kernel 2", "kernel 3", "kernel 4", "output 6"],
    ]);
  });
  it("are none where it does not fit, or waits", () => {
    const layers: Layer[] = [{ kind: "conv", channels: 2, kernel: 9 }, { kind: "flatten" }];
    expect([sums([1, 4], layers, 1), sums([1, 4], layers)]).toEqual([[], []]);
  });
});

describe("the input", () => {
  it("is said to be what it is taken for", () =>
    expect(written(inputSums([1, 40], undefined))[0]).toMatch(/^shape: 1 channel of 40 samples\. Channels come first/));
  it("stays what it is while a shape is half typed", () =>
    expect(written(inputSums([3, 8, 8], "3 x"))[0]).toMatch(/^shape: “3 x” is no shape; it stays 3 × 8 × 8\./));
});
