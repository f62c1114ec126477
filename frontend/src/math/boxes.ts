/** Boxes, (x1, y1, x2, y2) in continuous coordinates: how far two overlap, which detections are kept, what a grid and
 * anchors are to be taught, and how precise a list of detections is. As `cnnviz.boxes` has it. */

export type Box = readonly [x1: number, y1: number, x2: number, y2: number];
/** Rows and columns, or a height and a width. */
export type Sides = readonly [number, number];

export const area = ([x1, y1, x2, y2]: Box): number => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

export const centre = ([x1, y1, x2, y2]: Box): [x: number, y: number] => [(x1 + x2) / 2, (y1 + y2) / 2];

/** What two boxes share; with no area where they share nothing. */
export const overlap = (a: Box, b: Box): Box => {
  const [x1, y1] = [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
  return [x1, y1, Math.max(x1, Math.min(a[2], b[2])), Math.max(y1, Math.min(a[3], b[3]))];
};

/** The smallest box around both. */
export const enclosing = (a: Box, b: Box): Box => [
  Math.min(a[0], b[0]),
  Math.min(a[1], b[1]),
  Math.max(a[2], b[2]),
  Math.max(a[3], b[3]),
];

const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** The area that two boxes cover together. */
export const unionArea = (a: Box, b: Box): number => area(a) + area(b) - area(overlap(a, b));

/** The overlap's share of the union; 0 where neither box has an area. */
export const iou = (a: Box, b: Box): number => ratio(area(overlap(a, b)), unionArea(a, b));

/** IoU less the share of the enclosing box that neither covers. */
export const giou = (a: Box, b: Box): number => {
  const around = area(enclosing(a, b));
  return iou(a, b) - ratio(around - unionArea(a, b), around);
};

const squared = (x: number, y: number): number => x * x + y * y;

/** The squared distance of the centres, and that of the enclosing box's corners. */
export const distances = (a: Box, b: Box): [between: number, across: number] => {
  const [[ax, ay], [bx, by], [x1, y1, x2, y2]] = [centre(a), centre(b), enclosing(a, b)];
  return [squared(ax - bx, ay - by), squared(x2 - x1, y2 - y1)];
};

/** IoU less the squared distance of the centres, in those of the enclosing box's diagonal. */
export const diou = (a: Box, b: Box): number => {
  const [between, across] = distances(a, b);
  return iou(a, b) - ratio(between, across);
};

// ---- suppression -----------------------------------------------------------------------------------

/** The places of scores, the highest first; of equal ones the first first. */
export const byScore = (scores: readonly number[]): number[] =>
  scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);

/** One round of suppression: a box is kept, and those fall that overlap it too much. */
export interface Round {
  kept: number;
  falls: { index: number; iou: number }[];
}

/** Greedy non-maximum suppression, kept box by kept box. With labels, boxes of one class alone compete. */
export const nmsSteps = (
  boxes: readonly Box[],
  scores: readonly number[],
  threshold: number,
  labels?: readonly number[],
): Round[] => {
  const rounds: Round[] = [];
  let left = byScore(scores);
  while (left.length) {
    const [kept, ...others] = left;
    const falls: Round["falls"] = [];
    left = others.filter((index) => {
      if (labels && labels[index] !== labels[kept]) return true;
      const share = iou(boxes[kept], boxes[index]);
      if (share > threshold) falls.push({ index, iou: share });
      return share <= threshold;
    });
    rounds.push({ kept, falls });
  }
  return rounds;
};

export const nms = (
  boxes: readonly Box[],
  scores: readonly number[],
  threshold: number,
  labels?: readonly number[],
): number[] => nmsSteps(boxes, scores, threshold, labels).map(({ kept }) => kept);

// ---- targets ---------------------------------------------------------------------------------------

/** The cell of a grid that owns a box: the one in which its centre lies. Nothing where it lies outside, or where the
 * box has no area. */
export const ownerCell = (
  box: Box,
  [rows, columns]: Sides,
  [height, width]: Sides,
): [row: number, column: number] | undefined => {
  const [x, y] = centre(box);
  if (!area(box) || x < 0 || y < 0 || x > width || y > height) return undefined;
  const within = (at: number, n: number) => Math.min(n - 1, Math.floor(at));
  return [within(y * (rows / height), rows), within(x * (columns / width), columns)];
};

/** y = [p_c, b_x, b_y, b_h, b_w, c…] of a box in a cell: the centre within the cell, the size in cells. */
export const encodeCell = (
  box: Box,
  label: number,
  [row, column]: readonly [number, number],
  grid: Sides,
  size: Sides,
  classes: number,
): number[] => {
  const [x, y] = centre(box);
  const [down, across] = [grid[0] / size[0], grid[1] / size[1]];
  return [
    ...[1, x * across - column, y * down - row, (box[3] - box[1]) * down, (box[2] - box[0]) * across],
    ...Array.from({ length: classes }, (_, i) => (i === label ? 1 : 0)),
  ];
};

/** The target of each cell, row by row: 0 where it owns no box, and of several the first one's. */
export const encodeGrid = (
  boxes: readonly Box[],
  labels: readonly number[],
  grid: Sides,
  size: Sides,
  classes: number,
): number[][] => {
  const target = Array.from({ length: grid[0] * grid[1] }, () => Array<number>(5 + classes).fill(0));
  boxes.forEach((box, i) => {
    const cell = ownerCell(box, grid, size);
    const at = cell ? cell[0] * grid[1] + cell[1] : -1;
    if (cell && !target[at][0]) target[at] = encodeCell(box, labels[i], cell, grid, size, classes);
  });
  return target;
};

