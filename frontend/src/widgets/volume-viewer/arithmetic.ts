/** The sum behind one voxel of a 3-D feature map, by slices of the kernel, and the outputs behind one input. */
import { unravel } from "../../math/array";
import { short } from "../../ui/words/format";
import { counted, type Nodes, writeReaders, writeSum } from "../../ui/words/terms";
import type { Target } from "./marks";
import { flat, productsBySlice, readersOf, readingOutputs, type Result } from "./math";

const RESULT = 6;
const at = (letter: string, index: number, shape: number[]): string => `${letter}[${unravel(index, shape).join(", ")}]`;

/** `y[z, y, x] = slice 0 [w·x + …] + slice 1 […] = sum + sum = …`, for the kernel's slices across an axis. */
export const explainVoxel = (result: Result, output: number, axis: number): Nodes => {
  const shares = productsBySlice(result, output, axis).map((terms, u) => ({
    label: `slice ${u}`,
    terms,
    partial: terms.reduce((sum, { weight, value }) => sum + weight * value, 0),
  }));
  const zeros = result.setting.kernel.data.length - shares.reduce((n, { terms }) => n + terms.length, 0);
  return writeSum({
    name: at("y", output, result.geometry.output),
    shares,
    value: result.output.data[output],
    left: counted(zeros, "zero weight"),
  });
};

/** Every output that reads a voxel, with the weight it reads it by. */
export const explainInput = (result: Result, input: number): Nodes =>
  writeReaders(
    at("x", input, result.geometry.input),
    short(result.setting.volume.data[input], RESULT),
    "is read by",
    readingOutputs(result, input).length,
    readersOf(result, input).map(({ output, weight }) => ({
      name: at("y", output, result.geometry.output),
      weight: short(weight, 4),
    })),
  );

/** What is to be said of a voxel of the volume or of the feature map. */
export const explain = (result: Result, axis: number, target: Target): Nodes =>
  target.on === "input"
    ? explainInput(result, flat(target.at, result.geometry.input))
    : explainVoxel(result, flat(target.at, result.geometry.output), axis);
