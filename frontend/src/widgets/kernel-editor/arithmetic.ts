/** The sum behind one output, and the outputs behind one input, written out so that what is shown adds up. */
import { inputsOf, outputsOf, type Tap } from "../../math/ops";
import { short } from "../../ui/words/format";
import { counted, type Nodes, type Product, writeReaders, writeSum } from "../../ui/words/terms";
import { weightAt, type Result } from "./math";

const DIGITS = 4; // of a factor
const RESULT = 6; // of a sum
const CHANNELS = ["R", "G", "B"];

/** The non-zero products of one channel behind an output. */
const products = ({ setting }: Result, taps: Tap[], channel: number): Product[] => {
  const [, rows, cols] = setting.image.shape;
  const kernelCols = setting.kernel.shape[2];
  return taps
    .map(({ kernel, input }) => ({
      weight: weightAt(setting, channel, Math.floor(kernel / kernelCols), kernel % kernelCols),
      value: input < 0 ? 0 : setting.image.data[channel * rows * cols + input],
    }))
    .filter(({ weight }) => weight !== 0);
};

/** `y[i, j] = w·x + … = …`, and the same in a few words. */
export const explainOutput = (result: Result, row: number, col: number): { nodes: Nodes; text: string } => {
  const {
    setting: { image, bias },
    geometry,
    divisor,
    output,
    parts,
  } = result;
  const index = row * geometry.output[1] + col;
  const taps = inputsOf(index, geometry);
  const channels = image.shape[0];
  const value = output.data[index];
  const shares = Array.from({ length: channels }, (_, c) => ({
    label: CHANNELS[c],
    terms: products(result, taps, c),
    partial: parts[c].data[index],
  }));
  const zeros = taps.length * channels - shares.reduce((sum, { terms }) => sum + terms.length, 0);
  const name = `y[${row}, ${col}]`;
  return {
    nodes: writeSum({ name, shares, divisor, bias, value, left: counted(zeros, "zero weight") }),
    text: `${name} is ${short(value, RESULT)}`,
  };
};

/** Every output that reads an input, with the weight it reads it by. */
export const explainInput = (result: Result, row: number, col: number): { nodes: Nodes; outputs: number[] } => {
  const { setting, geometry } = result;
  const [channels, rows, cols] = setting.image.shape;
  const kernelCols = setting.kernel.shape[2];
  const taps = outputsOf(row * cols + col, geometry);
  const outputs = [...new Set(taps.map(({ output }) => output))];
  const values = Array.from({ length: channels }, (_, c) =>
    short(setting.image.data[(c * rows + row) * cols + col], DIGITS),
  ).join(", ");
  const readers = taps.map(({ output, kernel }) => ({
    name: `y[${Math.floor(output / geometry.output[1])}, ${output % geometry.output[1]}]`,
    weight: Array.from({ length: setting.kernel.shape[0] }, (_, c) =>
      short(weightAt(setting, c, Math.floor(kernel / kernelCols), kernel % kernelCols), DIGITS),
    ).join("/"),
  }));
  return { nodes: writeReaders(`x[${row}, ${col}]`, values, "is read by", outputs.length, readers), outputs };
};
