/** How large the numbers of a grid are written, so that no two texts touch: neither neighbours nor a number and the
 * note in its corner. */
import { h } from "../dom";

const LARGEST = 16; // px
const NOTE = 12; // px, as the sheet has it
const APART = 2; // px, between neighbours

/** About how wide a text is, in em: what the widest of the usual fonts has for each character. */
const widthByTable = (text: string): number =>
  [...text].reduce((sum, one) => sum + ("−+=×".includes(one) ? 0.84 : ".,".includes(one) ? 0.35 : 0.65), 0);

let context: CanvasRenderingContext2D | null | undefined;
const measured = new Map<string, Map<string, number>>();

/** How wide a text is, in em, in a font such as "700 … sans-serif": characters are measured once. */
export const widthOf = (text: string, weight: string, family: string): number => {
  context ??= h("canvas").getContext("2d");
  if (!context?.measureText) return widthByTable(text);
  const font = `${weight} 100px ${family}`;
  const widths = measured.get(font) ?? new Map<string, number>();
  measured.set(font, widths);
  let sum = 0;
  for (const one of text) {
    let width = widths.get(one);
    if (width === undefined) {
      context.font = font;
      widths.set(one, (width = context.measureText(one).width / 100));
    }
    sum += width;
  }
  return sum;
};

export interface Lettering {
  /** Of a number, in px; 0 where none can be read, and the colours say it alone. */
  size: number;
  /** Whether notes are written out; else a folded corner tells of them. */
  notes: boolean;
}

/** The lettering of cells of so many px with texts of so many em, and notes (0: none) below them; numbers of less than
 * `least` px are left out. */
export const lettering = (cell: number, widest: number, widestNote: number, least: number): Lettering => {
  const size = (height: number) => Math.min(LARGEST, (cell - APART) / Math.max(widest, 0.01), height);
  const below = size(cell - NOTE - 3 * APART);
  const notes = widestNote > 0 && NOTE * widestNote + APART <= cell && below >= least;
  const alone = size(cell * 0.7);
  return { size: notes ? below : alone >= least ? alone : 0, notes };
};
