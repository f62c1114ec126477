/** What a detector says of each cell, and what becomes of its boxes. What `DetectionViewer` in Python answers. */
import type { NdArray } from "../../math/array";
import {
  type Box,
  byScore,
  decodeCell,
  iou,
  match,
  nmsSteps,
  type Round,
  scoreOfCell,
  type Sides,
} from "../../math/boxes";
import type { Row } from "./state";

const LARGEST_LOG = 8; // of ln(side in cells) that counts, as `one_stage_grid` has it
const [FINDS, TOUCHES] = [0.5, 0.1]; // IoU from which a box finds an object, and below which nothing is there

/** What is said of one cell. */
export interface Said {
  /** The scores as they leave the network. */
  raw: number[];
  /** p_c, b_x, b_y, b_h, b_w and the classes' probabilities. */
  values: number[];
  box: Box;
  score: number;
  label: number;
}

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const softmax = (scores: number[]): number[] => {
  const most = Math.max(...scores);
  const parts = scores.map((score) => Math.exp(score - most));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
};

/** What the scores of a cell mean. */
export const valuesOf = ([here, x, y, high, wide, ...classes]: number[]): number[] => [
  ...[here, x, y].map(sigmoid),
  ...[high, wide].map((side) => Math.exp(Math.min(side, LARGEST_LOG))),
  ...softmax(classes),
];

/** Scores (N, 5 + classes, rows, columns), of one picture, cell by cell. */
export const cellsOf = ({ data, shape }: NdArray, index: number, size: Sides): Said[] => {
  const [, channels, rows, columns] = shape;
  const count = rows * columns;
  return Array.from({ length: count }, (_, cell) => {
    const raw = Array.from({ length: channels }, (_, k) => data[(index * channels + k) * count + cell]);
    const values = valuesOf(raw);
    const at = [Math.floor(cell / columns), cell % columns] as const;
    return { raw, values, box: decodeCell(values, at, [rows, columns], size), ...scoreOfCell(values) };
  });
};

/** What is wrong with a box that is kept, after TIDE (Bolya et al., 2020), or that it is right. */
export type Worth = "right" | "label" | "overlap" | "both" | "double" | "nothing";
export interface Verdict {
  worth: Worth;
  /** The object that is meant, −1 for none, and the IoU with it. */
  object: number;
  iou: number;
}

/** The best object among some, by its IoU. */
const best = (shares: number[], among: (object: number) => boolean): [object: number, iou: number] => {
  const own = shares.flatMap((_, i) => (among(i) ? [i] : []));
  if (!own.length) return [-1, 0];
  const at = own.reduce((top, i) => (shares[i] > shares[top] ? i : top));
  return [at, shares[at]];
};

export const judge = (kept: readonly Said[], objects: readonly Row[]): { verdicts: Verdict[]; missed: number[] } => {
  const boxes = objects.map((row): Box => [row[0], row[1], row[2], row[3]]);
  const labels = objects.map((row) => row[4]);
  const matched = match(
    { boxes: kept.map(({ box }) => box), labels: kept.map(({ label }) => label) },
    kept.map(({ score }) => score),
    { boxes, labels },
    FINDS,
  );
  const verdicts = kept.map(({ box, label }, i): Verdict => {
    const shares = boxes.map((each) => iou(box, each));
    if (matched[i] >= 0) return { worth: "right", object: matched[i], iou: shares[matched[i]] };
    const [own, ownShare] = best(shares, (object) => labels[object] === label);
    const [other, otherShare] = best(shares, (object) => labels[object] !== label);
    if (ownShare >= FINDS) return { worth: "double", object: own, iou: ownShare };
    if (otherShare >= FINDS) return { worth: "label", object: other, iou: otherShare };
    if (ownShare >= TOUCHES) return { worth: "overlap", object: own, iou: ownShare };
    if (otherShare >= TOUCHES) return { worth: "both", object: other, iou: otherShare };
    return { worth: "nothing", object: -1, iou: 0 };
  });
  return { verdicts, missed: objects.flatMap((_, i) => (matched.includes(i) ? [] : [i])) };
};

