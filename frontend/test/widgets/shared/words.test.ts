import { expect, it } from "vitest";
import { rowsOf } from "../../../src/math/chain";
import { axesText, fraction, nameOf, readAs, sizeText, spokenRow, unbroken } from "../../../src/widgets/shared/words";

const plain = (text: string) => text.replaceAll("\u202f", " ");

it("numbers are grouped, the axes' one where they agree, jumps parts of one", () => {
  expect(plain(sizeText([64, 4096, 7]))).toBe("64 × 4 096 × 7");
  expect([axesText([2, 2]), axesText([2, 3]), axesText([0.5, 0.5]), axesText([1 / 3, 1])]).toEqual([
    "2",
    "2 × 3",
    "1/2",
    "1/3 × 1",
  ]);
  expect(plain(fraction(12345))).toBe("12 345");
});

it("a shape is taken for what it has axes for", () => {
  expect([[64], [1, 40], [3, 28, 28], [2, 4, 5, 6]].map(readAs)).toEqual([
    "64 features",
    "1 channel of 40 samples",
    "3 channels of 28 × 28 pixels",
    "2 channels of 4 × 5 × 6 voxels",
  ]);
});

it("a parameter has a name, and a line breaks between parameters only", () => {
  expect([nameOf("output_padding"), nameOf("kernel")]).toEqual(["output padding", "kernel"]);
  expect(unbroken("conv 16, 3 × 3, p 1")).toBe("conv\u00a016, 3\u00a0×\u00a03, p\u00a01");
});

it("a row is read out in words: the input, a layer, one that does not fit", () => {
  const rows = rowsOf(
    [{ kind: "conv", channels: 4, kernel: 3 }, { kind: "flatten" }, { kind: "conv", channels: 1, kernel: 1 }],
    [1, 6, 6],
  );
  const spoken = (at: number) => spokenRow(rows, at, [1, 6, 6]);
  expect([0, 1, 2].map(spoken)).toEqual([
    "Input 1 by 6 by 6",
    "Layer 1, conv 4, 3 × 3: output 4 by 4 by 4, field 3, jump 1, 40 parameters, 576 multiply–adds",
    "Layer 2, flatten: output 64, 0 parameters, 0 multiply–adds",
  ]);
  expect(spoken(3)).toMatch(/^Layer 3, conv 1, 1: a convolution must get channels/);
});
