/** What is seen, in words and numbers. Pure. */
import { h } from "../../ui/dom";
import { short, signed } from "../../ui/words/format";
import { type Nodes, tone } from "../../ui/words/terms";
import type { Item } from "../shared/listed";
import { type Answer, fallenTo, type Verdict } from "./math";
import type { Row } from "./state";

/** Two decimals, all of one length; what is not 1 is not called 1. */
export const scoreText = (score: number): string => score.toFixed(2);
/** A raw score. */
export const rawText = (raw: number): string => signed(raw.toFixed(2)).replace("−0.00", "0.00");
/** A value in three decimals; of large ones fewer. */
export const valueText = (value: number): string => value.toFixed(value < 10 ? 3 : value < 100 ? 2 : 0);

export const VALUES = ["p_c", "b_x", "b_y", "b_h", "b_w"];
export const valueNames = (names: readonly string[]): string[] => [...VALUES, ...names.map((name) => `P(${name})`)];

export const placeOf = (cell: number, { grid }: Answer): [row: number, column: number] => [
  Math.floor(cell / grid[1]),
  cell % grid[1],
];
export const cellText = (cell: number, answer: Answer): string => {
  const [row, column] = placeOf(cell, answer);
  return `row ${row}, column ${column}`;
};

/** "box 2 (9 at 0.93)": boxes are numbered by falling score. */
export const boxText = (cell: number, { ranked, cells }: Answer, names: readonly string[]): string =>
  `box ${ranked.indexOf(cell) + 1} (${names[cells[cell].label]} at ${scoreText(cells[cell].score)})`;

/** A number as it is shown, and as the reader would work on with it. */
type Shown = (value: number) => string;
const pixels: Shown = (value) => signed(value.toFixed(2));
const share: Shown = (value) => value.toFixed(4);
const worth = (text: string): number => Number(text.replace("−", "-"));

/** `expression = result`, with ≈ where the numbers as they are shown come to another one. */
const equation = (expression: Nodes, asShown: number, result: string): Nodes => [
  ...expression,
  Math.abs(asShown - worth(result)) <= 1e-9 ? " = " : " ≈ ",
  tone("output", result),
];
const given = (text: string): Node => tone("input", text);

/** How a cell's score comes about. */
const scoreLine = ({ raw, values, score, label }: Answer["cells"][number], names: readonly string[]): Nodes => {
  const [here, most] = [share(values[0]), share(values[5 + label])];
  const name = `P(${names[label]})`;
  return [
    ...["p_c = σ(", given(rawText(raw[0])), ") ≈ ", given(here)],
    ...["; likeliest class: ", name, " ≈ ", given(most), "; "],
    ...equation(
      [h("b", {}, "score"), ` = p_c · ${name} = `, given(here), " · ", given(most)],
      worth(here) * worth(most),
      share(score),
    ),
  ];
};

/** Along one axis: what is said, and where it lies. */
interface Axis {
  name: string;
  side: string;
  edges: [string, string];
  /** The cell's row or column, and its length in pixels. */
  place: number;
  unit: number;
  /** Of b_x or b_y, and of b_w or b_h. */
  within: number;
  long: number;
  low: number;
  high: number;
}

/** The centre and the length along an axis; then the edges. */
const axisLines = ({ name, side, edges, place, unit, within, long, low, high }: Axis): [Nodes, Nodes] => {
  const [middle, length, cell] = [pixels((low + high) / 2), pixels(high - low), short(unit, 6)];
  const [at, times] = [share(within), share(long)];
  const half = worth(length) / 2;
  return [
    [
      ...equation(
        [`${name} = (${place} + b_${name}) · ${cell} = (${place} + `, given(at), `) · ${cell}`],
        (place + worth(at)) * worth(cell),
        middle,
      ),
      ", ",
      ...equation(
        [`${side} = b_${side[0]} · ${cell} = `, given(times), ` · ${cell}`],
        worth(times) * worth(cell),
        length,
      ),
    ],
    [
      h("b", {}, edges[0]),
      ...equation([` = ${middle} − ${length}/2`], worth(middle) - half, pixels(low)),
      ", ",
      h("b", {}, edges[1]),
      ...equation([` = ${middle} + ${length}/2`], worth(middle) + half, pixels(high)),
    ],
  ];
};

