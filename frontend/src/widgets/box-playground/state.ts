/** The box playground's traits, and what follows from them. No page. */
import {
  anchors,
  assign,
  averagePrecision,
  BACKGROUND,
  type Box,
  byScore,
  encodeCell,
  envelope,
  iou,
  match,
  nmsSteps,
  ownerCell,
  precisionRecall,
  type Round,
  type Sides,
} from "../../math/boxes";

export type ViewName = "iou" | "nms" | "target" | "anchors" | "pr";
export type Kind = "object" | "detection";

export interface State {
  view: ViewName;
  /** Height and width of the picture, in the units of the boxes. */
  size: [number, number];
  image: string;
  classes: string[];
  /** x1, y1, x2, y2, label. */
  objects: number[][];
  /** x1, y1, x2, y2, score, label. */
  detections: number[][];
  /** The object and the detection that are looked at. */
  selected: [number, number];
  /** A detection that overlaps a kept one by more falls. */
  iou_threshold: number;
  by_class: boolean;
  step: number;
  /** Detections of a lower score are left out. */
  score_threshold: number;
  /** A detection finds an object that it overlaps by at least this. */
  match_threshold: number;
  grid: [number, number];
  /** Heights and widths. */
  anchor_sizes: [number, number][];
  positive: number;
  negative: number;
}

/** Which boxes a view is about: pointer and keys reach these alone. */
export const KINDS: Record<ViewName, Kind[]> = {
  iou: ["object", "detection"],
  nms: ["detection"],
  target: ["object"],
  anchors: ["object"],
  pr: ["object", "detection"],
};

const [SCORE, LABEL] = [4, -1];
export const boxOf = (row: readonly number[]): Box => [row[0], row[1], row[2], row[3]];
export const scoreOf = (row: readonly number[]): number => row[SCORE];
export const labelOf = (row: readonly number[]): number => row.at(LABEL)!;
export const boxesOf = (rows: readonly number[][]): Box[] => rows.map(boxOf);

export const rowsOf = (state: State, kind: Kind): number[][] => state[`${kind}s`];
/** The box of a kind that is looked at, if there is one. */
export const chosen = (state: State, kind: Kind): number | undefined => {
  const at = state.selected[kind === "object" ? 0 : 1];
  return at < rowsOf(state, kind).length ? at : undefined;
};

/** How far boxes move in one step: a power of two, so that sums of steps are exact. */
export const stepOf = ([height, width]: Sides): number => 2 ** Math.floor(Math.log2(Math.max(height, width) / 128));

// ---- suppression -----------------------------------------------------------------------------------

export type Fate = "below" | "waiting" | "kept" | "falls" | "fallen";

export interface Suppression {
  rounds: Round[];
  /** Rounds that are over, 0 for none. */
  step: number;
  /** All detections by falling score. */
  order: number[];
  fates: Fate[];
  /** For what has fallen: the box that it fell to, and by what IoU. */
  felled: Map<number, { by: number; iou: number }>;
}

/** What has become of each detection after so many rounds. */
export const suppression = (state: State): Suppression => {
  const scores = state.detections.map(scoreOf);
  const order = byScore(scores);
  const candidates = order.filter((at) => scores[at] >= state.score_threshold);
  const rows = candidates.map((at) => state.detections[at]);
  const labels = state.by_class ? rows.map(labelOf) : undefined;
  const rounds = nmsSteps(boxesOf(rows), rows.map(scoreOf), state.iou_threshold, labels).map(({ kept, falls }) => ({
    kept: candidates[kept],
    falls: falls.map(({ index, iou }) => ({ index: candidates[index], iou })),
  }));
  const step = Math.min(state.step, rounds.length);
  const fates = scores.map((score): Fate => (score >= state.score_threshold ? "waiting" : "below"));
  const felled: Suppression["felled"] = new Map();
  rounds.slice(0, step).forEach(({ kept, falls }, round) => {
    fates[kept] = "kept";
    for (const { index, iou } of falls) {
      fates[index] = round === step - 1 ? "falls" : "fallen";
      felled.set(index, { by: kept, iou });
    }
  });
  return { rounds, step, order, fates, felled };
};

// ---- targets ---------------------------------------------------------------------------------------

export interface Target {
  cell: [row: number, column: number];
  y: number[];
  /** The object that the cell has: of those whose centre lies in it the first. */
  owner: number;
  /** The others. */
  lost: number[];
}

/** The target of the cell in which an object's centre lies, if there is one. */
export const targetOf = ({ objects, grid, size, classes }: State, at: number): Target | undefined => {
  const cells = objects.map((row) => ownerCell(boxOf(row), grid, size));
  const cell = cells[at];
  if (!cell) return undefined;
  const [owner, ...lost] = cells.flatMap((other, i) => (`${other}` === `${cell}` ? [i] : []));
  const row = objects[owner];
  return { cell, y: encodeCell(boxOf(row), labelOf(row), cell, grid, size, classes.length), owner, lost };
};

export interface Anchored {
  boxes: Box[];
  assigned: number[];
}

export const cellSize = ({ grid, size }: State): Sides => [size[0] / grid[0], size[1] / grid[1]];

export const anchored = (state: State): Anchored => {
  const boxes = anchors(state.grid, cellSize(state), state.anchor_sizes);
  const assigned = assign(boxes, boxesOf(state.objects), state.positive, state.negative);
  return { boxes, assigned };
};

/** The cell that an anchor stands in, and which of its sizes it has. */
export const placeOfAnchor = ({ grid, anchor_sizes: sizes }: State, at: number) => {
  const cell = Math.floor(at / sizes.length);
  return { row: Math.floor(cell / grid[1]), column: cell % grid[1], size: sizes[at % sizes.length] };
};

/** The anchors that overlap an object most, the first first; those that don't at all are left out. */
export const bestAnchors = ({ boxes }: Anchored, box: Box): { at: number; iou: number }[] =>
  boxes
    .map((anchor, at) => ({ at, iou: iou(anchor, box) }))
    .filter(({ iou }) => iou > 0)
    .sort((a, b) => b.iou - a.iou || a.at - b.at);

/** How many anchors are of each fate. */
export const countAnchors = ({ assigned }: Anchored): [positive: number, ignored: number, background: number] => {
  const positive = assigned.filter((object) => object >= 0).length;
  const background = assigned.filter((object) => object === BACKGROUND).length;
  return [positive, assigned.length - positive - background, background];
};

// ---- precision and recall --------------------------------------------------------------------------

export interface Scored {
  /** The object that each detection finds, −1 for none. */
  matched: number[];
  order: number[];
  precision: number[];
  recall: number[];
  best: number[];
  average: number;
  /** How many detections have at least the score, and how many of them find an object. */
  shown: number;
  right: number;
  /** The objects that these find. */
  found: Set<number>;
}

export const scored = (state: State): Scored => {
  const { objects, detections } = state;
  const scores = detections.map(scoreOf);
  const found = { boxes: boxesOf(detections), labels: detections.map(labelOf) };
  const truth = { boxes: boxesOf(objects), labels: objects.map(labelOf) };
  const matched = match(found, scores, truth, state.match_threshold);
  const hits = matched.map((object) => object >= 0);
  const { precision, recall } = precisionRecall(scores, hits, objects.length);
  const order = byScore(scores);
  const above = order.filter((at) => scores[at] >= state.score_threshold);
  const right = above.filter((at) => hits[at]);
  return {
    ...{ matched, order, precision, recall },
    best: envelope(precision),
    average: averagePrecision(scores, hits, objects.length),
    shown: above.length,
    right: right.length,
    found: new Set(right.map((at) => matched[at])),
  };
};
