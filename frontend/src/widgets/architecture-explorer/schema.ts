/** What the explorer's traits may be: what its Python half allows. */
import {
  type Check,
  check,
  either,
  listOf,
  none,
  record,
  type Schema,
  text,
  whole,
  word,
} from "../../ui/state/checked";
import type { Network } from "./math";

const MOST_ROWS = 2000;
const MOST_SOURCES = 8000;

const count = whole(0, Number.MAX_SAFE_INTEGER);
const size = listOf(count, 8);
const number = check("a finite number", (value) => Number.isFinite(value));
const sight = either(none, either(number, listOf(number, 4)));
const column = (each: Check): Check => listOf(each, MOST_ROWS);

const parts = record({
  title: text,
  input_shape: size,
  layers: column(record({ text, kind: word("conv", "pool", "linear", "norm", "merge", "reshape", "other", "input") })),
  name: column(text),
  layer: column(count),
  size: column(size),
  sources: column(listOf(whole(-1), MOST_SOURCES)),
  parameters: column(count),
  multiply_adds: column(count),
  memory: column(count),
  receptive_field: column(sight),
  jump: column(sight),
});

/** What does not go together in a network. */
const misfit = ({ layers, layer, sources, name, title: _title, input_shape: _shape, ...columns }: Network): string => {
  const rows = name.length;
  if (!rows || [layer, sources, ...Object.values(columns)].some((each) => Array.isArray(each) && each.length !== rows))
    return "is damaged: it has not an entry for each row";
  if (layer.some((at) => at >= layers.length)) return "is damaged: a row does what is not in its list";
  if (sources.some((from, row) => from.some((source) => source >= row)))
    return "is damaged: a row comes from a later one";
  return sources.reduce((sum, from) => sum + from.length, 0) > MOST_SOURCES ? "has too many joins" : "";
};

const network: Check = (value) => parts(value) || misfit(value as Network);

export const SCHEMA: Schema = {
  traits: {
    networks: (value) => listOf(network, 2)(value) || ((value as []).length ? "" : "must hold a network"),
    size_by: word("parameters", "multiply_adds", "activations", "shape"),
    scale: word("common", "own"),
    selected: listOf(whole(0), 3),
    opened: either(none, listOf(listOf(text, MOST_ROWS), 2)),
  },
  together: (get) => {
    const [at, first, last] = get<number[]>("selected");
    const rows = get<Network[]>("networks")[at]?.name.length ?? 0;
    return first < last && last <= rows ? "" : "its trait selected must be rows that there are";
  },
};
