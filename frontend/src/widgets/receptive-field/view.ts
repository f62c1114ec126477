/** A network as a row of maps: touch a unit of any, and what it sees lights up, down to the picture; touch the
 * picture, and the units light up that see it.
 *
 * The traits (`state`) hold a chain or a graph. What a unit sees is computed in `math/field`; `strip` and `big-map`
 * put it on canvases (`maps`), `words` says it. A hover paints, and changes no trait; a click or a key does. */
import { type Area, boundsOf, reach, seenBy } from "../../math/field";
import type { View } from "../../model";
import { segments } from "../../ui/controls/controls";
import { timeline } from "../../ui/controls/timeline";
import { changes, h, write } from "../../ui/dom";
import { frame } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { unpack } from "../../ui/state/packed";
import { store } from "../../ui/state/store";
import { tonesOf } from "../../ui/theme";
import { chainOf } from "../shared/chain";
import { factList, showFacts } from "../shared/facts";
import { adder, layerFields, presetMenu } from "../shared/layer-fields";
import { KEYS, linked } from "../shared/state";
import { bigMap } from "./big-map";
import { heatCanvas } from "./maps";
import { SCHEMA } from "./schema";
import { carried, inside, lastWide, type Network, networkOf, type State } from "./state";
import { strip } from "./strip";
import { factsOf, measuredFacts, placeText, sizeText, spokenPosition, spokenUnit, spreadOf } from "./words";

const OWN: (keyof State)[] = ["graph", "selected", "unit", "image", "effective", "measured_at", "heat"];
const HINT =
  "Point to a unit of any map: what it sees lights up in every map before it, and in the input. Point to the input: " +
  "the units light up that see it. Click to keep a unit; arrow keys move it, with Shift by eight.";

/** A unit that is looked at. */
interface Look {
  node: number;
  position: number[];
}

