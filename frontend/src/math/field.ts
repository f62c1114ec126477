/**
 * Receptive fields, position by position, through any graph of layers: the answers of `cnnviz.fields`, which explains
 * graphs and windows.
 *
 * Along a chain what a unit sees is a product of one set per axis. Where branches meet it is a union of such products,
 * kept short: one that lies in another is dropped. Beyond `MOST_PRODUCTS` they are given up for a plane of marks.
 */
import type { Row } from "./chain";

export type Regular = [kernel: number, stride: number, before: number, dilation: number, transposed?: 1];
export type AxisWindow = Regular | { spans: ([first: number, last: number] | null)[] };

export interface GraphNode {
  name: string;
  label: string;
  channels: number;
  size: number[];
  from: number[];
  /** For each source a window per axis. */
  windows: AxisWindow[][];
  receptive_field?: number[] | null;
  jump?: number[] | null;
  start?: number[] | null;
  misalignment?: number[] | null;
}
export interface Graph {
  nodes: GraphNode[];
}

/** Positions of one axis; none lie outside `first` … `last`. */
export interface Places {
  first: number;
  last: number;
  has: Uint8Array;
}
/** A set per axis: two, the first of one position where there is one axis alone. */
export type Product = [rows: Places, columns: Places];
/** What of one map is seen: products of which any may hold, or marks row by row. */
export interface Area {
  size: [rows: number, columns: number];
  products?: Product[];
  marks?: Uint8Array;
}

const MOST_NODES = 2000;
const MOST_EDGES = 8000;
const LARGEST_SIDE = 4096;
const MOST_POSITIONS = 2 ** 20;
const MOST_WORK = 2 ** 26;
const LARGEST = 1_000_000;
const MOST_PRODUCTS = 16;

/** Rows and columns of a map; one axis is a row. */
export const planeOf = (size: readonly number[]): [rows: number, columns: number] => [
  size.length > 1 ? size[0] : 1,
  size[size.length - 1],
];
const IDENTITY: Regular = [1, 1, 0, 1];
const onPlane = (windows: AxisWindow[]): AxisWindow[] => (windows.length > 1 ? windows : [IDENTITY, windows[0]]);

// ---- what a graph is made of -----------------------------------------------------------------------

const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const isPair = (value: unknown): value is [number, number] => Array.isArray(value) && value.length === 2;
const isText = (value: unknown): boolean => typeof value === "string";

const isWindow = (window: unknown, outputs: number, inputs: number): window is AxisWindow => {
  if (Array.isArray(window)) {
    const [kernel, stride, before, dilation, transposed] = window as unknown[];
    const turned = window.length === 5;
    return (
      (window.length === 4 || (turned && transposed === 1)) &&
      isWhole(kernel, 1, LARGEST) &&
      isWhole(stride, turned ? 1 : 0, LARGEST) &&
      isWhole(before, -LARGEST, LARGEST) &&
      isWhole(dilation, 1, LARGEST)
    );
  }
  const spans = (window as { spans?: unknown } | null)?.spans;
  return (
    Array.isArray(spans) &&
    spans.length === outputs &&
    spans.every(
      (span) =>
        span === null || (isPair(span) && isWhole(span[0], 0, inputs - 1) && isWhole(span[1], span[0], inputs - 1)),
    )
  );
};

/** At most how many pairs of an output and what it sees there are. */
const workOf = (window: AxisWindow, outputs: number, inputs: number): number =>
  Array.isArray(window)
    ? outputs * Math.min(window[0], inputs)
    : window.spans.reduce((sum, span) => sum + (span ? span[1] - span[0] + 1 : 0), 0);