/** The box that a cell speaks of by b_x, b_y, b_h and b_w: what `encodeCell` wrote, backwards. */
export const decodeCell = (
  [, x, y, high, wide]: readonly number[],
  [row, column]: readonly [number, number],
  grid: Sides,
  size: Sides,
): Box => {
  const [down, across] = [size[0] / grid[0], size[1] / grid[1]];
  const [cx, cy] = [(x + column) * across, (y + row) * down];
  const [halfWide, halfHigh] = [(wide * across) / 2, (high * down) / 2];
  return [cx - halfWide, cy - halfHigh, cx + halfWide, cy + halfHigh];
};

/** What a cell's box is, and how sure of it: p_c times the probability of the likeliest class, of equal ones the
 * first; p_c where there are no classes. */
export const scoreOfCell = ([here, , , , , ...classes]: readonly number[]): { score: number; label: number } => {
  const most = classes.length ? Math.max(...classes) : 1;
  return { score: here * most, label: Math.max(0, classes.indexOf(most)) };
};

// ---- anchors ---------------------------------------------------------------------------------------

/** Boxes of these sizes, (height, width), around the centre of each cell: (rows · columns · sizes) of them. */
export const anchors = ([rows, columns]: Sides, [down, across]: Sides, sizes: readonly Sides[]): Box[] =>
  Array.from({ length: rows * columns }, (_, cell) => {
    const column = cell % columns;
    const [x, y] = [(column + 0.5) * across, ((cell - column) / columns + 0.5) * down];
    return sizes.map(([high, wide]): Box => [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]);
  }).flat();

export const [BACKGROUND, IGNORED] = [-1, -2];

/** For each anchor the object that it answers for, or `BACKGROUND`, or `IGNORED`: that which it overlaps most, if by
 * `positive`; by less than `negative` it is background. Each object also has the anchors that overlap it most, however
 * little; of two that claim one anchor so, the one that it overlaps more. */
export const assign = (
  anchorBoxes: readonly Box[],
  objects: readonly Box[],
  positive = 0.7,
  negative = 0.3,
): number[] => {
  const shares = anchorBoxes.map((anchor) => objects.map((object) => iou(anchor, object)));
  const most = objects.map((_, object) => shares.reduce((top, share) => Math.max(top, share[object]), 0));
  return shares.map((share) => {
    const top = Math.max(0, ...share);
    const claims = share.map((each, object) => (each === most[object] ? each : 0));
    const claim = Math.max(0, ...claims);
    if (claim > 0) return claims.indexOf(claim);
    if (top > 0 && top >= positive) return share.indexOf(top);
    return objects.length && top >= negative && top < positive ? IGNORED : BACKGROUND;
  });
};

/** What a network is to say of a box beside an anchor: the shift of the centre in the anchor's sides, and the
 * logarithm of how much wider and higher it is. */
export const encodeDeltas = (box: Box, anchor: Box): [dx: number, dy: number, dw: number, dh: number] => {
  const [[x, y], [ax, ay]] = [centre(box), centre(anchor)];
  const [wide, high] = [anchor[2] - anchor[0], anchor[3] - anchor[1]];
  return [(x - ax) / wide, (y - ay) / high, Math.log((box[2] - box[0]) / wide), Math.log((box[3] - box[1]) / high)];
};

// ---- precision and recall --------------------------------------------------------------------------

export interface Found {
  boxes: readonly Box[];
  labels: readonly number[];
}

/** For each detection the object that it finds, −1 for none: by falling score, each takes the object of its class
 * that it overlaps most among those that no other has taken, of equal ones the last, if by at least the threshold. */
export const match = (found: Found, scores: readonly number[], objects: Found, threshold: number): number[] => {
  const taken = new Set<number>();
  const matched = scores.map(() => -1);
  for (const at of byScore(scores)) {
    let most = threshold;
    objects.boxes.forEach((box, object) => {
      if (taken.has(object) || objects.labels[object] !== found.labels[at]) return;
      const share = iou(found.boxes[at], box);
      if (share < most || !share) return;
      most = share;
      matched[at] = object;
    });
    taken.add(matched[at]);
  }
  return matched;
};

/** Precision and recall of the first detections by score, one for each number of them. */
export const precisionRecall = (
  scores: readonly number[],
  hits: readonly boolean[],
  objects: number,
): { precision: number[]; recall: number[] } => {
  let right = 0;
  const counts = byScore(scores).map((at) => (right += Number(hits[at])));
  return {
    precision: counts.map((count, i) => count / (i + 1)),
    recall: counts.map((count) => count / objects),
  };
};

/** The best precision at this recall or a higher one. */
export const envelope = (precision: readonly number[]): number[] => {
  let most = 0;
  return precision
    .slice()
    .reverse()
    .map((each) => (most = Math.max(most, each)))
    .reverse();
};

/** The area under the envelope; NaN where there are no objects. */
export const averagePrecision = (scores: readonly number[], hits: readonly boolean[], objects: number): number => {
  const { precision, recall } = precisionRecall(scores, hits, objects);
  const best = envelope(precision);
  return objects ? recall.reduce((sum, each, i) => sum + (each - (recall[i - 1] ?? 0)) * best[i], 0) : NaN;
};
