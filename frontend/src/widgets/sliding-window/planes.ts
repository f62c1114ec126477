/** The page, and the maps of scores, as a grid shows them. No page. */
import { paintLight, paintSigned } from "../../ui/grids/colour";
import { type Cell, type Content } from "../../ui/grids/grid";
import { ranked } from "../shared/network";
import type { Search } from "./math";
import { scoreText } from "./words";

export const pageContent = ({ page: { data, shape } }: Search): Content => {
  const [rows, cols] = shape;
  const pixels = new Uint8ClampedArray(4 * rows * cols);
  paintLight([data], 0, 1, pixels);
  return { rows, cols, pixels, label: ({ row, col }) => String(Math.round(255 * data[row * cols + col])) };
};

/** What a window's cell shows: its highest score, or a digit's. */
export const shownScore = (scores: Float64Array, digit: number | null): number =>
  digit === null ? Math.max(...scores) : scores[digit];

/** The scores of the windows that are known, all in the tones that `top` gives. */
export const mapContent = (
  { rows, cols }: Search,
  scores: (index: number) => Float64Array | undefined,
  digit: number | null,
  top: number,
): Content => {
  const pixels = new Uint8ClampedArray(4 * rows * cols);
  const known = Array.from({ length: rows * cols }, (_, i) => scores(i));
  paintSigned(
    Float64Array.from(known, (each) => (each ? shownScore(each, digit) : 0)),
    top,
    pixels,
  );
  known.forEach((each, i) => each || (pixels[4 * i + 3] = 0));
  const label = ({ row, col }: Cell) => {
    const each = known[row * cols + col];
    if (!each) return "";
    return digit === null ? String(ranked(each)[0]) : scoreText(each[digit]);
  };
  return { rows, cols, pixels, label, widest: digit === null ? "0" : "−0.00" };
};