const nodeProblem = (nodes: GraphNode[], at: number): string => {
  const node = nodes[at];
  if (typeof node !== "object" || node === null) return "is none";
  const { size, from, windows } = node;
  if (!isText(node.name) || !isText(node.label)) return "must have a name and a label";
  if (!isWhole(node.channels, 1, 1e9)) return "must have channels";
  if (!Array.isArray(size) || size.length < 1 || size.length > 2 || !size.every((n) => isWhole(n, 1, LARGEST_SIDE)))
    return `must have a size of one or two numbers up to ${LARGEST_SIDE}`;
  if (size.length !== nodes[0].size.length) return "must have as many axes as the first";
  if (size.reduce((a, b) => a * b) > MOST_POSITIONS) return `must have at most ${MOST_POSITIONS} positions`;
  if (!Array.isArray(from) || !from.every((source) => isWhole(source, 0, at - 1)))
    return "must come from earlier nodes";
  if (Boolean(from.length) !== at > 0) return "must come from others unless it is the first";
  const fit = (each: unknown, i: number) =>
    Array.isArray(each) &&
    each.length === size.length &&
    each.every((window, axis) => isWindow(window, size[axis], nodes[from[i]].size[axis]));
  if (!Array.isArray(windows) || windows.length !== from.length || !windows.every(fit))
    return "must have a window per axis for each node that goes in";
  const numbers = [node.receptive_field, node.jump, node.start, node.misalignment];
  const isNumbers = (value: unknown) =>
    value == null || (Array.isArray(value) && value.length === size.length && value.every(Number.isFinite));
  return numbers.every(isNumbers) ? "" : "must have its numbers per axis";
};

/** What is wrong with a graph, as what follows its name in a sentence; "" if nothing is. */
export const graphProblem = (value: unknown): string => {
  const nodes = (value as Graph | null)?.nodes;
  if (!Array.isArray(nodes) || nodes.length < 1 || nodes.length > MOST_NODES)
    return `must be a graph of 1 to ${MOST_NODES} nodes`;
  let [edges, work] = [0, 0];
  for (const [i, node] of nodes.entries()) {
    const problem = nodeProblem(nodes, i);
    if (problem) return `is damaged: node ${i} ${problem}`;
    edges += node.from.length;
    node.windows.forEach((windows, e) =>
      windows.forEach((w, axis) => (work += workOf(w, node.size[axis], nodes[node.from[e]].size[axis]))),
    );
  }
  if (edges > MOST_EDGES) return `must have at most ${MOST_EDGES} edges, not ${edges}`;
  return work > MOST_WORK ? `must have windows of at most ${MOST_WORK} positions, not ${work}` : "";
};

/** A chain as a graph, up to the first layer that doesn't fit: `cnnviz.chain.graph`. */
export const chainGraph = (rows: readonly Row[], inputShape: readonly number[]): Graph => {
  const axes = inputShape.length - 1;
  const ones = Array<number>(axes).fill(1);
  const plain = { receptive_field: ones, jump: ones, start: ones.map(() => 0) };
  const size = inputShape.slice(1);
  const input: GraphNode = { name: "input", label: "input", channels: inputShape[0], size, from: [], windows: [] };
  const nodes: GraphNode[] = [{ ...input, ...plain }];
  for (const [i, { layer, size, window, receptiveField, jump, error }] of rows.entries()) {
    if (error !== undefined || !size) break;
    const { size: came, start, jump: jumps } = nodes[i];
    const g = window?.geometry;
    nodes.push({
      name: `layer ${i + 1}`,
      label: layer,
      channels: size[0],
      size: size.length > 1 ? size.slice(1) : ones,
      from: [i],
      windows: [
        came.map((n, a) =>
          g
            ? ([
                ...[g.kernel[a], g.stride[a], g.padding[a][0], g.dilation[a]],
                ...(window!.transposed ? [1] : []),
              ] as Regular)
            : [n, 0, 0, 1],
        ),
      ],
      receptive_field: receptiveField ?? null,
      jump: jump ?? null,
      start:
        g && start && !window!.transposed
          ? start.map((at, a) => at + ((g.dilation[a] * (g.kernel[a] - 1)) / 2 - g.padding[a][0]) * jumps![a])
          : null,
    });
  }
  return { nodes };
};

// ---- sets of positions -----------------------------------------------------------------------------

