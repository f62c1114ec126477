/** Each view's arithmetic, written out line by line; it is what is read out, too. */
import {
  area,
  type Box,
  centre,
  diou,
  distances,
  enclosing,
  encodeDeltas,
  giou,
  iou,
  overlap,
  unionArea,
} from "../../math/boxes";
import { h } from "../../ui/dom";
import { factor, short, shown } from "../../ui/words/format";
import { bothComeTo, comesTo, muted, type Nodes, tone, type Tone } from "../../ui/words/terms";
import type { Answers } from "./scene";
import { tagOf } from "./scene";
import { bestAnchors, boxOf, chosen, type Kind, labelOf, placeOfAnchor, rowsOf, type State, targetOf } from "./state";

const DIGITS = 6;
const MOST_PARTNERS = 12;
const MOST_TERMS = 12;

const text = (value: number): string => factor(value, DIGITS);
const value = (exact: number): number => shown(exact, DIGITS);
const termOf = (kind: Kind | "anchor", exact: number): Node =>
  tone(({ object: "input", detection: "output", anchor: "kernel" } as const)[kind], text(exact));

/** `name = … = result`: where the numbers as shown do not come to the result, what is missing is shown. */
const equation = (name: Nodes, expression: Nodes, asShown: number, result: number, colour?: Tone): Nodes => [
  ...name,
  " = ",
  ...expression,
  ...comesTo(result, asShown),
  h("b", { class: colour && `t-${colour}` }, short(result, DIGITS)),
];

/** A box as its reader sees it. */
export const boxText = (box: Box): string => `(${box.map((each) => short(each, DIGITS)).join(", ")})`;
export const percentText = (share: number): string => share.toFixed(2);

/** "object 2, car". Counted from 0, as in Python. */
export const whoIs = (state: State, kind: Kind, at: number): string =>
  `${kind} ${at}, ${tagOf(state, kind, rowsOf(state, kind)[at])}`;

// ---- IoU -------------------------------------------------------------------------------------------

/** One side of the overlap: `width = min(60, 70) − max(20, 30) = 60 − 30 = 30`. */
const sideLine = (name: string, a: Box, b: Box, axis: 0 | 1): Nodes => {
  const [low, high] = [Math.max(a[axis], b[axis]), Math.min(a[axis + 2], b[axis + 2])];
  const pair = (place: number): Nodes => [termOf("object", a[place]), ", ", termOf("detection", b[place])];
  const [before, after] = bothComeTo(high - low, value(high) - value(low), value(high) - value(low));
  return [
    `${name} = min(`,
    ...pair(axis + 2),
    ") − max(",
    ...pair(axis),
    ")",
    ...before,
    `${text(high)} − ${text(low)}`,
    ...after,
    h("b", {}, short(high - low, DIGITS)),
    ...(high < low ? [muted(": they do not meet, so it counts as 0")] : []),
  ];
};

const sidesOf = (box: Box): [number, number] => [box[2] - box[0], box[3] - box[1]];
const product = ([wide, high]: readonly [number, number], kind: Kind | "anchor"): Nodes => [
  termOf(kind, wide),
  "·",
  termOf(kind, high),
];
const worth = ([wide, high]: readonly [number, number]): number => value(wide) * value(high);

const areaLines = (a: Box, b: Box): Nodes[] => {
  const shared = overlap(a, b);
  const [wide, high] = sidesOf(shared);
  const both = area(shared);
  const union = unionArea(a, b);
  return [
    sideLine("width", a, b, 0),
    sideLine("height", a, b, 1),
    equation(["overlap"], [`${text(wide)}·${text(high)}`], worth([wide, high]), both),
    equation(
      ["union"],
      [...product(sidesOf(a), "object"), " + ", ...product(sidesOf(b), "detection"), ` − ${text(both)}`],
      worth(sidesOf(a)) + worth(sidesOf(b)) - value(both),
      union,
    ),
  ];
};

const pairLines = (a: Box, b: Box): Nodes[] => {
  const [both, union, around] = [area(overlap(a, b)), unionArea(a, b), area(enclosing(a, b))];
  const [between, across] = distances(a, b);
  const share = iou(a, b);
  if (!union) return [...areaLines(a, b), ["Neither has an area: their IoU is ", h("b", {}, "0")]];
  return [
    ...areaLines(a, b),
    equation(["IoU"], [`${text(both)} / ${text(union)}`], value(both) / value(union), share),
    equation(
      ["GIoU = IoU − (around − union) / around"],
      [`${text(share)} − (${text(around)} − ${text(union)}) / ${text(around)}`],
      value(share) - (value(around) - value(union)) / value(around),
      giou(a, b),
    ),
    equation(
      ["DIoU = IoU − d² / c²"],
      [`${text(share)} − ${text(between)} / ${text(across)}`],
      value(share) - value(between) / value(across),
      diou(a, b),
    ),
  ];
};

