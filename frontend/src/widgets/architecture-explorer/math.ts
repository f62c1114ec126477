/** What a network comes to: sizes of blocks, groups of modules, and the lanes in which values wait. Pure. */

/** A ledger, column by column: an entry a row. */
export interface Network {
  title: string;
  input_shape: number[];
  /** What the rows do; `layer` holds places in this list. */
  layers: { text: string; kind: string }[];
  name: string[];
  layer: number[];
  size: number[][];
  /** The rows whose values a row works on; −1 is an input. */
  sources: number[][];
  parameters: number[];
  multiply_adds: number[];
  memory: number[];
  receptive_field: Sight[];
  jump: Sight[];
}
/** A number per axis, one where all agree. */
export type Sight = number | number[] | null;
export type SizeBy = "parameters" | "multiply_adds" | "activations" | "shape";

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);

/** What each row's block stands for. What is written in place, or only laid out anew, is no new activation. */
export const valuesOf = (network: Network, by: SizeBy): number[] =>
  by === "parameters" || by === "multiply_adds"
    ? network[by]
    : network.size.map((size, row) => (network.memory[row] ? product(size) : 0));

/** Sums of the first rows: of `n` rows, n + 1 of them. */
export const cumulated = (values: readonly number[]): number[] => {
  const sums = [0];
  for (const value of values) sums.push(sums[sums.length - 1] + value);
  return sums;
};

/** The side of a map, 1 where there are no positions, and the root of its channels. */
export const shapeOf = (size: readonly number[]): { side: number; thick: number } => ({
  side: size.length > 1 ? Math.max(...size.slice(1)) : 1,
  thick: Math.sqrt(size[0] ?? 1),
});

// ---- groups ----------------------------------------------------------------------------------------
/** A row, or a group of modules with what is in it. */
export interface Part {
  /** The module; that of a group is what the names in it begin with. */
  name: string;
  /** What of the name its group does not say. */
  short: string;
  first: number;
  /** One past the last row. */
  last: number;
  parts?: Part[];
}

const within = (name: string, group: string): boolean => name === group || name.startsWith(`${group}.`);

/** Rows `first` … `last` as parts of the group whose name takes up the first `taken` characters. */
const partsOf = (names: readonly string[], first: number, last: number, taken: number): Part[] => {
  const parts: Part[] = [];
  for (let row = first; row < last;) {
    const name = names[row];
    const dot = name.indexOf(".", taken);
    const head = dot < 0 ? name : name.slice(0, dot);
    let [end, grouped] = [row, false];
    if (head.length > taken)
      // an operation of the group itself has no name beyond it
      for (; end < last && within(names[end], head); end++) grouped ||= names[end].length > head.length;
    if (!grouped) {
      parts.push({ name, short: name.slice(taken), first: row, last: row + 1 });
      row++;
    } else {
      const inner = partsOf(names, row, end, head.length + 1);
      const short = head.slice(taken);
      // A group of one part alone is that part: two lines of the same rows could not be told apart.
      if (inner.length > 1) parts.push({ name: head, short, first: row, last: end, parts: inner });
      else parts.push({ ...inner[0], short: `${short}.${inner[0].short}` });
      row = end;
    }
  }
  return parts;
};

export const treeOf = ({ name }: Network): Part[] => partsOf(name, 0, name.length, 0);

/** A line of the picture. */
export interface Line extends Part {
  level: number;
  open: boolean;
}

export const linesOf = (parts: readonly Part[], opened: ReadonlySet<string>, level = 0): Line[] =>
  parts.flatMap((part) => {
    const open = part.parts !== undefined && opened.has(part.name);
    return [{ ...part, level, open }, ...(open ? linesOf(part.parts!, opened, level + 1) : [])];
  });

/** The groups that stand open at first: level by level, as long as at most so many lines are there. */
export const openedAtFirst = (parts: readonly Part[], most: number): string[] => {
  const opened = new Set<string>();
  for (let level = parts.filter((part) => part.parts); level.length;) {
    const wider = new Set([...opened, ...level.map(({ name }) => name)]);
    if (linesOf(parts, wider).length > most) break;
    for (const name of wider) opened.add(name);
    level = level.flatMap((part) => part.parts!.filter(({ parts }) => parts));
  }
  return [...opened];
};

/** The groups around a row, outermost first. */
export const groupsAround = (parts: readonly Part[], row: number): string[] => {
  const at = parts.find(({ first, last }) => first <= row && row < last);
  return at?.parts ? [at.name, ...groupsAround(at.parts, row)] : [];
};

/** The line that rows are seen in: they alone, or the innermost group around them. An open group stands for itself. */
export const lineOf = (lines: readonly Line[], first: number, last: number): number => {
  const same = lines.findIndex((line) => line.first === first && line.last === last);
  return same >= 0 ? same : lines.findLastIndex((line) => line.first <= first && last <= line.last);
};

