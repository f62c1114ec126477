/** What the box playground's traits may be: what its Python half allows, and what its reader leaves. */
import { check, type Check, flag, listOf, pictureUri, type Schema, text, whole, word } from "../../ui/state/checked";
import { labelOf, type State } from "./state";

const MOST_BOXES = 300;
const MOST_CLASSES = 100;
const MOST_CELLS = 32;
const MOST_ANCHORS = 9;
const LARGEST = 1e6; // of a coordinate

const isWithin = (value: unknown, least: number, most: number): boolean =>
  Number.isFinite(value) && (value as number) >= least && (value as number) <= most;
const isShare = (value: unknown): boolean => isWithin(value, 0, 1);
const share = check("a number from 0 to 1", isShare);
const side = check(`a number above 0, up to ${LARGEST}`, (value) => isWithin(value, Number.MIN_VALUE, LARGEST));
const pair =
  (each: Check): Check =>
  (value) =>
    listOf(each, 2)(value) || ((value as unknown[]).length === 2 ? "" : "must be two numbers");

/** x1, y1, x2, y2 and further numbers, none of them turned inside out. */
const row = (columns: number): Check =>
  check(`x1 ≤ x2, y1 ≤ y2 and ${columns - 4} more`, (value) => {
    if (!Array.isArray(value) || value.length !== columns || !value.every((each) => isWithin(each, -LARGEST, LARGEST)))
      return false;
    const label = labelOf(value as number[]);
    const ordered = value[0] <= value[2] && value[1] <= value[3];
    return ordered && Number.isInteger(label) && label >= 0 && (columns < 6 || isShare(value[4]));
  });

export const SCHEMA: Schema = {
  traits: {
    view: word("iou", "nms", "target", "anchors", "pr"),
    size: pair(whole(1, LARGEST)),
    image: (value) => (value === "" ? "" : pictureUri(value)),
    classes: listOf(text, MOST_CLASSES),
    objects: listOf(row(5), MOST_BOXES),
    detections: listOf(row(6), MOST_BOXES),
    selected: pair(whole(0)),
    iou_threshold: share,
    by_class: flag,
    step: whole(0),
    score_threshold: share,
    match_threshold: share,
    grid: pair(whole(1, MOST_CELLS)),
    anchor_sizes: listOf(pair(side), MOST_ANCHORS),
    positive: share,
    negative: share,
  },
  together: (get) => {
    const classes = get<string[]>("classes").length;
    const rows = [...get<number[][]>("objects"), ...get<number[][]>("detections")];
    return rows.every((each) => labelOf(each) < classes) ? "" : "its trait classes has no name for the label of a box";
  },
};

export const KEYS = Object.keys(SCHEMA.traits) as (keyof State)[];