const iouLines = (state: State): Nodes[] => {
  const [object, detection] = [chosen(state, "object"), chosen(state, "detection")];
  if (object === undefined || detection === undefined)
    return [["There is no pair: it takes an object and a detection."]];
  return pairLines(boxOf(state.objects[object]), boxOf(state.detections[detection]));
};

// ---- suppression -----------------------------------------------------------------------------------

const nmsLines = (state: State, { nms }: Answers): Nodes[] => {
  const { rounds, step, fates } = nms!;
  const { detections, iou_threshold: threshold } = state;
  const below = fates.filter((fate) => fate === "below").length;
  const left = below ? muted(` (${below} of a score below ${percentText(state.score_threshold)} left out)`) : "";
  if (!step)
    return [
      [`${detections.length - below} detections`, left],
      ["A round keeps the highest score left; what overlaps it too much falls."],
      ...(rounds[0] ? [[`First: ${whoIs(state, "detection", rounds[0].kept)}`]] : []),
    ];
  const { kept, falls } = rounds[step - 1];
  const row = detections[kept];
  // What was still there when it was kept, and overlaps it.
  const gone = new Set(rounds.slice(0, step - 1).flatMap((round) => [round.kept, ...round.falls.map((f) => f.index)]));
  const partners = detections
    .map((other, index) => ({ index, other, share: iou(boxOf(row), boxOf(other)) }))
    .filter(({ index, share }) => share > 0 && index !== kept && fates[index] !== "below" && !gone.has(index))
    .sort((a, b) => b.share - a.share || a.index - b.index);
  const falling = new Set(falls.map(({ index }) => index));
  const line = ({ index, other, share }: (typeof partners)[number]): Nodes => {
    const [both, one, two] = [area(overlap(boxOf(row), boxOf(other))), area(boxOf(row)), area(boxOf(other))];
    const verdict = falling.has(index)
      ? ` > ${short(threshold)}: falls`
      : state.by_class && labelOf(other) !== labelOf(row)
        ? ": another class, stays"
        : ` ≤ ${short(threshold)}: stays`;
    return [
      ...equation(
        [`with ${index}: IoU`],
        [`${text(both)} / (${text(one)} + ${text(two)} − ${text(both)})`],
        value(both) / (value(one) + value(two) - value(both)),
        share,
      ),
      falling.has(index) ? h("b", { class: "t-kernel" }, verdict) : verdict,
    ];
  };
  const rest = partners.length - MOST_PARTNERS;
  return [
    ["Keep ", h("b", { class: "t-output" }, whoIs(state, "detection", kept)), ": the highest score left"],
    ...partners.slice(0, MOST_PARTNERS).map(line),
    ...(partners.length ? [] : [["Nothing that is left overlaps it."]]),
    ...(rest > 0 ? [[muted(`… and ${rest} more that overlap it less`)]] : []),
  ];
};

// ---- target ----------------------------------------------------------------------------------------

const targetLines = (state: State): Nodes[] => {
  const at = chosen(state, "object");
  if (at === undefined) return [["There is no object: every cell has p_c = 0, and nothing else of y counts."]];
  const target = targetOf(state, at);
  if (!target) return [["No cell owns this object: its centre lies outside the picture, or it has no area."]];
  const { cell, y, owner, lost } = target;
  const box = boxOf(state.objects[owner]);
  const ends = [state.size[1], state.size[0]];
  const counts = [state.grid[1], state.grid[0]];
  const middle = centre(box);
  const sides = sidesOf(box);
  const scaled = (of: number, axis: 0 | 1): Nodes => [
    termOf("object", of),
    `·${counts[axis]} / ${short(ends[axis], DIGITS)}`,
  ];
  const scaledWorth = (of: number, axis: 0 | 1): number => (value(of) * counts[axis]) / value(ends[axis]);
  const middleLine = (name: string, axis: 0 | 1): Nodes =>
    equation(
      [name],
      ["(", termOf("object", box[axis]), " + ", termOf("object", box[axis + 2]), ") / 2"],
      (value(box[axis]) + value(box[axis + 2])) / 2,
      middle[axis],
    );
  const within = (name: string, axis: 0 | 1): Nodes => {
    const own = cell[1 - axis];
    return equation(
      [name],
      [...scaled(middle[axis], axis), ` − ${own}`],
      scaledWorth(middle[axis], axis) - own,
      y[1 + axis],
    );
  };
  const long = (name: string, axis: 0 | 1): Nodes =>
    equation([name], scaled(sides[axis], axis), scaledWorth(sides[axis], axis), y[4 - axis]);
  const floored = (name: string, axis: 0 | 1): Nodes => [
    `${name} = ⌊`,
    ...scaled(middle[axis], axis),
    "⌋ = ",
    h("b", {}, String(cell[1 - axis])),
  ];
  return [
    ...(lost.length
      ? [
          [
            h(
              "b",
              { class: "t-kernel" },
              `Lost: object ${lost.join(", ")}. The cell holds one, the first: object ${owner}.`,
            ),
          ],
        ]
      : []),
    middleLine("centre x", 0),
    middleLine("centre y", 1),
    [...floored("column", 0), "; ", ...floored("row", 1)],
    within("b_x", 0),
    within("b_y", 1),
    long("b_h", 1),
    long("b_w", 0),
    [muted("In a cell that owns no centre p_c is 0, and the rest of y does not count.")],
  ];
};

