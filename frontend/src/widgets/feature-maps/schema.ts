/** What the feature maps' traits may be: what their Python half makes. */
import { size } from "../../math/array";
import {
  type Check,
  check,
  either,
  finite,
  listOf,
  none,
  packed,
  record,
  type Schema,
  text,
  whole,
  word,
} from "../../ui/state/checked";
import type { Packed } from "../../ui/state/packed";
import { unpack } from "../../ui/state/packed";
import type { Does, PlainLayer, PlainStep, PlainUnit } from "./state";

const MOST_LAYERS = 512;
const MOST_NUMBERS = 2 ** 23;
const MOST_SIDE = 2 ** 13;

const array = (axes: number): Check =>
  packed(`of ${axes} axes`, (shape) => shape.length === axes && size(shape) <= MOST_NUMBERS);
const fixed = (count: number, each: Check): Check => {
  const list = listOf(each, count);
  return (value) => list(value) || ((value as unknown[]).length === count ? "" : `must have ${count} items`);
};
const optional = (each: Check): Check => either(none, each);
const kind = word("conv", "pool", "merge", "other");
const mode = word("", "sum", "max", "mean", "add", "subtract", "multiply", "copy");
const steps = listOf(
  record({ kind: word("norm", "relu", "tanh", "sigmoid"), label: text, numbers: optional(array(2)) }),
  16,
);
const side = whole(1, MOST_SIDE);
const count = whole(0, MOST_NUMBERS);

const layer = record({
  name: text,
  label: text,
  from: listOf(whole(-1, MOST_LAYERS), 64),
  size: fixed(2, side),
  block: side,
  maps: array(3),
  top: optional(array(1)),
  dead: listOf(count),
  twins: listOf(fixed(2, count)),
  does: optional(
    record({
      kind,
      mode,
      input: fixed(3, whole(1, MOST_NUMBERS)),
      weight: optional(array(4)),
      bias: optional(array(1)),
      windows: fixed(2, fixed(4, whole(-MOST_SIDE, MOST_SIDE))),
      groups: whole(1, MOST_SIDE),
      divisor: optional(whole(1, MOST_NUMBERS)),
      steps,
    }),
  ),
});

const unit = record({
  layer: whole(0, MOST_LAYERS),
  map: count,
  place: fixed(2, count),
  kind,
  mode,
  first: count,
  window: optional(array(3)),
  weight: optional(array(3)),
  bias: optional(finite),
  divisor: whole(1, MOST_NUMBERS),
  rows: listOf(whole(-MOST_SIDE, MOST_SIDE), MOST_SIDE),
  columns: listOf(whole(-MOST_SIDE, MOST_SIDE), MOST_SIDE),
  size: fixed(2, side),
  steps,
  value: finite,
  big: optional(array(2)),
  top: finite,
});

const selected = check("0, 2 or 4 whole numbers of at least 0", (value) => {
  return Array.isArray(value) && [0, 2, 4].includes(value.length) && value.every((n) => Number.isInteger(n) && n >= 0);
});

// ---- what must go together -------------------------------------------------------------------------
const isBytes = ({ dtype }: Packed): boolean => dtype === "uint8" || dtype === "int8";
const isFloats = ({ dtype }: Packed): boolean => dtype.startsWith("float");
const same = (one: readonly number[], other: readonly number[]): boolean => `${one}` === `${other}`;
const MODES: Record<Does["kind"], string[]> = {
  conv: ["sum"],
  pool: ["max", "mean"],
  merge: ["add", "subtract", "multiply", "copy"],
  other: [""],
};

/** Steps that have the numbers that they need. */
const stepsFit = (all: PlainStep[], channels: number): boolean =>
  all.every(({ kind, numbers }) => {
    if (kind !== "norm" || !numbers) return kind !== "norm" && !numbers;
    if (!same(numbers.shape, [5, channels]) || !isFloats(numbers)) return false;
    const { data } = unpack(numbers);
    return Array.from({ length: channels }, (_, i) => data[channels + i] + data[2 * channels + i]).every((v) => v > 0);
  });