export const ReceptiveField: View = checked(SCHEMA, ({ model, el }) => {
  // ---- state -------------------------------------------------------------------------------------
  const { root, say, announce, schedule, open, close } = frame("Receptive field", model, [...KEYS, ...OWN], () =>
    update(),
  );
  const traits = store<State>(model, KEYS, root, schedule);
  const { get, set } = traits;
  const chain = chainOf(traits, { say, announce: () => {}, schedule });
  let network: Network = { graph: { nodes: [] }, note: "" };
  let hovered: Look | undefined;
  let position: number[] | undefined; // of the input, where the keys are in it

  const nodes = () => network.graph.nodes;
  const axes = () => nodes()[0].size.length;
  const selected = () => (get("graph") ? Math.min(get("selected"), nodes().length - 1) : chain.selected());
  /** The selected layer's map; the last one that fits, if the layer doesn't. */
  const map = () => Math.min(selected(), nodes().length - 1);
  const unit = () => inside(get("unit"), nodes()[map()].size);
  const look = (): Look =>
    hovered ??
    (position ? { node: 0, position: inside(position, nodes()[0].size) } : { node: map(), position: unit() });

  const choose = (node: number, place?: number[]) => {
    hovered = undefined;
    const to = nodes()[Math.min(node, nodes().length - 1)].size;
    set({ selected: node, unit: place ?? carried(unit(), nodes()[map()].size, to) });
    tell();
  };
  const pick = (place: number[]) => {
    hovered = undefined;
    set({ unit: place });
    tell();
  };
  const hover = (node: number, place: number[] | undefined) => {
    hovered = place && { node, position: place };
    repaint();
  };
  const tell = () =>
    announce(() => {
      const { node, position } = look();
      if (node) return spokenUnit(nodes()[node], position, reach(network.graph, node, position)[0]);
      const seen = seenBy(network.graph, 0, position, map())[map()];
      return map() ? spokenPosition(position, nodes()[map()], seen) : spokenUnit(nodes()[0], position, seen);
    });

  // ---- page --------------------------------------------------------------------------------------
  const tiles = strip({ hover, choose });
  const input = bigMap("input", "Arrow keys move over it, and the units that see the place light up.", {
    hover: (place) => hover(0, place),
    pick: (place) => {
      hovered = undefined;
      position = place;
      repaint();
      tell();
    },
    now: () => position ?? nodes()[0].size.map((n) => n >> 1),
    leave: () => {
      position = undefined;
      repaint();
    },
  });
  const output = bigMap("output", "Arrow keys move the unit.", {
    hover: (place) => hover(map(), place),
    pick,
    now: unit,
  });
  const sentence = h("div", { class: "sentence pair" }, input.el, output.el);
  const facts = factList();
  const spread = factList();
  const note = h("p", { class: "why", hidden: true });
  const time = timeline(
    "Layer by layer",
    (step) => choose(step),
    (step) => (step ? `layer ${step} of ${Math.max(1, count() - 1)}` : "input"),
  );
  const layer = layerFields(chain, {
    endGroup: traits.endGroup,
    update: () => update(),
    focusRow: () => tiles.focus(),
  });
  const add = adder(chain);
  const presets = presetMenu((model.get("presets") as Record<string, string>) ?? {}, (link) => {
    const { layers, input_shape } = linked(link);
    set({ layers, input_shape });
    update();
    const last = lastWide(network.graph);
    set({ selected: last, unit: nodes()[last].size.map((n) => n >> 1) });
  });
  const editing = h(
    "div",
    { class: "editing" },
    h("div", { class: "cnn-row spread" }, layer.fields, layer.arrange),
    add.el,
  );
  const preset = h("div", { class: "cnn-row" }, presets.el);
  const measured = h("div", { class: "cnn-row measured" });
  let heats = segments("Measured field", [], () => {});

  const count = () => (get("graph") ? nodes().length : get("layers").length + 1);

  // ---- drawing -----------------------------------------------------------------------------------
  const names = { ground: "ground", cell: "raised", line: "line", seen: "input", unit: "output", heat: "gradient" };
  const tones = tonesOf(root, names, () => repaint());

  /** The measured field that lies over the input, where the unit that is looked at is the one measured. */
  const heatOf = ({ node, position }: Look) => {
    const one = get("effective")[get("heat")];
    const fits = one && `${one.values.shape}` === `${nodes()[0].size}`;
    return fits && `${[node, ...position]}` === `${get("measured_at")}` ? one : undefined;
  };
  const otherHeat = changes();
  let heat: { canvas: HTMLCanvasElement; values: ReturnType<typeof unpack> } | undefined;
  const heatNow = (at: Look) => {
    const one = heatOf(at);
    if (!one) return undefined;
    const { heat: tone } = tones.now();
    if (otherHeat(one.values, tone)) {
      const values = unpack(one.values);
      heat = { values, canvas: heatCanvas(values.data, values.shape, tone) };
    }
    return heat;
  };

  let areas: (Area | undefined)[] = [];
  const paint = () => {
    const now = look();
    const backward = now.node > 0 || map() === 0;
    areas = backward ? reach(network.graph, now.node, now.position) : seenBy(network.graph, 0, now.position, map());
    const shown = backward ? now.node : map();
    const [tone, tints] = [backward ? "seen" : "unit", tones.now()] as const;
    const node = nodes()[shown];
    const measuredNow = heatNow(now);

    tiles.maps().forEach((one, at) => {
      const point = at === now.node ? now.position : undefined;
      const own = at === now.node;
      one.draw(
        { size: nodes()[at].size, area: own ? undefined : areas[at], tone, point, pointTone: at ? "unit" : "seen" },
        tints,
      );
    });
    input.show("Input", sizeText(nodes()[0].size), nodes()[0].size, axes() > 1 ? get("image") : "");
    input.map.draw(
      {
        size: nodes()[0].size,
        area: now.node ? areas[0] : undefined,
        tone: "seen",
        point: now.node ? undefined : now.position,
        pointTone: "seen",
        picture: axes() > 1 && get("image") !== "",
        framed: true,
        heat: measuredNow?.canvas,
      },
      tints,
    );
    const name = get("graph") && node.name !== node.label ? `${node.name}: ` : "";
    output.show(shown ? `Layer ${shown}` : "Input", `${name}${node.label} · ${sizeText(node.size)}`, node.size);
    output.map.draw(
      {
        size: node.size,
        area: shown === now.node ? undefined : areas[shown],
        tone,
        point: shown === now.node ? now.position : undefined,
        pointTone: shown ? "unit" : "seen",
      },
      tints,
    );
    showFacts(
      facts,
      backward
        ? factsOf(node, areas[0])
        : factsOf(node, areas[map()]).map((fact) =>
            fact.name === "This unit sees"
              ? { ...fact, name: "Units that see it", title: `Units of this layer that see ${placeText(now.position)}` }
              : fact,
          ),
    );
    spread.hidden = !measuredNow;
    if (measuredNow && areas[0]) showFacts(spread, measuredFacts(spreadOf(measuredNow.values, boundsOf(areas[0]))));
  };

  let next = 0;
  const repaint = () => {
    next ||= requestAnimationFrame(() => {
      next = 0;
      if (nodes().length) paint();
    });
  };

  /** A choice for each measured field; choosing one goes to the unit that was measured. */
  const otherNames = changes();
  const showMeasured = () => {
    const names = get("effective").map(({ name }) => name);
    if (otherNames(names.join("\n"))) {
      heats = segments(
        "Measured field",
        [["-1", "none"], ...names.map((name, i): [string, string] => [String(i), name || "unnamed"])],
        (value) => {
          const [node, ...place] = get("measured_at");
          const there = Number(value) >= 0 && nodes()[node]?.size.length === place.length;
          set({ heat: Number(value), ...(there && { selected: node, unit: place }) });
        },
      );
      measured.replaceChildren(h("span", { class: "name t-gradient" }, "Measured"), heats.el);
    }
    measured.hidden = names.length === 0;
    heats.show(String(heatOf({ node: map(), position: unit() }) ? get("heat") : -1));
  };

  const otherNetwork = changes();
  const update = () => {
    const graph = get("graph");
    if (!graph) chain.compute();
    const now: Network = graph ? { graph, note: "" } : networkOf(chain.rows(), chain.shape());
    if (otherNetwork(graph ?? JSON.stringify(now))) {
      network = now;
      hovered = position = undefined; // they were places of another one
    }
    sentence.classList.toggle("lines", axes() < 2);
    for (const part of [editing, preset]) part.hidden = graph !== null;
    const rest = graph ? [] : chain.rows().slice(nodes().length - 1);
    tiles.show(
      nodes(),
      rest.map((row) => row.layer),
      selected(),
    );
    if (!graph) {
      layer.show();
      add.show();
      presets.show(chain.link());
    }
    write(note, network.note);
    note.hidden = network.note === "";
    time.show(selected(), count());
    traits.show();
    showMeasured();
    paint();
  };

  open(
    el,
    traits.buttons,
    preset,
    tiles.el,
    time.el,
    note,
    sentence,
    facts,
    measured,
    spread,
    editing,
    h("p", { class: "hint" }, HINT),
  );
  const resized = new ResizeObserver(repaint);
  for (const one of [input.el, output.el]) resized.observe(one);
  return () => {
    time.stop();
    resized.disconnect();
    tones.stop();
    cancelAnimationFrame(next);
    close();
  };
});
