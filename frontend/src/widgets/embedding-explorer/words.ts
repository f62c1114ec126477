/** What the embedding explorer writes out: distances, the chosen triplet's loss, counts. */
import { type Kind, type Point, squaredDistance, type Triplet } from "../../math/embeddings";
import { grouped, factor, short, shown } from "../../ui/words/format";
import { comesTo, muted, type Nodes, tone } from "../../ui/words/terms";
import type { Fact } from "../shared/facts";
import { nameOf, type Reading } from "./math";

const DIGITS = 4; // of a number in a sum
const RESULT = 6;

/** The square as it is shown, and what it is. */
interface Square {
  name: string;
  value: number;
  written: string;
}

const square = (labels: number[], points: Point[], i: number, j: number): Square & { line: Nodes } => {
  const value = squaredDistance(points[i], points[j]);
  const parts = [0, 1].map((axis) => [points[i][axis], points[j][axis]]);
  const asShown = parts
    .map(([one, other]) => (shown(one, DIGITS) - shown(other, DIGITS)) ** 2)
    .reduce((a, b) => a + b, 0);
  const text = parts.map(([one, other]) => `(${short(one, DIGITS)} − ${factor(other, DIGITS)})²`).join(" + ");
  const name = `d(${nameOf(labels, i)}, ${nameOf(labels, j)})²`;
  const written = short(value, RESULT);
  return { name, value, written, line: [tone("input", name), " = ", text, ...comesTo(value, asShown), written] };
};

/** The lines of the chosen triplet: two distances, and what the loss makes of them. */
export const sumOf = ({ labels, now, triplet: [a, p, n], margin, loss, kind }: Reading): Nodes[] => {
  const [positive, negative] = [square(labels, now, a, p), square(labels, now, a, n)];
  const lines = [positive.line, negative.line];
  return [
    ...lines,
    ...(loss === "triplet" ? [ofTriplet(positive, negative, margin, kind)] : ofPairs(positive, negative, margin)),
  ];
};

const ofTriplet = (positive: Square, negative: Square, margin: number, kind: Kind): Nodes => {
  const value = positive.value - negative.value + margin;
  const asShown = shown(positive.value, RESULT) - shown(negative.value, RESULT) + shown(margin, RESULT);
  return [
    tone("input", "d(a, p)² − d(a, n)² + α"),
    ` = ${positive.written} − ${negative.written} + `,
    tone("kernel", short(margin, RESULT)),
    ...comesTo(value, asShown),
    short(value, RESULT),
    value > 0 ? ": its loss. " : ": below 0 nothing is lost. ",
    muted(MEANING[kind]),
  ];
};

const MEANING: Record<Kind, string> = {
  easy: "Easy: the negative is farther away than the positive by the margin.",
  "semi-hard": "Semi-hard: the right way round, but within the margin.",
  hard: "Hard: the negative is no farther away than the positive.",
};

const ofPairs = (positive: Square, negative: Square, margin: number): Nodes[] => {
  const distance = Math.sqrt(negative.value);
  const lack = Math.max(0, margin - distance);
  const [near, far] = [positive.value / 2, lack ** 2 / 2];
  return [
    [
      tone("input", "½ d(a, p)²"),
      ` = 0.5·${positive.written}`,
      ...comesTo(near, shown(positive.value, RESULT) / 2),
      short(near, RESULT),
    ],
    [
      tone("input", "½ max(0, α − d(a, n))²"),
      ` = 0.5·max{0, `,
      tone("kernel", short(margin, RESULT)),
      ` − ${short(distance, RESULT)}}²`,
      ...comesTo(far, Math.max(0, shown(margin, RESULT) - shown(distance, RESULT)) ** 2 / 2),
      short(far, RESULT),
    ],
  ];
};

export const percent = (share: number): string => `${short(Number((100 * share).toFixed(1)))}\u00a0%`;

const part = ([count, of]: [number, number]): string => `${count} of ${of}, ${percent(count / of)}`;

export const factsOf = (reading: Reading): Fact[] => [
  {
    name: "Loss",
    value: short(reading.value),
    title:
      reading.loss === "triplet"
        ? `Mean over all ${grouped(reading.triples.length)} triplets`
        : `Mean over all ${reading.pairs.length} pairs`,
  },
  {
    name: "Equal error rate",
    value: percent(reading.equal),
    title: "Where false accepts and false rejects would be equally frequent, between the curve’s corners",
  },
  {
    name: "False accepts",
    value: part(reading.falseAccepts),
    title: "Pairs of two identities that are no farther apart than the threshold",
  },
  {
    name: "False rejects",
    value: part(reading.falseRejects),
    title: "Pairs of one identity that are farther apart than the threshold",
  },
];

const ROLES = ["anchor", "positive", "negative"];

/** A point, as a button says it. */
export const pointText = ({ labels, now, triplet }: Reading, i: number): string => {
  const role = ROLES[triplet.indexOf(i)];
  return `${nameOf(labels, i)} at (${now[i].map((value) => short(value)).join(", ")})${role ? `, ${role}` : ""}`;
};

export const tripletText = (labels: number[], triplet: Triplet): string =>
  triplet.map((i) => nameOf(labels, i)).join(", ");

/** What is read out. */
export const spoken = (reading: Reading): string => {
  const { labels, triplet, kind, counts, value, loss } = reading;
  return (
    `${loss} loss ${short(value)}. Triplet ${tripletText(labels, triplet)} is ${kind}. ` +
    `${counts.easy} easy, ${counts["semi-hard"]} semi-hard, ${counts.hard} hard. ` +
    `False accepts ${part(reading.falseAccepts)}; false rejects ${part(reading.falseRejects)}`
  );
};