/** The box: its centre, its sides, its edges. */
const boxLines = (cell: number, answer: Answer): Nodes[] => {
  const { values, box } = answer.cells[cell];
  const [row, column] = placeOf(cell, answer);
  const [down, across] = [answer.size[0] / answer.grid[0], answer.size[1] / answer.grid[1]];
  const lines = [
    axisLines({
      ...{ name: "x", side: "width", edges: ["x1", "x2"], place: column, unit: across },
      ...{ within: values[1], long: values[4], low: box[0], high: box[2] },
    }),
    axisLines({
      ...{ name: "y", side: "height", edges: ["y1", "y2"], place: row, unit: down },
      ...{ within: values[2], long: values[3], low: box[1], high: box[3] },
    }),
  ];
  return [lines[0][0], lines[1][0], [...lines[0][1], "; ", ...lines[1][1]]];
};

/** "IoU 0.86 > 0.50"; close to the bound in as many digits as tell them apart. */
export const comparison = (left: number, sign: string, right: number): string => {
  let digits = 2;
  while (digits < 12 && left !== right && left.toFixed(digits) === right.toFixed(digits)) digits += 1;
  return `${left.toFixed(digits)} ${sign} ${right.toFixed(digits)}`;
};

/** What becomes of a box, and why. */
export const fateText = (
  cell: number,
  answer: Answer,
  names: readonly string[],
  { threshold, overlap }: { threshold: number; overlap: number },
): string => {
  const { cells, fates, felled } = answer;
  const { score, label } = cells[cell];
  const fate = fates[cell];
  if (fate === "below") return `Left out: its score is below the threshold, ${comparison(score, "<", threshold)}.`;
  const enough = `Its score counts, ${comparison(score, "≥", threshold)}.`;
  const fell = felled.get(cell);
  if (fate === "waiting") return `${enough} It waits for its round of suppression.`;
  if (fell) {
    const why = `of the same class and surer, overlaps it too much, IoU ${comparison(fell.iou, ">", overlap)}`;
    return `${enough} Suppressed: ${boxText(fell.by, answer, names)}, ${why}.`;
  }
  const others = fallenTo(answer, cell).map(({ index }) => boxText(index, answer, names));
  const felt = others.length ? ` ${others.join(" and ")} ${others.length > 1 ? "fall" : "falls"} to it.` : "";
  return `${enough} Kept: no surer ${names[label]} overlaps it by more than ${scoreText(overlap)}.${felt}`;
};

/** What a kept box is worth, beside the true ones. */
export const verdictText = (
  { worth, object, iou }: Verdict,
  names: readonly string[],
  objects: readonly Row[],
  own: string,
): string => {
  const there = object >= 0 ? names[objects[object][4]] : "";
  const share = `IoU ${scoreText(iou)}`;
  return {
    right: `Right: a true ${there} is there, ${share}.`,
    label: `Wrong label: it is a ${there}, ${share}.`,
    overlap: `Poor overlap with the true ${there}: ${share}, less than 0.50.`,
    both: `Wrong label and poor overlap: a true ${there}, ${share}.`,
    double: `Found twice: a surer box has this ${there} already, ${share}.`,
    nothing: `Nothing is there: no true box overlaps this ${own} by 0.10 or more.`,
  }[worth];
};

/** All that is written out of a cell. */
export const linesOf = (
  cell: number,
  answer: Answer,
  names: readonly string[],
  bounds: { threshold: number; overlap: number },
  objects: readonly Row[] | null,
): Nodes[] => {
  const verdict = answer.fates[cell] === "kept" ? answer.verdicts?.get(cell) : undefined;
  return [
    [
      h("b", {}, fateText(cell, answer, names, bounds)),
      ...(verdict ? [" ", verdictText(verdict, names, objects!, names[answer.cells[cell].label])] : []),
    ],
    scoreLine(answer.cells[cell], names),
    ...boxLines(cell, answer),
  ];
};