// ---- joins -----------------------------------------------------------------------------------------
/** How values go past a line: down these lanes, into its own lane from these, and out of it. */
export interface Joins {
  past: number[];
  from: number[];
  lane: number;
  out: boolean;
}

/** For each line the lanes beside it. A value waits in its lane until it was used for the last time; a line takes
 * the first lane that is free then, so that branches stand beside one another and a shortcut goes straight down. */
export const joinsOf = (lines: readonly Line[], sources: readonly number[][]): { joins: Joins[]; lanes: number } => {
  const lineAt = new Map<number, number>();
  lines.forEach((line, at) => {
    if (!line.open) for (let row = line.first; row < line.last; row++) lineAt.set(row, at);
  });
  const into = lines.map(({ open, first, last }, at) => {
    const from = new Set<number>();
    if (!open)
      for (let row = first; row < last; row++)
        for (const source of sources[row]) {
          const line = source < 0 ? -1 : lineAt.get(source)!;
          if (line !== at) from.add(line);
        }
    return [...from];
  });
  const lastUse = new Map<number, number>();
  into.forEach((from, at) => from.forEach((line) => lastUse.set(line, at)));
  // From a lane to the line whose value waits there; the input comes down the first.
  const taken: (number | undefined)[] = [-1];
  let lanes = 1;
  const joins = lines.map(({ open }, at): Joins => {
    const waiting = () => taken.flatMap((line, lane) => (line === undefined ? [] : [lane]));
    if (open) return { past: waiting(), from: [], lane: -1, out: false };
    const from = into[at].map((line) => taken.indexOf(line)).filter((lane) => lane >= 0);
    taken.forEach((line, lane) => {
      if (line !== undefined && (lastUse.get(line) ?? -1) <= at) taken[lane] = undefined;
    });
    const past = waiting();
    const free = taken.findIndex((line) => line === undefined);
    const lane = free < 0 ? taken.length : free;
    const out = lastUse.has(at);
    if (out) taken[lane] = at;
    lanes = Math.max(lanes, lane + 1);
    return { past, from, lane, out };
  });
  return { joins, lanes };
};

// ---- lengths ---------------------------------------------------------------------------------------
/** A part of the bar that is the whole network: places and sizes are shares of the bar's. */
export interface Segment {
  row: number;
  left: number;
  width: number;
  height: number;
}

/** What full lengths stand for: the bar's, a block's, and, of shapes, a block's thickness. */
export interface Scale {
  whole: number;
  block: number;
  thick: number;
}

const DRAWN = new Set(["conv", "linear", "pool", "merge"]);
/** The rows that make a network's outline: those that only change values in a map make no new shape. */
const outline = ({ layers, layer }: Network): number[] =>
  layer.flatMap((at, row) => (DRAWN.has(layers[at].kind) ? [row] : []));

export const scaleOf = (network: Network, values: readonly number[], lines: readonly Line[], by: SizeBy): Scale => {
  if (by === "shape") {
    const shapes = outline(network).map((row) => shapeOf(network.size[row]));
    return {
      whole: shapes.reduce((sum, { thick }) => sum + thick, 0),
      block: Math.max(1, ...shapes.map(({ side }) => side)),
      thick: Math.max(1, ...shapes.map(({ thick }) => thick)),
    };
  }
  const sums = cumulated(values);
  const shown = lines.filter(({ open }) => !open).map(({ first, last }) => sums[last] - sums[first]);
  return { whole: sums[values.length], block: Math.max(...shown), thick: 1 };
};

/** Both scales in one. */
export const widest = (scales: readonly Scale[]): Scale => ({
  whole: Math.max(...scales.map(({ whole }) => whole)),
  block: Math.max(...scales.map(({ block }) => block)),
  thick: Math.max(...scales.map(({ thick }) => thick)),
});

/** The whole network as one bar, an operation after the other. */
export const segmentsOf = (network: Network, values: readonly number[], by: SizeBy, scale: Scale): Segment[] => {
  let left = 0;
  const rows = by === "shape" ? outline(network) : values.flatMap((value, row) => (value ? [row] : []));
  return rows.map((row) => {
    const { side, thick } = shapeOf(network.size[row]);
    const width = (by === "shape" ? thick : values[row]) / (scale.whole || 1);
    const height = by === "shape" ? side / (scale.block || 1) : 1;
    const segment = { row, left, width, height };
    left += width;
    return segment;
  });
};

/** A line's block as shares of the largest one's length and thickness. */
export const blockOf = (
  network: Network,
  sum: number,
  { last }: Part,
  by: SizeBy,
  { block, thick }: Scale,
): [length: number, thickness: number] => {
  if (by !== "shape") return [sum / (block || 1), sum ? 1 : 0];
  const shape = shapeOf(network.size[last - 1]);
  return [Math.min(1, shape.side / block), Math.min(1, shape.thick / thick)]; // what is laid out flat is no map
};
