/** A network, or two side by side, as blocks sized by what they cost; a click shows the ledger's row.
 *
 * The traits (`schema`) hold ledgers, column by column. `math` puts rows into groups and lanes and gives blocks their
 * lengths; `strip` draws a network as one bar, `lines` line by line. A hover paints, and changes no trait. */
import type { View } from "../../model";
import { segments, toggle } from "../../ui/controls/controls";
import { changes, h, write } from "../../ui/dom";
import { frame } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { grouped } from "../../ui/words/format";
import { factList, showFacts } from "../shared/facts";
import { lineList } from "./lines";
import {
  blockOf,
  cumulated,
  groupsAround,
  joinsOf,
  type Line,
  lineOf,
  linesOf,
  type Network,
  openedAtFirst,
  type Part,
  type Scale,
  scaleOf,
  segmentsOf,
  type SizeBy,
  treeOf,
  valuesOf,
  widest,
} from "./math";
import { SCHEMA } from "./schema";
import { strip } from "./strip";
import { brief, factsOf, layerText, nameText, type Reading, spoken, valueText, WORDS } from "./words";

interface State {
  networks: Network[];
  size_by: SizeBy;
  scale: "common" | "own";
  /** The network, its first row, and one past its last. */
  selected: [number, number, number];
  /** The groups that stand open in each network; null for as many as fit. */
  opened: string[][] | null;
}
const KEYS: (keyof State)[] = ["networks", "size_by", "scale", "selected", "opened"];
const AT_FIRST = 40; // lines, at most
const HINT =
  "Click a block for its row of the ledger, or a group to open and fold it. In the list, arrow keys go from line to " +
  "line; right and left open and fold. The lines at the left are joins: a value goes down until it was used last.";

/** Rows of one of the networks. */
interface Rows {
  at: number;
  first: number;
  last: number;
}
/** What is known of a network as it is shown. */
interface Shown {
  network: Network;
  tree: Part[];
  opened: Set<string>;
  lines: Line[];
  sums: number[];
}

