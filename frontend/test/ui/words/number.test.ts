import { expect, it } from "vitest";
import { readNumber } from "../../../src/ui/words/number";

it.each([
  ["1000", 1000],
  [" 3 ", 3],
  ["-2.5", -2.5],
  ["−2.5", -2.5],
  ["–2", -2],
  ["− 2", -2],
  ["+7", 7],
  [".5", 0.5],
  ["5.", 5],
  ["0,5", 0.5],
  [",5", 0.5],
  ["−1,25", -1.25],
  ["0,125", 0.125],
  ["1234,567", 1234.567],
  ["1,000,000", 1_000_000],
  ["1,000.5", 1000.5],
  ["1.000,5", 1000.5],
  ["1.000", 1],
  ["12 345", 12_345],
  ["12\u202f345,5", 12_345.5],
  ["1'000", 1000],
  ["1e3", 1000],
  ["2,5E−1", 0.25],
  ["-0", -0],
])("%j is %d", (text, value) => expect(readNumber(text)).toEqual({ value }));

it.each([
  "",
  "-",
  ".",
  ",",
  "abc",
  "1 2",
  "12 34",
  "1,2,3",
  "1.2.3",
  "0x10",
  "Infinity",
  "1e999",
  "NaN",
  "1e",
  "--1",
  "1..",
  "1,0,",
  "1 000 00",
])("%j is no number", (text) => expect(readNumber(text)).toEqual({ problem: `“${text}” is not a number` }));

it.each([
  ["1,000", "1000 or 1"],
  ["−12,345", "−12345 or −12.345"],
])("%j may be either", (text, either) =>
  expect(readNumber(text)).toEqual({ problem: `“${text}” may be ${either}: write it without a comma` }),
);
