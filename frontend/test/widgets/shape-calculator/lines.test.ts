import { describe, expect, it } from "vitest";
import { type Layer, rowsOf } from "../../../src/math/chain";
import { linesOf, totalsOf } from "../../../src/widgets/shape-calculator/lines";

const plain = (text: string) => text.replaceAll("\u202f", " ").replaceAll("\u00a0", " ");
const table = (shape: number[], layers: Layer[]) => {
  const rows = rowsOf(layers, shape);
  return { lines: linesOf(shape, rows), totals: totalsOf(rows).map(plain) };
};

describe("the table's lines", () => {
  it("are the input's and the layers', with every column", () => {
    const { lines, totals } = table(
      [3, 32, 32],
      [{ kind: "conv", channels: 16, kernel: [3, 5], padding: "same" }, { kind: "pool" }, { kind: "flatten" }],
    );
    expect(lines.map(({ number, layer, cells }) => [number, layer, ...cells].map(plain))).toEqual([
      ["", "input", "3 × 32 × 32", "1", "1", "", ""],
      ["1", "conv 16, 3 × 5, p same", "16 × 32 × 32", "3 × 5", "1", "736", "737 280"],
      ["2", "pool 2 × 2", "16 × 16 × 16", "4 × 6", "2", "0", "0"],
      ["3", "flatten", "4 096", "–", "–", "0", "0"],
    ]);
    expect(totals).toEqual(["Total", "736", "737 280"]);
  });
  it("have no field and no jump where an input has no positions", () => {
    expect(table([7], []).lines.map(({ cells }) => cells)).toEqual([["7", "–", "–", "", ""]]);
  });
  it("have bars as long as their part of all", () => {
    const { lines } = table(
      [1, 6],
      [
        { kind: "conv", channels: 2, kernel: 3 }, // 8 parameters, 24 multiply–adds
        { kind: "flatten" },
        { kind: "linear", units: 3 }, // 27 and 24
      ],
    );
    expect(lines.map(({ shares }) => shares.map((share) => Math.round(parseFloat(share))))).toEqual([
      [0, 0],
      [23, 50],
      [0, 0],
      [77, 50],
    ]);
  });
  it("tell the layer that does not fit from those that wait for it", () => {
    const { lines, totals } = table(
      [1, 6],
      [{ kind: "conv", channels: 2, kernel: 3 }, { kind: "linear", units: 3 }, { kind: "flatten" }],
    );
    expect(lines.map(({ error, bad }) => [error, bad])).toEqual([
      [undefined, false],
      [undefined, false],
      ["does not fit: a linear layer must get numbers in a row, got 2 × 4: put a flatten before it", true],
      ["waits for layer 2", false],
    ]);
    expect([totals, lines[2].shares]).toEqual([
      ["Total so far", "8", "24"],
      ["0%", "0%"],
    ]);
  });
});