const nowhere = (n: number): Places => ({ first: n, last: -1, has: new Uint8Array(n) });
const put = (places: Places, at: number): void => {
  places.has[at] = 1;
  if (at < places.first) places.first = at;
  if (at > places.last) places.last = at;
};
const one = (n: number, at: number): Places => {
  const places = nowhere(n);
  put(places, at);
  return places;
};

/** Go through the positions, of `inputs`, that output y sees. */
const eachSeen = (window: AxisWindow, y: number, inputs: number, visit: (x: number) => void): void => {
  if (!Array.isArray(window)) {
    const [first, last] = window.spans[y] ?? [0, -1];
    for (let x = first; x <= last; x++) visit(x);
    return;
  }
  const [kernel, stride, before, dilation, transposed] = window;
  if (!transposed) {
    const begin = stride * y - before;
    const last = Math.min(kernel - 1, Math.floor((inputs - 1 - begin) / dilation));
    for (let t = Math.max(0, Math.ceil(-begin / dilation)); t <= last; t++) visit(begin + dilation * t);
    return;
  }
  const low = Math.max(0, Math.ceil((y + before - dilation * (kernel - 1)) / stride));
  const high = Math.min(inputs - 1, Math.floor((y + before) / stride));
  for (let x = low; x <= high; x++) if ((y + before - stride * x) % dilation === 0) visit(x);
};

/** The positions that any of these outputs sees. */
const seenFrom = (window: AxisWindow, outputs: Places, inputs: number): Places => {
  const seen = nowhere(inputs);
  for (let y = outputs.first; y <= outputs.last; y++)
    if (outputs.has[y]) eachSeen(window, y, inputs, (x) => put(seen, x));
  return seen;
};

/** The outputs that see any of these positions. */
const seeing = (window: AxisWindow, inputs: Places, outputs: number): Places => {
  const sees = nowhere(outputs);
  for (let y = 0; y < outputs; y++) {
    let any = false;
    eachSeen(window, y, inputs.has.length, (x) => (any ||= inputs.has[x] === 1));
    if (any) put(sees, y);
  }
  return sees;
};

// ---- areas -----------------------------------------------------------------------------------------

/** One step along an edge, for sets of either axis: the set, the window, how many positions there are there. */
type Step = (window: AxisWindow, from: Places, there: number) => Places;

const within = (inner: Places, outer: Places): boolean => {
  if (inner.first < outer.first || inner.last > outer.last) return false;
  for (let i = inner.first; i <= inner.last; i++) if (inner.has[i] && !outer.has[i]) return false;
  return true;
};
const covers = (outer: Product, inner: Product): boolean => within(inner[0], outer[0]) && within(inner[1], outer[1]);

/** Go through the marked positions of a product. */
const eachOf = ([rows, columns]: Product, visit: (row: number, column: number) => void): void => {
  for (let r = rows.first; r <= rows.last; r++)
    if (rows.has[r]) for (let c = columns.first; c <= columns.last; c++) if (columns.has[c]) visit(r, c);
};

export const marksOf = ({ size: [rows, columns], products, marks }: Area): Uint8Array => {
  if (marks) return marks;
  const made = new Uint8Array(rows * columns);
  for (const product of products!) eachOf(product, (r, c) => (made[r * columns + c] = 1));
  return made;
};

/** How many positions an area has. */
export const countOf = (area: Area): number => marksOf(area).reduce((sum, mark) => sum + mark, 0);

/** Marks one edge further, a line of each axis after the other. */
const marksThrough = (area: Area, windows: AxisWindow[], size: [number, number], step: Step): Uint8Array => {
  const [rows, columns] = area.size;
  const marks = marksOf(area);
  const between = new Uint8Array(size[0] * columns);
  for (let r = 0; r < rows; r++) {
    const line = marks.subarray(r * columns, (r + 1) * columns);
    if (!line.includes(1)) continue;
    const there = step(windows[0], one(rows, r), size[0]);
    for (let q = there.first; q <= there.last; q++)
      if (there.has[q]) for (let c = 0; c < columns; c++) between[q * columns + c] |= line[c];
  }
  const made = new Uint8Array(size[0] * size[1]);
  const used = Array.from({ length: columns }, (_, c) => c);
  const theres = used.map((c) => step(windows[1], one(columns, c), size[1]));
  for (let q = 0; q < size[0]; q++)
    for (let c = 0; c < columns; c++) {
      if (!between[q * columns + c]) continue;
      const there = theres[c];
      for (let k = there.first; k <= there.last; k++) made[q * size[1] + k] |= there.has[k];
    }
  return made;
};