// ---- anchors ---------------------------------------------------------------------------------------

/** "cell (1, 2), 32 × 48". */
export const anchorText = (state: State, at: number): string => {
  const { row, column, size } = placeOfAnchor(state, at);
  return `cell (${row}, ${column}), ${size.map((side) => short(side)).join(" × ")}`;
};

const anchorLines = (state: State, { anchors }: Answers): Nodes[] => {
  const at = chosen(state, "object");
  if (at === undefined) return [["There is no object: every anchor is background."]];
  const box = boxOf(state.objects[at]);
  const best = bestAnchors(anchors!, box)[0];
  if (!best) return [["No anchor overlaps this object: none is to find it."]];
  const anchor = anchors!.boxes[best.at];
  const [both, union] = [area(overlap(anchor, box)), unionArea(anchor, box)];
  const [middle, from, sides, own] = [centre(box), centre(anchor), sidesOf(box), sidesOf(anchor)];
  const deltas = encodeDeltas(box, anchor);
  const mine = anchors!.assigned[best.at] === at;
  const verdict = !mine
    ? ": it is given to another object, which it overlaps more"
    : best.iou >= state.positive
      ? ` ≥ ${short(state.positive)}: positive`
      : ` < ${short(state.positive)}, yet the best there is for this object: positive`;
  const shift = (name: string, axis: 0 | 1): Nodes =>
    equation(
      [name],
      ["(", termOf("object", middle[axis]), " − ", termOf("anchor", from[axis]), ") / ", termOf("anchor", own[axis])],
      (value(middle[axis]) - value(from[axis])) / value(own[axis]),
      deltas[axis],
    );
  const growth = (name: string, axis: 0 | 1): Nodes => [
    `${name} = ln(`,
    termOf("object", sides[axis]),
    " / ",
    termOf("anchor", own[axis]),
    ")",
    ...(sides[axis] > 0
      ? [
          ...comesTo(deltas[2 + axis], Math.log(value(sides[axis]) / value(own[axis]))),
          h("b", {}, short(deltas[2 + axis], DIGITS)),
        ]
      : [": a box without area has none"]),
  ];
  return [
    [`The best anchor for object ${at}: ${anchorText(state, best.at)}`],
    [...equation(["IoU"], [`${text(both)} / ${text(union)}`], value(both) / value(union), best.iou), verdict],
    shift("dx", 0),
    shift("dy", 1),
    growth("dw", 0),
    growth("dh", 1),
  ];
};

// ---- precision and recall --------------------------------------------------------------------------

const prLines = (state: State, { pr }: Answers): Nodes[] => {
  const { shown: count, right, precision, recall, best, average } = pr!;
  const objects = state.objects.length;
  const share = (name: string, whole: number, of: string): Nodes =>
    whole
      ? [
          ...equation([name], [`${right} / ${whole}`], right / whole, right / whole),
          muted(` (${right} of ${whole} ${of})`),
        ]
      : [`${name}: there are no ${of}`];
  // A rise of the recall is one object more; the best precision from there on is right / shown of some place.
  const terms = recall.flatMap((each, i) => {
    if (each === (recall[i - 1] ?? 0)) return [];
    const at = precision.indexOf(best[i], i);
    return [{ text: `${Math.round(best[i] * (at + 1))}/${at + 1}`, precision: best[i] }];
  });
  const rest = terms.slice(MOST_TERMS).reduce((sum, { precision }) => sum + precision, 0);
  const written = terms.slice(0, MOST_TERMS);
  const worthOf = (written.reduce((sum, { precision }) => sum + precision, 0) + value(rest)) / objects;
  return [
    share("precision", count, "detections shown"),
    share("recall", objects, "objects"),
    terms.length
      ? equation(
          ["AP"],
          [
            `(${written.map(({ text }) => text).join(" + ")}`,
            ...(rest ? [` + ${text(rest)}`, muted(` (${terms.length - MOST_TERMS} more)`)] : []),
            `) / ${objects}`,
          ],
          worthOf,
          average,
          "output",
        )
      : [objects ? "AP = 0" : "AP: there are no objects"],
    [muted("AP: the best precision from there on, for each object found, over all objects. It has no threshold.")],
    [muted("All classes are pooled here; mAP is the mean of the classes’ own AP.")],
  ];
};

const LINES = { iou: iouLines, nms: nmsLines, target: targetLines, anchors: anchorLines, pr: prLines };
/** The arithmetic of the view that is shown. */
export const linesOf = (state: State, answers: Answers): Nodes[] => LINES[state.view](state, answers);

// ---- aloud -----------------------------------------------------------------------------------------

/** What is read out of a box before its arithmetic. */
export const spokenBox = (state: State, kind: Kind, at: number): string =>
  `${whoIs(state, kind, at)}: ${boxText(boxOf(rowsOf(state, kind)[at]))}`;
