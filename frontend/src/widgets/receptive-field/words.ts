/** The receptive field's numbers, and what is read out. No page. */
import { type Area, boundsOf, countOf, type GraphNode } from "../../math/field";
import type { NdArray } from "../../math/array";
import { grouped, short } from "../../ui/words/format";
import type { Fact } from "../shared/facts";

const NOTHING = "–";

/** One number where all axes agree. */
export const perAxis = (values: readonly number[] | null | undefined, digits = 4): string =>
  values ? [...new Set(values)].map((value) => short(value, digits)).join(" × ") : NOTHING;

export const sizeText = (size: readonly number[]): string => size.map(grouped).join(" × ");
export const placeText = (unit: readonly number[]): string => `(${unit.join(", ")})`;

const span = ([first, last]: [number, number]): string => (first === last ? `${first}` : `${first}–${last}`);

/** Which rows and columns an area takes. */
export const rangeText = (area: Area | undefined, axes: number): string => {
  if (!area) return "nothing";
  const [rows, columns] = boundsOf(area);
  const word = (one: string, bounds: [number, number]) => `${one}${bounds[0] === bounds[1] ? "" : "s"} ${span(bounds)}`;
  return axes > 1 ? `${word("row", rows)}, ${word("column", columns)}` : word("position", columns);
};

/** How far an area extends. */
export const extentText = (area: Area | undefined, axes: number): string => {
  if (!area) return "0";
  const sides = boundsOf(area).map(([first, last]) => last - first + 1);
  return (axes > 1 ? sides : sides.slice(1)).map(grouped).join(" × ");
};

/** How much of its extent an area has; the rest are holes. */
export const filledText = (area: Area | undefined): string => {
  if (!area) return "0";
  const [rows, columns] = boundsOf(area).map(([first, last]) => last - first + 1);
  const [all, seen] = [rows * columns, countOf(area)].map(grouped);
  return seen === all ? seen : `${seen} of ${all}`;
};

/** The numbers of a layer, and those of a unit of it. */
export const factsOf = (node: GraphNode, input: Area | undefined): Fact[] => {
  const axes = node.size.length;
  return [
    {
      name: "Field",
      value: perAxis(node.receptive_field),
      title: "How many input positions a unit of this layer spans where no edge cuts it off, gaps included",
    },
    { name: "Jump", value: perAxis(node.jump), title: "How far apart the fields of neighbouring units lie" },
    {
      name: "Start",
      value: perAxis(node.start),
      title: "Where the first unit’s field is centred; pixel 0’s centre is 0",
    },
    ...(node.misalignment
      ? [
          {
            name: "Misaligned",
            value: node.misalignment.some(Boolean) ? `by ${perAxis(node.misalignment)}` : "no",
            title: "How far apart the centres lie that branches bring to the same unit, in input pixels",
          },
        ]
      : []),
    { name: "This unit sees", value: extentText(input, axes), title: "What is left of the field inside the input" },
    {
      name: "Positions",
      value: filledText(input),
      title: "How many of these are seen; the others are holes",
      wide: true,
    },
    { name: "Where", value: rangeText(input, axes), title: "Counted from 0", wide: true },
  ];
};

/** What is read out of a unit. */
export const spokenUnit = (node: GraphNode, unit: readonly number[], input: Area | undefined): string => {
  const who = `Unit ${placeText(unit)} of ${node.name} sees`;
  if (!input) return `${who} nothing of the input`;
  const filled = filledText(input);
  const holes = filled.includes(" of ") ? `, with holes: ${filled}` : "";
  return `${who} ${rangeText(input, unit.length)}: ${extentText(input, unit.length)} positions${holes}`;
};

/** What is read out of a position of the input. */
export const spokenPosition = (position: readonly number[], node: GraphNode, area: Area | undefined): string =>
  area
    ? `Input ${placeText(position)} is seen by ${grouped(countOf(area))} units of ${node.name}: ` +
      rangeText(area, position.length)
    : `Input ${placeText(position)} is seen by no unit of ${node.name}`;

/** The spread of measured magnitudes along each axis. */
export interface Spread {
  /** The share, 0 … 1, within the middle half of the field, axis by axis. */
  share: number;
  deviation: number[];
  /** The least number of positions that leaves 2.5 % on either side. */
  width: number[];
}

const TAIL = 0.025;

/** How much of a position, which is 1 wide, lies within the middle half of a span. */
const middleHalf = ([first, last]: [number, number]): ((i: number) => number) => {
  const [middle, quarter] = [(first + last) / 2, (last - first + 1) / 4];
  return (i) => Math.max(0, Math.min(i + 0.5, middle + quarter) - Math.max(i - 0.5, middle - quarter));
};

export const spreadOf = ({ data, shape }: NdArray, bounds: [number, number][]): Spread => {
  const sides = shape.length > 1 ? shape : [1, shape[0]];
  const [rows, columns] = [new Float64Array(sides[0]), new Float64Array(sides[1])];
  const axes = shape.length > 1 ? [rows, columns] : [columns];
  const [inRows, inColumns] = bounds.map(middleHalf);
  let [all, within] = [0, 0];
  data.forEach((value, i) => {
    const c = i % sides[1];
    const r = (i - c) / sides[1];
    rows[r] += value;
    columns[c] += value;
    all += value;
    within += value * inColumns(c) * (axes.length > 1 ? inRows(r) : 1);
  });
  const moment = (line: Float64Array, of: (i: number) => number) =>
    line.reduce((sum, value, i) => sum + value * of(i), 0) / all;
  return {
    share: within / all,
    deviation: axes.map((line) => {
      const mean = moment(line, (i) => i);
      return Math.sqrt(moment(line, (i) => (i - mean) ** 2));
    }),
    width: axes.map((line) => {
      const within = (share: number) => {
        let sum = 0;
        return line.findIndex((value) => (sum += value) >= share * all);
      };
      return within(1 - TAIL) - within(TAIL) + 1;
    }),
  };
};

export const measuredFacts = ({ share, deviation, width }: Spread): Fact[] => [
  {
    name: "In the middle half",
    value: `${short(100 * share)} %`,
    title: "The gradient’s share within half the field’s height and width",
  },
  {
    name: "Standard deviation",
    value: perAxis(deviation.map((value) => Number(value.toPrecision(3)))),
    title: "Of the gradient’s magnitude, in input pixels",
  },
  { name: "95 % width", value: perAxis(width), title: "All but 2.5 % on either side, in input pixels" },
];
