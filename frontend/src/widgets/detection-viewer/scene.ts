/** What is drawn over the picture, as data. No page. */
import { type Box, centre } from "../../math/boxes";
import { type Legend, look, type Look, type Outline, type Scene } from "../shared/canvas";
import { type Answer, type Fate, fallenTo } from "./math";
import type { Row } from "./state";
import { scoreText } from "./words";

const FATES: Record<Exclude<Fate, "below">, Look> = {
  kept: look("output", "solid", 3),
  waiting: look("output", "dashed", 2),
  falls: look("kernel", "dashed", 2.5),
  fallen: look("kernel", "dotted", 1.5),
};
const BELOW = look("muted", "dotted", 2);
const OBJECT = look("ink", "solid", 1.5);
const CELL = look("input", "solid", 2);

export const legendOf = (objects: boolean): Legend => [
  [FATES.kept, "kept"],
  [FATES.waiting, "waits"],
  [FATES.falls, "suppressed"],
  [CELL, "the cell"],
  ...(objects ? ([[OBJECT, "true box"]] as Legend) : []),
];

const MOST_TAGS = 12; // more would cover the picture

/** Where a cell lies in the picture. */
export const cellBox = (cell: number, { grid: [rows, columns], size: [height, width] }: Answer): Box => {
  const [row, column] = [Math.floor(cell / columns), cell % columns];
  const [down, across] = [height / rows, width / columns];
  return [column * across, row * down, (column + 1) * across, (row + 1) * down];
};

/** Those above cover those below. */
const LAYERS: Fate[] = ["fallen", "waiting", "kept", "falls"];

/** A box that counts as it stands now; what belongs to the one that is looked at stands out. */
const outlineOf = (answer: Answer, names: string[], cell: number, looked: number, few: boolean): Outline => {
  const { cells, fates, felled } = answer;
  const { box, score, label } = cells[cell];
  const fell = felled.get(cell);
  const bound = fell?.by === looked || felled.get(looked)?.by === cell;
  const fate = fates[cell];
  // The surer, the wider, while all of them wait.
  const base = fate === "below" ? BELOW : fate === "waiting" ? { ...FATES.waiting, width: 1 + 2 * score } : FATES[fate];
  const gone = fate === "falls" || fate === "fallen";
  const style = gone && (bound || cell === looked) ? FATES.falls : base;
  const name = `${names[label]} ${scoreText(score)}`;
  const lost = style === FATES.falls ? `✕ IoU ${scoreText(fell!.iou)}` : undefined;
  const named = cell === looked || (fate === "kept" && few);
  const tag = gone ? lost : named ? name : undefined;
  return { ...style, width: style.width + (cell === looked ? 1.5 : 0), box, tag };
};

export const sceneOf = (
  answer: Answer,
  names: string[],
  looked: number,
  objects: readonly Row[] | null,
  mostTags = MOST_TAGS,
): Scene => {
  const { ranked, fates, missed, step, rounds } = answer;
  const over = step === rounds.length;
  const order = [...ranked].reverse().sort((a, b) => LAYERS.indexOf(fates[a]) - LAYERS.indexOf(fates[b]));
  const others = order.filter((cell) => cell !== looked);
  const outlined = (cell: number): Outline => outlineOf(answer, names, cell, looked, rounds.length <= mostTags);
  return {
    areas: [],
    outlines: [
      ...(objects ?? []).map((row, i): Outline => ({
        ...OBJECT,
        box: [row[0], row[1], row[2], row[3]],
        tag: over && missed?.includes(i) ? `missed: ${names[row[4]]}` : undefined,
      })),
      ...others.map(outlined),
      { ...CELL, box: cellBox(looked, answer) },
      outlined(looked),
    ],
    dots: [{ at: centre(answer.cells[looked].box), tone: "input" }],
  };
};

/** The cells of the boxes that belong to the one that is looked at: those that fall to it, or the one that it falls
 * to. */
export const boundTo = (answer: Answer, looked: number): number[] => {
  const by = answer.felled.get(looked)?.by;
  return by === undefined ? fallenTo(answer, looked).map(({ index }) => index) : [by];
};