export const ArchitectureExplorer: View = checked(SCHEMA, ({ model, el }) => {
  const { root, announce, schedule, open, close } = frame("Architecture explorer", model, KEYS, () => update());
  const { get, set } = store<State>(model, [], root, schedule);
  let shown: Shown[] = [];
  let hovered: Rows | undefined;

  const selected = (): Rows => {
    const [at, first, last] = get("selected");
    return { at, first, last };
  };
  const pick = (rows: Rows) => {
    hovered = undefined;
    set({ selected: [rows.at, rows.first, rows.last] });
    announce(() => spoken(readingOf(selected())));
  };
  const hover = (rows: Rows | undefined) => {
    hovered = rows;
    repaint();
  };
  /** The groups that stand open, another network's as they are. */
  const openNow = (at: number, names: Iterable<string>) =>
    set({ opened: shown.map(({ opened }, i) => [...(i === at ? names : opened)]) });
  const lineRows = (at: number, line: number): Rows => ({ at, ...bounds(shown[at].lines[line]) });

  // ---- page --------------------------------------------------------------------------------------
  const scroller = h("div", { class: "networks" });
  const heads = h("div", { class: "heads" });
  const column = (at: number) => {
    const title = h("b");
    const total = h("span", { class: "muted" });
    const scale = h("div", { class: "muted" });
    const bar = strip(
      (row) => hover(row === undefined ? undefined : { at, first: row, last: row + 1 }),
      (row) => {
        openNow(at, new Set([...shown[at].opened, ...groupsAround(shown[at].tree, row)]));
        pick({ at, first: row, last: row + 1 });
      },
    );
    const list = lineList(() => scroller, {
      hover: (line) => hover(line === undefined || line < 0 ? undefined : lineRows(at, line)),
      pick: (line) => pick(lineRows(at, line)),
      toggle: (line) => {
        const { opened, lines } = shown[at];
        const names = new Set(opened);
        if (!names.delete(lines[line].name)) names.add(lines[line].name);
        openNow(at, names);
      },
    });
    const head = h("div", { class: "head" }, h("header", {}, title, total), bar.el, scale);
    return { title, total, scale, bar, list, head, built: changes(), sized: changes() };
  };
  let columns: ReturnType<typeof column>[] = [];
  const what = h("header", {});
  const facts = factList();
  const card = h("div", { class: "card", role: "group", "aria-label": "The selected row" }, what, facts);
  const sizes = segments(
    "Size by",
    [
      ["parameters", "Parameters"],
      ["multiply_adds", "Multiply–adds"],
      ["activations", "Activations"],
      ["shape", "Shape"],
    ],
    (value) => set({ size_by: value as SizeBy }),
  );
  const common = toggle(
    "Common scale",
    (on) => set({ scale: on ? "common" : "own" }),
    "Draws both networks on one scale; off, each has its own",
  );
  const all = (text: string, names: (tree: Part[]) => string[]) =>
    h("button", { type: "button", onclick: () => set({ opened: shown.map(({ tree }) => names(tree)) }) }, text);
  const groupsOf = (tree: Part[]): string[] =>
    tree.flatMap(({ name, parts }) => (parts ? [name, ...groupsOf(parts)] : []));
  const folding = [all("Open all", groupsOf), all("Fold all", () => [])];
  const body = h("div", { class: "explorer" }, heads, scroller, card);

  // ---- drawing -----------------------------------------------------------------------------------
  const readingOf = ({ at, first, last }: Rows): Reading => {
    const { network, lines, sums } = shown[at];
    const line = lines[lineOf(lines, first, last)];
    const exact = line && line.first === first && line.last === last;
    const part = exact ? line : { name: network.name[first], short: "", first, last };
    const of = (values: number[]) => values.slice(first, last).reduce((a, b) => a + b, 0);
    const total = sums[sums.length - 1] || 1;
    return {
      network,
      part,
      sums: {
        parameters: of(network.parameters),
        multiply_adds: of(network.multiply_adds),
        activations: of(valuesOf(network, "activations")),
        memory: of(network.memory),
      },
      by: get("size_by"),
      share: (sums[last] - sums[first]) / total,
      cumulated: sums[last] / total,
    };
  };

  const otherReading = changes();
  const paint = () => {
    const chosen = selected();
    columns.forEach(({ list, bar }, at) => {
      const { lines } = shown[at];
      const lineIn = (rows: Rows | undefined) => (rows?.at === at ? lineOf(lines, rows.first, rows.last) : -1);
      list.mark(lineIn(chosen), lineIn(hovered));
      const framed = hovered?.at === at ? hovered : chosen.at === at ? chosen : undefined;
      bar.mark(framed?.first ?? 0, framed?.last ?? 0);
    });
    const { at, first, last } = hovered ?? chosen;
    if (!otherReading(at, first, last, get("size_by"), get("networks"))) return;
    const reading = readingOf({ at, first, last });
    const name = nameText(reading.part, reading.network);
    write(what, `${name} · ${layerText(reading.network, reading.part)} · ${reading.network.title}`);
    showFacts(facts, factsOf(reading));
  };
  let next = 0;
  const repaint = () => {
    next ||= requestAnimationFrame(() => {
      next = 0;
      paint();
    });
  };

  const showNetwork = (at: number, scale: Scale) => {
    const { network, lines, opened, sums } = shown[at];
    const { title, total, scale: note, bar, list, built, sized } = columns[at];
    const by = get("size_by");
    const fresh = built(network, [...opened].join("\n"));
    if (fresh) list.build(network, lines, joinsOf(lines, network.sources));
    if (!sized(fresh && {}, network, by, scale.whole, scale.block, scale.thick)) return;
    write(title, network.title);
    write(total, `${grouped(sums[sums.length - 1])} ${WORDS[by]}`);
    write(
      note,
      by === "shape"
        ? `Blocks: as wide as the map, ${scale.block} at most; as thick as the root of its channels.`
        : `Full width: the bar ${brief(scale.whole)}, a block ${brief(scale.block)}.`,
    );
    bar.draw(network, segmentsOf(network, valuesOf(network, by), by, scale));
    list.size(
      lines.map((line) => {
        const sum = sums[line.last] - sums[line.first];
        const [length, thickness] = line.open ? [0, 0] : blockOf(network, sum, line, by, scale);
        return { text: valueText(by, sum, network.size[line.last - 1]), length, thickness };
      }),
    );
  };

  const otherNetworks = changes();
  let trees: Part[][] = [];
  const update = () => {
    const [networks, by, opened] = [get("networks"), get("size_by"), get("opened")];
    if (otherNetworks(networks)) {
      hovered = undefined;
      trees = networks.map(treeOf);
      columns = networks.map((_, at) => column(at));
      heads.replaceChildren(...columns.map(({ head }) => head));
      scroller.replaceChildren(...columns.map(({ list }) => list.el));
      body.classList.toggle("two", networks.length > 1);
      for (const button of folding) button.hidden = trees.every((tree) => !tree.some(({ parts }) => parts));
    }
    shown = networks.map((network, at) => {
      const names = new Set(opened?.[at] ?? openedAtFirst(trees[at], AT_FIRST));
      const lines = linesOf(trees[at], names);
      return { network, tree: trees[at], opened: names, lines, sums: cumulated(valuesOf(network, by)) };
    });
    const scales = shown.map(({ network, lines }) => scaleOf(network, valuesOf(network, by), lines, by));
    const both = widest(scales);
    shown.forEach((_, at) => showNetwork(at, get("scale") === "common" ? both : scales[at]));
    body.dataset.by = by;
    sizes.show(by);
    common.show(get("scale") === "common");
    common.el.hidden = networks.length < 2;
    paint();
  };

  open(
    el,
    folding,
    body,
    h("div", { class: "cnn-row sizes" }, h("span", {}, "Size by"), sizes.el, common.el),
    h("p", { class: "hint" }, HINT),
  );
  // A view is drawn before it is in the page, and has no height there.
  const resized = new ResizeObserver(() => columns[selected().at].list.reveal());
  resized.observe(scroller);
  return () => {
    resized.disconnect();
    cancelAnimationFrame(next);
    close();
  };
});

const bounds = ({ first, last }: Part) => ({ first, last });
