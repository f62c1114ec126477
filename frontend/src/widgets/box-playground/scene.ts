/** What each view draws, as data: areas, outlines, dots. A line's style says what its colour says. No page. */
import { type Box, BACKGROUND, centre, enclosing, IGNORED, overlap } from "../../math/boxes";
import { type Legend, type Look, look, type Outline, type Scene } from "../shared/canvas";
import {
  type Anchored,
  boxOf,
  cellSize,
  chosen,
  type Fate,
  type Kind,
  labelOf,
  type Scored,
  scoreOf,
  type State,
  type Suppression,
  targetOf,
} from "./state";

const MOST_TAGS = 24; // more would cover the boxes

const OBJECT = look("input", "solid", 2);
const DETECTION = look("output", "dashed", 2);
const OTHER = { object: look("input", "solid", 1), detection: look("output", "dashed", 1) };
const BEST = look("kernel", "solid", 2);
const UNSURE = look("kernel", "dotted", 1.5);
const AROUND = look("muted", "dotted", 1.5);
const FATES: Record<Exclude<Fate, "below">, Look> = {
  kept: look("output", "solid", 3),
  waiting: look("output", "dashed", 1.5),
  falls: look("kernel", "dashed", 2.5),
  fallen: look("muted", "dotted", 1.5),
};
const HIT = look("output", "solid", 2.5);
const MISS = look("kernel", "dashed", 2.5);
const MISSED = look("input", "dotted", 3);

export const LEGENDS: Record<State["view"], Legend> = {
  iou: [
    [OBJECT, "object"],
    [DETECTION, "detection"],
    [AROUND, "box around both"],
  ],
  nms: [
    [FATES.kept, "kept"],
    [FATES.falls, "falls now"],
    [FATES.fallen, "fell before"],
    [FATES.waiting, "waits"],
  ],
  target: [[OBJECT, "object"]],
  anchors: [
    [OBJECT, "object"],
    [BEST, "anchor that is to find one"],
    [UNSURE, "ignored"],
  ],
  pr: [
    [HIT, "finds an object"],
    [MISS, "finds none"],
    [OBJECT, "found"],
    [MISSED, "missed"],
  ],
};

const nameOf = (state: State, row: readonly number[]): string => state.classes[labelOf(row)];
/** Class, and score of a detection. */
export const tagOf = (state: State, kind: Kind, row: readonly number[]): string =>
  kind === "object" ? nameOf(state, row) : `${nameOf(state, row)} ${scoreOf(row).toFixed(2)}`;

/** The boxes of a kind as they are, the one that is looked at last and with its tag; the others' where `few`. */
const plain = (state: State, kind: Kind, at: Look, few: boolean): Outline[] => {
  const rows = state[`${kind}s`];
  const first = chosen(state, kind);
  const outlines = rows.map((row, i): Outline => {
    const tag = few || i === first ? tagOf(state, kind, row) : undefined;
    return { ...(i === first ? { ...at, width: at.width + 1 } : OTHER[kind]), box: boxOf(row), tag };
  });
  return first === undefined ? outlines : [...outlines.filter((_, i) => i !== first), outlines[first]];
};

const pairScene = (state: State): Scene => {
  const [object, detection] = (["object", "detection"] as const).map((kind) => {
    const at = chosen(state, kind);
    return at === undefined ? undefined : boxOf(state[`${kind}s`][at]);
  });
  const both = object && detection;
  return {
    areas: both ? [{ box: overlap(object, detection), strong: true }] : [],
    outlines: [
      ...(both ? [{ ...AROUND, box: enclosing(object, detection) }] : []),
      ...plain(state, "object", OBJECT, false),
      ...plain(state, "detection", DETECTION, false),
    ],
    dots: [],
  };
};

/** Those above cover those below. */
const LAYERS: Fate[] = ["fallen", "waiting", "kept", "falls"];

const suppressionScene = (state: State, { fates, felled, rounds, step }: Suppression): Scene => {
  const few = state.detections.length <= MOST_TAGS;
  const now = rounds[step - 1]?.kept;
  const tag = (at: number, fate: Fate): string | undefined => {
    if (fate === "falls") return `✕ ${felled.get(at)!.iou.toFixed(2)}`;
    if (at === now) return `✓ ${tagOf(state, "detection", state.detections[at])}`;
    return few && fate !== "fallen" ? tagOf(state, "detection", state.detections[at]) : undefined;
  };
  return {
    areas: [],
    outlines: LAYERS.flatMap((fate) =>
      state.detections.flatMap((row, at) => {
        if (fates[at] !== fate || fate === "below") return [];
        const style = FATES[fate];
        return [{ ...style, width: style.width + Number(at === now), box: boxOf(row), tag: tag(at, fate) }];
      }),
    ),
    dots: [],
  };
};

const targetScene = (state: State): Scene => {
  const at = chosen(state, "object");
  const [down, across] = cellSize(state);
  return {
    grid: state.grid,
    areas: state.objects.flatMap((_, i) => {
      const [row, column] = targetOf(state, i)?.cell ?? [];
      if (row === undefined || column === undefined) return [];
      const box: Box = [column * across, row * down, (column + 1) * across, (row + 1) * down];
      return [{ box, strong: i === at }];
    }),
    outlines: plain(state, "object", OBJECT, state.objects.length <= MOST_TAGS),
    dots: state.objects.map((row) => ({ at: centre(boxOf(row)), tone: "input" })),
  };
};

const anchorScene = (state: State, { boxes, assigned }: Anchored): Scene => {
  const first = chosen(state, "object");
  const drawn = (wanted: (object: number) => boolean, style: Look): Outline[] =>
    boxes.flatMap((box, i) =>
      wanted(assigned[i]) ? [{ ...style, width: style.width + Number(assigned[i] === first), box }] : [],
    );
  return {
    grid: state.grid,
    areas: [],
    outlines: [
      ...drawn((object) => object === IGNORED, UNSURE),
      ...drawn((object) => object > BACKGROUND, BEST),
      ...plain(state, "object", OBJECT, state.objects.length <= MOST_TAGS),
    ],
    dots: boxes
      .filter((_, i) => i % state.anchor_sizes.length === 0)
      .map((box) => ({ at: centre(box), tone: "muted" })),
  };
};

const scoredScene = (state: State, { matched, found }: Scored): Scene => {
  const few = state.detections.length <= MOST_TAGS;
  const shown = state.detections.map((row) => scoreOf(row) >= state.score_threshold);
  return {
    areas: [],
    outlines: [
      ...state.objects.map((row, i) => {
        const style = found.has(i) ? OBJECT : MISSED;
        return { ...style, box: boxOf(row), tag: few && !found.has(i) ? `missed: ${nameOf(state, row)}` : undefined };
      }),
      ...state.detections.flatMap((row, i) => {
        const hit = matched[i] >= 0;
        const tag = few ? `${hit ? "✓" : "✕"} ${tagOf(state, "detection", row)}` : undefined;
        return shown[i] ? [{ ...(hit ? HIT : MISS), box: boxOf(row), tag }] : [];
      }),
    ],
    dots: [],
  };
};

/** What a view computes; of those that it does not need, nothing. */
export interface Answers {
  nms?: Suppression;
  anchors?: Anchored;
  pr?: Scored;
}

export const sceneOf = (state: State, { nms, anchors, pr }: Answers): Scene => {
  if (nms) return suppressionScene(state, nms);
  if (anchors) return anchorScene(state, anchors);
  if (pr) return scoredScene(state, pr);
  return state.view === "target" ? targetScene(state) : pairScene(state);
};
