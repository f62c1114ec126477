/** What the shape calculator's table shows, line by line. No page. */
import type { Row } from "../../math/chain";
import { grouped } from "../../ui/words/format";
import { axesText, sizeText, unbroken } from "../shared/words";

export const COLUMNS = ["Layer", "Output", "Field", "Jump", "Parameters", "Multiply–adds"];

/** The input or a layer. */
export interface Line {
  /** Nothing for the input. */
  number: string;
  layer: string;
  /** The other columns, unless there is an error. */
  cells: string[];
  /** The length of the bars behind the last two columns. */
  shares: [parameters: string, multiplyAdds: string];
  /** Why there are no numbers. */
  error?: string;
  /** Whether this layer is the one that does not fit. */
  bad: boolean;
}

type Count = "parameters" | "multiplyAdds";
const total = (rows: readonly Row[], count: Count): number => rows.reduce((sum, row) => sum + (row[count] ?? 0), 0);

/** The sums of all layers, and what they are called. */
export const totalsOf = (rows: readonly Row[]): [title: string, parameters: string, multiplyAdds: string] => [
  rows.some(({ error }) => error) ? "Total so far" : "Total",
  grouped(total(rows, "parameters")),
  grouped(total(rows, "multiplyAdds")),
];

export const linesOf = (shape: readonly number[], rows: readonly Row[]): Line[] => {
  const ones = shape.slice(1).map(() => 1);
  const input: Row = { layer: "input", size: [...shape], ...(ones.length && { receptiveField: ones, jump: ones }) };
  const [parameters, multiplyAdds] = [total(rows, "parameters"), total(rows, "multiplyAdds")];
  return [input, ...rows].map((row, at): Line => {
    const share = (count = 0, of: number) => `${(100 * count) / (of || 1)}%`;
    const waits = row.error?.startsWith("waits");
    return {
      number: at ? String(at) : "",
      layer: unbroken(row.layer),
      cells: [
        sizeText(row.size ?? []),
        row.receptiveField ? axesText(row.receptiveField) : "–",
        row.jump ? axesText(row.jump) : "–",
        at ? grouped(row.parameters ?? 0) : "",
        at ? grouped(row.multiplyAdds ?? 0) : "",
      ],
      shares: [share(row.parameters, parameters), share(row.multiplyAdds, multiplyAdds)],
      ...(row.error !== undefined && { error: waits ? row.error : `does not fit: ${row.error}` }),
      bad: row.error !== undefined && !waits,
    };
  });
};
