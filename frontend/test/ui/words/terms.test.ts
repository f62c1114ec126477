// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { type Factors, writeProducts } from "../../../src/ui/words/terms";
import { summedUp, textOf } from "../../help";

const written = (products: Factors[], value: number): string => textOf(writeProducts(["y"], products, value, "output"));

it("writes products out without those that are 0, so that they add up", () => {
  const products: Factors[] = [
    [
      ["gradient", 2],
      ["kernel", -3],
    ],
    [
      ["gradient", 0],
      ["kernel", 5],
    ],
    [
      ["gradient", 1 / 3],
      ["kernel", 1],
    ],
  ];
  expect(written(products, -6 + 1 / 3)).toBe("y = 2·(−3) + 0.3333·1 + 0.00003 (rounding) = −5.66667");
  expect(written([], 0)).toBe("y = 0");
});

it("adds up the last of many", () => {
  const text = written(Array(40).fill([["input", 1.5]]), 60);
  expect(text).toMatch(/ \+ 24 \(16 more\) = 60$/);
  expect(summedUp(text.replace(/ \(16 more\)/, "")).at(-1)).toBe(60);
});