export type Fate = "below" | "waiting" | "kept" | "falls" | "fallen";

/** All that follows from what is said of the cells; boxes go by their cells. */
export interface Answer {
  cells: Said[];
  grid: Sides;
  size: Sides;
  /** The cells whose scores reach the threshold, the best first. */
  ranked: number[];
  rounds: Round[];
  /** Rounds that are over. */
  step: number;
  /** By cell, after these rounds. */
  fates: Fate[];
  /** For each box that is suppressed in the end: by which, and by what IoU. */
  felled: Map<number, { by: number; iou: number }>;
  /** By the cell of each box that is kept in the end; nothing where nobody knows the objects. */
  verdicts?: Map<number, Verdict>;
  missed?: number[];
}

export const answerOf = (
  cells: Said[],
  { grid, size }: { grid: Sides; size: Sides },
  { threshold, overlap, step }: { threshold: number; overlap: number; step: number | null },
  objects: readonly Row[] | null,
): Answer => {
  const ranked = byScore(cells.map(({ score }) => score)).filter((cell) => cells[cell].score >= threshold);
  const some = ranked.map((cell) => cells[cell]);
  const rounds = nmsSteps(
    some.map(({ box }) => box),
    some.map(({ score }) => score),
    overlap,
    some.map(({ label }) => label),
  ).map(({ kept, falls }) => ({
    kept: ranked[kept],
    falls: falls.map(({ index, iou }) => ({ index: ranked[index], iou })),
  }));
  const over = Math.min(step ?? Infinity, rounds.length);
  const fates = cells.map(({ score }): Fate => (score >= threshold ? "waiting" : "below"));
  const felled: Answer["felled"] = new Map();
  rounds.forEach(({ kept, falls }, round) => {
    if (round < over) fates[kept] = "kept";
    for (const { index, iou } of falls) {
      felled.set(index, { by: kept, iou });
      // In the end nothing falls any more: it has fallen.
      if (round < over) fates[index] = round === over - 1 && step !== null ? "falls" : "fallen";
    }
  });
  const judged =
    objects &&
    judge(
      rounds.map(({ kept }) => cells[kept]),
      objects,
    );
  const verdicts = judged && new Map(rounds.map(({ kept }, i) => [kept, judged.verdicts[i]]));
  return {
    cells,
    grid,
    size,
    ranked,
    rounds,
    step: over,
    fates,
    felled,
    ...(verdicts && { verdicts, missed: judged.missed }),
  };
};

/** The cell of the best score, the first of equal ones. */
export const bestCell = (cells: readonly Said[]): number =>
  cells.reduce((top, { score }, cell) => (score > cells[top].score ? cell : top), 0);

/** The boxes that fall to a box, in the end. */
export const fallenTo = ({ rounds }: Answer, cell: number): Round["falls"] =>
  rounds.find(({ kept }) => kept === cell)?.falls ?? [];

/** The cell that is meant at a point of the picture: that of the smallest box that counts and holds it, or else the
 * one in which it lies. */
export const cellAtPoint = ({ cells, ranked, grid, size }: Answer, [x, y]: readonly [number, number]): number => {
  const area = (cell: number) => {
    const [x1, y1, x2, y2] = cells[cell].box;
    return (x2 - x1) * (y2 - y1);
  };
  const holds = ranked.filter((cell) => {
    const [x1, y1, x2, y2] = cells[cell].box;
    return x >= x1 && x <= x2 && y >= y1 && y <= y2;
  });
  if (holds.length) return holds.reduce((least, cell) => (area(cell) < area(least) ? cell : least));
  const within = (at: number, side: number, count: number) =>
    Math.max(0, Math.min(count - 1, Math.floor((at / side) * count)));
  return within(y, size[0], grid[0]) * grid[1] + within(x, size[1], grid[1]);
};