const through = (area: Area, windows: AxisWindow[], to: readonly number[], step: Step): Area => {
  const size = planeOf(to);
  const axes = onPlane(windows);
  if (area.marks) return { size, marks: marksThrough(area, axes, size, step) };
  const products = area
    .products!.map(([rows, columns]): Product => [step(axes[0], rows, size[0]), step(axes[1], columns, size[1])])
    .filter(([rows, columns]) => rows.last >= 0 && columns.last >= 0);
  return { size, products };
};

const isEmpty = ({ products, marks }: Area): boolean => (marks ? !marks.includes(1) : products!.length === 0);

const joined = (a: Area | undefined, b: Area): Area | undefined => {
  if (isEmpty(b)) return a;
  if (!a) return b;
  if (a.products && b.products) {
    const products = [...a.products];
    for (const product of b.products) {
      if (products.some((other) => covers(other, product))) continue;
      for (let i = products.length - 1; i >= 0; i--) if (covers(product, products[i])) products.splice(i, 1);
      products.push(product);
    }
    if (products.length <= MOST_PRODUCTS) return { size: a.size, products };
  }
  const marks = marksOf(a).slice();
  marksOf(b).forEach((mark, i) => (marks[i] |= mark));
  return { size: a.size, marks };
};

const alone = ({ size }: GraphNode, position: readonly number[]): Area => {
  const [rows, columns] = planeOf(size);
  const [row, column] = planeOf(position.length > 1 ? position : [0, position[0]]);
  return { size: [rows, columns], products: [[one(rows, row), one(columns, column)]] };
};

/** What a unit sees of every node that it is computed from; undefined where that is nothing. */
export const reach = ({ nodes }: Graph, node: number, position: readonly number[]): (Area | undefined)[] => {
  const areas: (Area | undefined)[] = Array(nodes.length).fill(undefined);
  areas[node] = alone(nodes[node], position);
  for (let i = node; i > 0; i--) {
    const area = areas[i];
    if (!area) continue;
    nodes[i].from.forEach((source, e) => {
      areas[source] = joined(areas[source], through(area, nodes[i].windows[e], nodes[source].size, seenFrom));
    });
  }
  return areas;
};

/** Which units of every later node see a position of one; `last` is the last node that is asked for. */
export const seenBy = (
  { nodes }: Graph,
  node: number,
  position: readonly number[],
  last = nodes.length - 1,
): (Area | undefined)[] => {
  const areas: (Area | undefined)[] = Array(nodes.length).fill(undefined);
  areas[node] = alone(nodes[node], position);
  for (let i = node + 1; i <= last; i++)
    nodes[i].from.forEach((source, e) => {
      const area = areas[source];
      if (area) areas[i] = joined(areas[i], through(area, nodes[i].windows[e], nodes[i].size, seeing));
    });
  return areas;
};

/** The first and last position per axis. */
export const boundsOf = ({ size: [rows, columns], products, marks }: Area): [[number, number], [number, number]] => {
  const bounds: [[number, number], [number, number]] = [
    [rows, -1],
    [columns, -1],
  ];
  const widen = (axis: 0 | 1, first: number, last: number) =>
    (bounds[axis] = [Math.min(bounds[axis][0], first), Math.max(bounds[axis][1], last)]);
  for (const product of products ?? []) product.forEach(({ first, last }, axis) => widen(axis as 0 | 1, first, last));
  marks?.forEach((mark, i) => {
    if (!mark) return;
    widen(0, Math.floor(i / columns), Math.floor(i / columns));
    widen(1, i % columns, i % columns);
  });
  return bounds;
};
