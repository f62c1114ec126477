/** What the explorer's traits may be: what its Python half allows. */
import { check, type Schema, whole, word } from "../../ui/state/checked";
import { DIAGONAL, isTriplet, LARGEST_MARGIN, LARGEST_RATE, MOST_IDENTITIES, MOST_POINTS, REACH, STEPS } from "./math";
import type { Point, Triplet } from "../../math/embeddings";

const isPoint = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((part, axis) => Number.isFinite(part) && Math.abs(part) <= REACH[axis]);

const list = (value: unknown, least: number, each: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length >= least && value.length <= MOST_POINTS && value.every(each);

const between = (most: number) =>
  check(
    `a number from 0 to ${most}`,
    (value) => Number.isFinite(value) && (value as number) >= 0 && (value as number) <= most,
  );

const isPlace = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

export const SCHEMA: Schema = {
  traits: {
    points: check(`from 3 to ${MOST_POINTS} points in the plane`, (value) => list(value, 3, isPoint)),
    labels: check(`identities from 0 to ${MOST_IDENTITIES - 1}`, (value) =>
      list(value, 3, (item) => isPlace(item) && (item as number) < MOST_IDENTITIES),
    ),
    loss: word("triplet", "contrastive"),
    margin: between(LARGEST_MARGIN),
    triplet: check("three places", (value) => Array.isArray(value) && value.length === 3 && value.every(isPlace)),
    threshold: between(DIAGONAL),
    rate: between(LARGEST_RATE),
    step: whole(0, STEPS),
  },
  together: (get) => {
    const [points, labels] = [get<Point[]>("points"), get<number[]>("labels")];
    if (points.length !== labels.length) return "its trait labels must be one for each point";
    return isTriplet(labels, get<Triplet>("triplet"))
      ? ""
      : "its trait triplet must be two points of one identity and one of another";
  },
};
