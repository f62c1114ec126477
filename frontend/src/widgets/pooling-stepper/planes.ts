/** What the pooling stepper's grids show: numbers and their tones, how many windows hold an input, the channels. No
 * page. */
import { extremes, type NdArray } from "../../math/array";
import { paddedShape } from "../../math/shapes";
import { hatched } from "../../ui/grids/areas";
import { paintSigned, paintValues, type pixelBuffer } from "../../ui/grids/colour";
import type { Thumb } from "../../ui/grids/film-strip";
import type { Cell, Content } from "../../ui/grids/grid";
import { planeAt } from "../../ui/state/packed";
import { short } from "../../ui/words/format";
import { type Flow, readCounts, type Result } from "./math";
import { inputAt, outputAt } from "./places";

const OUTPUT_CELL = 0.15; // of a stage's width, at least: an output's number needs room for its decimals

type Room = ReturnType<typeof pixelBuffer>;

/** A channel of the input in its padding, or of the gradient there. */
export const inputPlane = (result: Result, flow: Flow | undefined, channel: number, room: Room): Content => {
  const { geometry: g, x, setting } = result;
  const [rows, cols] = paddedShape(g);
  const values = paddedPlane(result, flow?.dx ?? x, channel);
  const pixels = room(rows * cols);
  if (flow) paintSigned(values, Math.max(...flow.dx.data.map(Math.abs)), pixels);
  else paintValues(values, ...extremes(x.data), pixels);
  const counts = readCounts(g);
  const padding = flow ? "" : setting.mode === "max" ? "−∞" : "0";
  const held = ({ row, col }: Cell): string => {
    const count = counts[0][row] * counts[1][col];
    return count > 1 ? `×${count}` : "";
  };
  return {
    rows,
    cols,
    pixels,
    textures: hatched(g),
    label: (cell) =>
      inputAt(result, channel, cell) === undefined ? padding : short(values[cell.row * cols + cell.col]),
    note: (cell) => {
      const at = inputAt(result, channel, cell);
      return at === undefined ? "" : flow ? `x ${short(x.data[at])}` : held(cell);
    },
  };
};

/** A channel with room for the padding around it. */
const paddedPlane = ({ geometry: g }: Result, array: NdArray, channel: number): Float64Array => {
  const [rows, cols] = paddedShape(g);
  const [[top], [left]] = g.padding;
  const { data } = planeAt(array, channel);
  const padded = new Float64Array(rows * cols);
  for (let i = 0; i < g.input[0]; i++)
    padded.set(data.subarray(i * g.input[1], (i + 1) * g.input[1]), (i + top) * cols + left);
  return padded;
};

/** Whether any input lies in several windows. */
export const overlap = ({ geometry }: Result): boolean =>
  readCounts(geometry).some((axis) => axis.some((count) => count > 1));

/** A channel of the output, or of the gradient there. */
export const outputPlane = (result: Result, flow: Flow | undefined, channel: number, room: Room): Content => {
  const { y, x } = result;
  const [, rows, cols] = y.shape;
  const { data: values } = planeAt(flow?.dy ?? y, channel);
  const pixels = room(rows * cols);
  if (flow) paintSigned(values, 1, pixels);
  else paintValues(values, ...extremes(x.data), pixels);
  return {
    rows,
    cols,
    pixels,
    label: ({ row, col }) => short(values[row * cols + col]),
    ...(flow && { note: (cell: Cell) => `y ${short(y.data[outputAt(result, channel, cell)])}` }),
  };
};

/** The part of its stage that the output takes: cells as large as the input's, so that it is seen to be smaller; or
 * larger, for their text. */
export const outputPart = ({ geometry: g, y, rank }: Result): number => {
  if (rank === 1) return 1;
  const [side, inputSide] = [Math.max(...y.shape.slice(1)), Math.max(...paddedShape(g))];
  return Math.min(1, side * Math.max(1 / inputSide, OUTPUT_CELL));
};

/** The output's shape, with as many axes as the reader's array has. */
export const outputShape = ({ y: { shape }, rank, channels }: Result): number[] =>
  channels > 1 ? shape : shape.slice(3 - rank);

/** The channels of x and y as thumbnails, in the same tones. */
export const channelThumbs = ({ x, y, channels }: Result): { input: Thumb[]; output: Thumb[] } => {
  const range = extremes(x.data);
  const thumbs = (array: NdArray): Thumb[] =>
    Array.from({ length: channels }, (_, c) => {
      const [, rows, cols] = array.shape;
      const pixels = new Uint8ClampedArray(rows * cols * 4);
      paintValues(planeAt(array, c).data, ...range, pixels);
      return { rows, cols, pixels, name: `channel ${c}` };
    });
  return { input: thumbs(x), output: thumbs(y) };
};