const doesFits = (does: Does, { maps, from }: PlainLayer, layers: PlainLayer[]): boolean => {
  const { kind, mode, input, weight, bias, windows, groups, divisor } = does;
  const [channels, height, width] = maps.shape;
  const sizes = from.map((one) => (one < 0 ? 0 : size(layers[one].maps.shape)));
  if (!MODES[kind].includes(mode) || !stepsFit(does.steps, channels)) return false;
  if (kind === "other") return !weight && !bias;
  if (kind === "merge") {
    const all = size(maps.shape);
    const fits =
      mode === "copy" ? sizes.reduce((a, b) => a + b, 0) === all : sizes.length > 0 && sizes.every((n) => n === all);
    return fits && !weight && !bias;
  }
  const slides = windows.every(([kernel, stride, before, dilation], axis) => {
    const last = [height, width][axis] - 1;
    const [n, from] = [input[axis + 1], stride * last - before];
    // A pooling's windows each have a position in the map.
    const reaches = kind === "conv" || (before <= dilation * (kernel - 1) && from < n);
    return kernel > 0 && stride >= 0 && before >= 0 && dilation > 0 && reaches;
  });
  if (!slides || sizes.length !== 1 || sizes[0] !== size(input)) return false;
  if (kind === "pool") return input[0] === channels && !weight && !bias && groups === 1;
  if (!weight || !isFloats(weight) || divisor !== null) return false;
  const wanted = [channels, input[0] / groups, windows[0][0], windows[1][0]];
  return same(weight.shape, wanted) && channels % groups === 0 && (!bias || same(bias.shape, [channels]));
};

const layerFits = (plain: PlainLayer, at: number, layers: PlainLayer[]): boolean => {
  const { maps, top, block, from, dead, twins, does } = plain;
  const [channels, ...sides] = maps.shape;
  const smaller = plain.size.map((n) => Math.ceil(n / block));
  return (
    same(sides, smaller) &&
    from.every((one) => one < at) &&
    (top ? isBytes(maps) && same(top.shape, [channels]) && !does : isFloats(maps) && block === 1) &&
    (!top || (isFloats(top) && unpack(top).data.every((value) => value >= 0))) &&
    [...dead, ...twins.flat()].every((map) => map < channels) &&
    (!does || doesFits(does, plain, layers))
  );
};

const unitFits = (plain: PlainUnit, layers: PlainLayer[]): boolean => {
  const { window, weight, rows, columns, place, big, kind, mode, top } = plain;
  const own = layers[plain.layer];
  if (!own || plain.map >= own.maps.shape[0] || place.some((at, axis) => at >= own.size[axis])) return false;
  const taken = [rows, columns].every((line, axis) => {
    return line.length > 0 && (kind === "conv" || line.some((at) => at >= 0 && at < plain.size[axis]));
  });
  const alone = kind === "conv" || kind === "pool" || (rows.length === 1 && columns.length === 1);
  return (
    MODES[kind].includes(mode) &&
    taken &&
    alone &&
    (!window || (isFloats(window) && same(window.shape.slice(1), [rows.length, columns.length]))) &&
    (kind !== "pool" || !window || window.shape[0] === 1) &&
    (kind === "conv" ? !weight === !window : !weight) &&
    (!weight || (isFloats(weight) && same(weight.shape, window!.shape))) &&
    (!big || (isBytes(big) && same(big.shape, own.size))) &&
    top >= 0 &&
    stepsFit(plain.steps, 1)
  );
};

export const SCHEMA: Schema = {
  traits: {
    recorded: listOf(layer, MOST_LAYERS),
    units: listOf(unit),
    found: optional(unit),
    selected,
    scale: word("map", "layer", "network"),
  },
  together: (get) => {
    const layers = get<PlainLayer[]>("recorded");
    if (layers.length < 2) return "its trait recorded must have a picture and a layer";
    const wrong = layers.findIndex((one, at) => !layerFits(one, at, layers));
    if (wrong >= 0) return `its trait recorded does not fit together at layer ${wrong}`;
    const found = get<PlainUnit | null>("found");
    const misfit = get<PlainUnit[]>("units").findIndex((one) => !unitFits(one, layers));
    if (misfit >= 0) return `its trait units does not fit the maps at item ${misfit + 1}`;
    if (found && !unitFits(found, layers)) return "its trait found does not fit the maps";
    const [at, map, row, column] = get<number[]>("selected");
    const own = layers[at ?? 0];
    const there =
      own && !((map ?? 0) >= own.maps.shape[0] || (row ?? 0) >= own.size[0] || (column ?? 0) >= own.size[1]);
    return there ? "" : "its trait selected must lie in the maps";
  },
};
