/** Where things lie in a plane of a padded input: its padding, what no window reaches, and a window. */
import { type Geometry, paddedShape, rests } from "../../math/shapes";
import type { Area, Cell, Texture } from "./grid";

/** The geometry of one or two axes as that of a plane; a single axis is a plane of one row. */
export const planeOf = (g: Geometry, axes: number[]): Geometry => {
  const take = <T>(list: T[], one: T): T[] => [
    ...Array<T>(2 - axes.length).fill(one),
    ...axes.map((axis) => list[axis]),
  ];
  return {
    input: take(g.input, 1),
    kernel: take(g.kernel, 1),
    stride: take(g.stride, 1),
    dilation: take(g.dilation, 1),
    padding: take(g.padding, [0, 0]),
    mode: g.mode,
    output: take(g.output, 1),
  };
};

/** What each position on an axis is, where it is no ordinary one. */
export type Kinds = (Texture | undefined)[];

/** What padding and ⌊ ⌋ make of the positions on each axis of a padded input. */
export const kindsOf = (g: Geometry): Kinds[] => {
  const dropped = rests(g);
  const pad: Texture = g.mode === "zero" ? "pad zero" : "pad";
  return paddedShape(g).map((length, a) => {
    const [before, after] = g.padding[a];
    return Array.from({ length }, (_, i) =>
      i >= length - dropped[a] ? "dropped" : i < before || i >= length - after ? pad : undefined,
    );
  });
};

/** Neighbours of one kind, together. */
const runs = (kinds: Kinds): { kind: Texture; at: number; count: number }[] =>
  kinds.flatMap((kind, at) => {
    if (!kind || kinds[at - 1] === kind) return [];
    const end = kinds.findIndex((other, i) => i > at && other !== kind);
    return [{ kind, at, count: (end < 0 ? kinds.length : end) - at }];
  });

/** The areas of a plane whose rows and columns are of these kinds; what is dropped lies on top. */
export const kindAreas = (rows: Kinds, cols: Kinds): (Area & { kind: Texture })[] => {
  // Columns end where hatched rows begin: two half-transparent hatchings would look like a third.
  const first = rows.findIndex((kind) => !kind);
  const inner = { row: first, rows: rows.findLastIndex((kind) => !kind) - first + 1 };
  const areas = [
    ...runs(rows).map(({ kind, at, count }) => ({ kind, row: at, rows: count, col: 0, cols: cols.length })),
    ...runs(cols).map(({ kind, at, count }) => ({
      kind,
      col: at,
      cols: count,
      ...(kind === "dropped" ? { row: 0, rows: rows.length } : inner),
    })),
  ].filter(({ row }) => row >= 0);
  return [...areas.filter(({ kind }) => kind !== "dropped"), ...areas.filter(({ kind }) => kind === "dropped")];
};

/** The areas of a plane that are padding, and those that ⌊ ⌋ drops. */
export const hatched = (g: Geometry): (Area & { kind: Texture })[] => {
  const [rows, cols] = kindsOf(g);
  return kindAreas(rows, cols);
};

/** The part of a padded plane that the window of an output spans. */
export const windowArea = (g: Geometry, { row, col }: Cell): Area => ({
  row: row * g.stride[0],
  col: col * g.stride[1],
  rows: g.dilation[0] * (g.kernel[0] - 1) + 1,
  cols: g.dilation[1] * (g.kernel[1] - 1) + 1,
});

/** The input behind a cell of a padded plane; nothing for padding. */
export const unpadded = (g: Geometry, { row, col }: Cell): Cell | undefined => {
  const at = { row: row - g.padding[0][0], col: col - g.padding[1][0] };
  return at.row >= 0 && at.col >= 0 && at.row < g.input[0] && at.col < g.input[1] ? at : undefined;
};

/** The cell in the middle of an area. */
export const middleOf = ({ row, col, rows, cols }: Area): Cell => ({ row: row + (rows >> 1), col: col + (cols >> 1) });

/** Cells a side when zoomed into numbers. */
export const LENS = 9;

/** Cells a side for a lens on a window: all of the window, and what is next to it. */
export const lensSide = ({ rows, cols }: Area): number => Math.max(LENS, rows + 2, cols + 2);

/** `side` × `side` cells around one, as far as the plane has them; nothing where the whole plane is no larger. */
export const lensOn = (rows: number, cols: number, { row, col }: Cell, side: number): Area | undefined => {
  if (rows * cols <= side * side) return undefined;
  const [r, c] = [Math.min(rows, side), Math.min(cols, side)];
  return {
    row: Math.max(0, Math.min(rows - r, row - (r >> 1))),
    col: Math.max(0, Math.min(cols - c, col - (c >> 1))),
    rows: r,
    cols: c,
  };
};

const FEW = 12; // cells outlined one by one

/** Cells, each by itself or, where they are many and fill a rectangle, together: one mark is drawn, not a hundred. */
export const outlines = (cells: Cell[]): Area[] => {
  const alone = cells.map((cell) => ({ ...cell, rows: 1, cols: 1 }));
  if (cells.length <= FEW) return alone;
  const ends = (key: "row" | "col") => {
    const all = cells.map((cell) => cell[key]);
    return [Math.min(...all), Math.max(...all) - Math.min(...all) + 1];
  };
  const [[row, rows], [col, cols]] = [ends("row"), ends("col")];
  return rows * cols === cells.length ? [{ row, col, rows, cols }] : alone;
};