/** For those who listen. */
export const spokenCell = (
  cell: number,
  answer: Answer,
  names: readonly string[],
  bounds: { threshold: number; overlap: number },
  objects: readonly Row[] | null,
): string => {
  const { values, score, label } = answer.cells[cell];
  const verdict = answer.fates[cell] === "kept" ? answer.verdicts?.get(cell) : undefined;
  const worth = verdict ? ` ${verdictText(verdict, names, objects!, names[label])}` : "";
  return (
    `Cell ${cellText(cell, answer)}: p_c ${scoreText(values[0])}, ${names[label]}, score ${scoreText(score)}. ` +
    `${fateText(cell, answer, names, bounds)}${worth}`
  );
};

const MOST_LISTED = 100;

const SHORT: Record<Verdict["worth"], (there: string, iou: string) => string> = {
  right: (_, iou) => `✓ right, IoU ${iou}`,
  label: (there) => `✕ is a ${there}`,
  overlap: (there, iou) => `✕ IoU ${iou} with ${there}`,
  both: (there, iou) => `✕ is a ${there}, IoU ${iou}`,
  double: (there) => `✕ ${there} found twice`,
  nothing: () => "✕ nothing there",
};

/** The boxes that count, by falling score, and what becomes of each; then what is missed, when all is over. */
export const itemsOf = (
  answer: Answer,
  names: readonly string[],
  objects: readonly Row[] | null,
  looked: number,
): Item[] => {
  const { cells, ranked, fates, felled, verdicts, missed, step, rounds } = answer;
  const fateOf = (cell: number): string => {
    const fell = felled.get(cell);
    if (fates[cell] === "waiting") return "waits";
    if (fell && fates[cell] !== "kept") return `IoU ${scoreText(fell.iou)}, box ${ranked.indexOf(fell.by) + 1}`;
    const verdict = verdicts?.get(cell);
    if (!verdict) return "kept";
    const there = verdict.object >= 0 ? names[objects![verdict.object][4]] : "";
    return SHORT[verdict.worth](there, scoreText(verdict.iou));
  };
  const items = ranked.slice(0, MOST_LISTED).map((cell, i) => ({
    kind: fates[cell] === "kept" && verdicts && verdicts.get(cell)?.worth !== "right" ? "falls" : fates[cell],
    name: `${i + 1}: ${names[cells[cell].label]} ${scoreText(cells[cell].score)}`,
    fate: fateOf(cell),
    current: cell === looked,
  }));
  const more = ranked.length - items.length;
  const rest = more ? [{ kind: "below", name: `… ${more} more`, fate: "" }] : [];
  const lost = step === rounds.length ? (missed ?? []) : [];
  return [
    ...items,
    ...rest,
    ...lost.map((i) => ({ kind: "missed", name: `a ${names[objects![i][4]]}`, fate: "✕ missed" })),
  ];
};

/** How many are kept and suppressed so far. */
export const countText = ({ fates }: Answer): string => {
  const kept = fates.filter((fate) => fate === "kept").length;
  const gone = fates.filter((fate) => fate === "falls" || fate === "fallen").length;
  const waits = fates.filter((fate) => fate === "waiting").length;
  return waits ? `${kept} kept, ${gone} suppressed, ${waits} waiting` : `${kept} kept, ${gone} suppressed`;
};

export const stepText = (step: number, { rounds }: Answer): string => {
  if (!rounds.length) return "no box";
  return step ? `round ${step} of ${rounds.length}` : "before";
};

export const KERNEL_ONLY =
  "It goes to this notebook’s kernel, which runs the detector, and nowhere else. " +
  "Larger pictures are scaled down to fit; what is left of the room is black.";
export const NO_KERNEL =
  "In a notebook, where a kernel runs the detector, you can put a picture of your own through it.";
export const ASKING = "Your picture is with the kernel. If nothing happens, the kernel is busy, or gone.";
