/** A network as all of its maps; one of them with its sum, and one number with its products. */
import type { View } from "../../model";
import { segments } from "../../ui/controls/controls";
import { changes, h } from "../../ui/dom";
import { frame, row } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { short } from "../../ui/words/format";
import { unitIn, unitOf } from "./math";
import { SCHEMA } from "./schema";
import { type SheetView, sheetView } from "./sheets";
import {
  ALSO,
  flagOf,
  KEYS,
  type Layer,
  largeOf,
  layerOf,
  type PlainLayer,
  type PlainUnit,
  type Scale,
  type State,
  strongest,
  topOf,
} from "./state";
import { ASKING, flagsText, mapsText, NOT_RECORDED, placeText, spokenUnit } from "./words";
import { type Opened, zoom } from "./zoom";

const ROOM = 760; // px, where the page does not say
const HINT =
  "Click a map for the sum that it is, and a pixel of it for the window and the products. Point to a pixel of the " +
  "input: the numbers that see it light up. By keyboard: arrows move " +
  "among maps, Enter opens, Escape goes back. A crossed map is dead, one with a single stroke duplicates another; " +
  "of a map with a yellow frame a number opens without a kernel.";

export const FeatureMaps: View = checked(SCHEMA, ({ model, el }) => {
  const { root, announce, say, schedule, open, close } = frame("Feature maps", model, [...KEYS, ...ALSO], () =>
    update(),
  );
  const traits = store<State>(model, KEYS, root, schedule);
  const { get, set } = traits;
  const units = () => model.get("units") as PlainUnit[];
  const found = () => model.get("found") as PlainUnit | null;
  let layers: Layer[] = [];
  let sheets: SheetView[] = [];
  let width = ROOM; // px inside; kept, since asking the page would lay it out anew

  // ---- what is opened ----------------------------------------------------------------------------
  /** What was recorded of a map, or of one number of it; what the kernel found comes first. */
  const recorded = ([layer, map, ...place]: number[]): PlainUnit | undefined => {
    const last = found();
    return [...(last ? [last] : []), ...units()].find(
      (one) => one.layer === layer && one.map === map && (!place.length || `${one.place}` === `${place}`),
    );
  };
  const opened = (selected: number[]): Opened => {
    const [layer, map, ...exact] = selected;
    const plain = recorded(selected);
    const large = largeOf(layers[layer], map, plain ?? recorded([layer, map]));
    const place = (exact.length ? exact : (plain?.place ?? strongest(large))) as [number, number];
    const known = units().filter((one) => one.layer === layer && one.map === map);
    return {
      ...{ layers, layer, map, place },
      unit: plain ? unitOf(plain) : unitIn(layers, layer, map, place),
      plain: plain ?? recorded([layer, map]),
      scale: get("scale"),
      known: layers[layer].does ? undefined : known.map((one) => one.place),
      instead: plain ? undefined : units().find((one) => one.layer === layer),
      asks: model.save_changes !== undefined && found() !== undefined,
      room: width - 8,
      deep: exact.length > 0,
    };
  };
  const tell = () =>
    announce(() => {
      const selected = get("selected");
      if (!selected.length) return "All maps";
      const { unit, layer, map, place, asks } = opened(selected);
      const name = `${layers[layer].name}, map ${map}, ${placeText(place)}`;
      if (unit) return spokenUnit(unit, name, Math.min(large.channel(), (unit.window?.shape[0] ?? 1) - 1));
      return layer ? `${name}: ${asks ? ASKING : NOT_RECORDED}` : name;
    });
  const go = (selected: number[]) => {
    set({ selected }, "look");
    tell();
  };
  const back = () => {
    const selected = get("selected");
    if (!selected.length) return;
    const inside = root.contains(document.activeElement);
    go(selected.length > 2 ? selected.slice(0, 2) : []);
    if (!inside) return;
    update();
    if (selected.length > 2) large.focus();
    else sheets[selected[0]]?.field.focus({ preventScroll: true });
  };
  const large = zoom({ back, open: go, say, announce: tell });

  // ---- the overview ------------------------------------------------------------------------------
  const hovered = (at: number) => (place: [number, number, number] | undefined) => {
    if (!place) return say("");
    const [map, r, c] = place;
    const { name, maps, block } = layers[at];
    const [, rows, cols] = maps.shape;
    const value = short(maps.data[(map * rows + r) * cols + c]);
    const where = rows * cols > 1 ? ` at ${placeText([r * block, c * block])}` : "";
    const mean = block > 1 ? `, mean of ${block} × ${block}` : "";
    const flag = flagOf(layers[at], map);
    say(`${name}, map ${map}${where}: ${layers[at].exact ? "" : "about "}${value}${mean}${flag && ` (${flag})`}`);
  };
  const spokenMap = (at: number) => (map: number) => {
    const flag = flagOf(layers[at], map);
    return `map ${map} of ${layers[at].maps.shape[0]}${flag && `, ${flag}`}`;
  };
  const list = h("div", { class: "overview", role: "group", "aria-label": "All layers" });
  // Layers are painted when they come near to where they are seen.
  const visible = new Set<Element>();
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) visible[isIntersecting ? "add" : "delete"](target);
      paint();
    },
    { root: list, rootMargin: "300px" },
  );
  const paint = () => {
    for (const sheet of sheets) if (visible.has(sheet.el)) sheet.paint();
  };
  const paintAll = () => sheets.forEach((sheet) => sheet.paint());
  addEventListener("beforeprint", paintAll);
  const build = () => {
    layers = (model.get("recorded") as PlainLayer[]).map(layerOf);
    sheets = layers.map((layer, at) => {
      const view = sheetView(
        at ? "output" : "input",
        {
          pick: (map) => {
            go([at, map]);
            update();
            large.focus();
          },
          hover: hovered(at),
          say: spokenMap(at),
        },
        true,
      );
      const size = mapsText(layer.maps.shape[0], layer.size);
      view.title(
        at ? layer.name : "Picture",
        layer.label && at ? `${layer.label} · ${size}` : size,
        flagsText(layer),
        `Maps of ${at ? layer.name : "the picture"}; Enter opens one`,
      );
      return view;
    });
    list.replaceChildren(...sheets.map((sheet) => sheet.el));
    seen.disconnect();
    visible.clear();
    for (const { el } of sheets) seen.observe(el);
  };
  const drawAll = (scale: Scale, room: number) => {
    const openable = new Set(units().map(({ layer, map }) => `${layer} ${map}`));
    sheets.forEach((sheet, at) => {
      const { maps, signed } = layers[at];
      sheet.draw(
        {
          data: maps.data,
          shape: maps.shape,
          signed,
          top: tops(scale, at),
          flag: (map) => flagOf(layers[at], map),
          open: (map) => openable.has(`${at} ${map}`),
        },
        room,
      );
    });
    paint();
  };
  /** What the full tone of each map stands for; of a whole layer or network it is looked for once. */
  const tops = (scale: Scale, at: number): ((map: number) => number) => {
    if (scale === "map") return (map) => layers[at].tops[map];
    const top = topOf(layers, at, 0, scale);
    return () => top;
  };
  const scales = segments(
    "Full tone for the largest of each",
    [
      ["map", "map"],
      ["layer", "layer"],
      ["network", "network"],
    ],
    (value) => set({ scale: value as Scale }),
  );

  // ---- drawing -----------------------------------------------------------------------------------
  const [built, drawn] = [changes(), changes()];
  const update = () => {
    traits.show();
    if (built(model.get("recorded"))) build();
    const selected = get("selected");
    scales.show(get("scale"));
    list.hidden = selected.length > 0;
    large.el.hidden = selected.length === 0;
    if (selected.length) return large.show(opened(selected));
    large.close();
    if (drawn(layers, get("scale"), width, units())) drawAll(get("scale"), width - 16);
  };
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !get("selected").length) return;
    event.preventDefault();
    back();
  });

  open(
    el,
    traits.buttons,
    row(h("span", { class: "muted" }, "Full tone for the largest of each"), scales.el),
    list,
    large.el,
    h("p", { class: "hint" }, HINT),
  );
  const resized = new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width) width = contentRect.width;
    schedule();
  });
  resized.observe(list.parentElement!);
  return () => {
    resized.disconnect();
    seen.disconnect();
    removeEventListener("beforeprint", paintAll);
    large.destroy();
    close();
  };
});
