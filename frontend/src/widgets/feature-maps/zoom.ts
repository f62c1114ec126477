/** One map large, and one number of it: what it sees, the products, and the sum over the input's channels. */
import { slider } from "../../ui/controls/controls";
import { changes, h, icon, patch, write } from "../../ui/dom";
import { arithmetic, panel, row } from "../../ui/frame";
import { paintLight, paintSigned } from "../../ui/grids/colour";
import { type Cell, type Content, Grid, type Mark, single } from "../../ui/grids/grid";
import { short } from "../../ui/words/format";
import { largest } from "../../math/array";
import { contributions, isPadding, partials, seenBy, type Unit } from "./math";
import { sheetView } from "./sheets";
import { flagOf, type Large, type Layer, largeOf, type PlainUnit, type Scale, topOf } from "./state";
import { ASKING, NOT_RECORDED, placeText, writeUnit } from "./words";

/** What is opened. */
export interface Opened {
  layers: readonly Layer[];
  layer: number;
  map: number;
  /** The number that is looked at. */
  place: [number, number];
  unit: Unit | undefined;
  plain: PlainUnit | undefined;
  scale: Scale;
  /** Places of this map that can be opened without a kernel; nothing where all can. */
  known: readonly number[][] | undefined;
  /** A number of this layer that can be opened, where this one can't. */
  instead: PlainUnit | undefined;
  /** Whether somebody may answer for what was not recorded. */
  asks: boolean;
  /** How wide the widget is, in px. */
  room: number;
  /** Whether one number is opened, and not the map alone. */
  deep: boolean;
}

export interface Wishes {
  back(): void;
  open(selected: number[]): void;
  say(text: string): void;
  announce(): void;
}

const painted = (data: Float64Array, signed: boolean, top: number): Uint8ClampedArray<ArrayBuffer> => {
  const pixels = new Uint8ClampedArray(4 * data.length);
  if (signed) paintSigned(data, top, pixels);
  else paintLight([data], 0, top || 1, pixels);
  return pixels;
};

const content = ({ data, rows, cols }: Large, signed: boolean, top: number, digits = 3): Content => ({
  rows,
  cols,
  pixels: painted(data, signed, top),
  label: ({ row, col }) => short(data[row * cols + col], digits),
});

/** An area of a layer's own positions in a map that may be smaller. */
const areaIn = (
  kind: Mark["kind"],
  { rows, cols, block }: Large,
  down: readonly number[],
  across: readonly number[],
): Mark => {
  const within = (at: number, n: number) => Math.max(0, Math.min(n - 1, Math.floor(at / block)));
  const [top, bottom] = [within(Math.min(...down), rows), within(Math.max(...down), rows)];
  const [left, right] = [within(Math.min(...across), cols), within(Math.max(...across), cols)];
  return { kind, row: top, col: left, rows: bottom - top + 1, cols: right - left + 1 };
};

export const zoom = ({ back, open, say, announce }: Wishes) => {
  let now: Opened | undefined;
  let channel = 0;
  let hot: Cell | undefined;
  let pointed: Cell | undefined; // of the input
  let shownMap: Large | undefined;
  let shownInput: Large | undefined;

  // ---- the head ----------------------------------------------------------------------------------
  const backButton = h("button", { type: "button", onclick: back });
  const title = h("span", { class: "name t-output" });
  const label = h("span", { class: "dims" });
  const flag = h("span", { class: "flags" });
  const step = (by: number, name: string, drawn: "back" | "forward") =>
    h(
      "button",
      {
        type: "button",
        "aria-label": name,
        onclick: () => {
          if (!now) return;
          const count = now.layers[now.layer].maps.shape[0];
          open([now.layer, (now.map + by + count) % count]);
        },
      },
      icon(drawn),
    );
  const head = row(backButton, step(-1, "Previous map", "back"), step(1, "Next map", "forward"), title, label, flag);

  // ---- the maps ----------------------------------------------------------------------------------
  const placeOf = ({ row, col }: Cell): [number, number] => {
    const block = shownMap?.block ?? 1;
    const half = Math.floor(block / 2);
    const [rows, cols] = now!.layers[now!.layer].size;
    return [Math.min(rows - 1, row * block + half), Math.min(cols - 1, col * block + half)];
  };
  const valueText = (cell: Cell): string => {
    const value = shownMap!.data[cell.row * shownMap!.cols + cell.col];
    const { exact } = now!.layers[now!.layer];
    return `${placeText(placeOf(cell))}: ${exact ? "" : "about "}${short(value, exact ? 6 : 3)}`;
  };
  const map = new Grid("Feature map", {
    hover: (cell) => say(cell && now ? valueText(cell) : ""),
    move: (cell) => now && open([now.layer, now.map, ...placeOf(cell)]),
  });
  const mapDims = h("span", { class: "dims" });
  const mapPanel = panel("output", "Feature map", mapDims, map);
  const pointAt = (cell: Cell | undefined) => {
    pointed = cell;
    markMap();
    const { block, data, cols } = shownInput!;
    const place = cell && [cell.row * block, cell.col * block];
    const count = reached().reduce((sum, { rows, cols }) => sum + rows * cols, 0);
    const reach = count ? `, seen by ${count} of this map` : "";
    say(place ? `${placeText(place)} of the input: ${short(data[cell!.row * cols + cell!.col])}${reach}` : "");
  };
  const input = new Grid("Input", { hover: pointAt, move: pointAt });
  const inputDims = h("span", { class: "dims" });
  const inputPanel = panel("input", "Input", inputDims, input);
  const maps = h("div", { class: "two" }, inputPanel, mapPanel);

  // ---- the channels ------------------------------------------------------------------------------
  const choose = (one: number) => {
    channel = one;
    draw();
    announce();
  };
  const channelText = (one: number): string => {
    if (!now) return "";
    const sums = now.unit?.mode === "sum" && now.unit.window ? partials(now.unit) : undefined;
    const from = now.unit?.first ?? 0;
    return `channel ${from + one}${sums?.[one] !== undefined ? ` adds ${short(sums[one], 6)}` : ""}`;
  };
  const sheet = sheetView(
    "input",
    { pick: choose, hover: (place) => say(place ? channelText(place[0]) : ""), say: channelText },
    false,
  );
  const which = slider("Channel", 0, 0, choose, (value) => String((now?.unit?.first ?? 0) + value));

  // ---- the products ------------------------------------------------------------------------------
  const point = (cell: Cell | undefined) => {
    hot = cell;
    mark();
  };
  const grids = (["Window", "Kernel", "Products"] as const).map(
    (name) => new Grid(name, { hover: point, move: point }),
  );
  const dims = grids.map(() => h("span", { class: "dims" }));
  const panels = grids.map((grid, i) => panel((["input", "kernel", "output"] as const)[i], grid.name, dims[i], grid));
  const products = h("div", { class: "three" }, ...panels);
  const sum = arithmetic();
  const why = h("span");
  const instead = h("button", {
    type: "button",
    onclick: () => {
      const other = now?.instead;
      if (other) open([other.layer, other.map, ...other.place]);
    },
  });
  const missing = h("div", { class: "missing" }, why, instead);
  const el = h("div", { class: "zoom", hidden: true }, head, maps, sheet.el, row(which.el), products, missing, sum);

  const mark = () => {
    for (const grid of grids) grid.mark(hot ? [single("tap", hot)] : []);
  };

  /** The layer and the map that the chosen channel is. */
  const sourceOf = ({ layers, layer, map: own, unit }: Opened): [number, number] | undefined => {
    const { from } = layers[layer];
    let [at, one] = [from[0] ?? -1, own];
    if (unit?.kind === "conv") one = unit.first + channel;
    if (unit?.kind === "merge" && unit.mode !== "copy") at = from[channel] ?? -1;
    if (unit?.mode === "copy")
      for (const source of from) {
        at = source;
        if (source < 0 || one < layers[source].maps.shape[0]) break;
        one -= layers[source].maps.shape[0];
      }
    const source = layers[at];
    const fits = source && one < source.maps.shape[0] && (!unit || `${unit.size}` === `${source.size}`);
    return fits ? [at, one] : undefined;
  };

  /** The numbers of the map that see the pixel that is pointed at. */
  const reached = (): Mark[] => {
    if (!now || !pointed || !shownInput || !shownMap) return [];
    const { block } = shownInput;
    const [down, across] = seenBy(now.layers[now.layer], [pointed.row * block, pointed.col * block]) ?? [[], []];
    return down.flatMap((rows) => across.map((cols) => areaIn("reach", shownMap!, rows, cols)));
  };
  const markMap = () => {
    if (!now || !shownMap) return;
    const { block } = shownMap;
    const cellOf = ([r, c]: readonly number[]) => ({ row: Math.floor(r / block), col: Math.floor(c / block) });
    const others = (now.known ?? []).map((place) => single("near", cellOf(place)));
    map.mark([...others, ...reached(), single("here output", cellOf(now.place))]);
  };

  const drawInput = (opened: Opened) => {
    const source = sourceOf(opened);
    inputPanel.hidden = !source;
    if (!source) return;
    const [at, one] = source;
    const layer = opened.layers[at];
    shownInput = largeOf(layer, one, undefined);
    input.update(content(shownInput, layer.signed, topOf(opened.layers, at, one, opened.scale)));
    write(inputDims, `${layer.name}, ${at ? "map" : "channel"} ${one}`);
    const { unit } = opened;
    input.mark(unit?.window ? [areaIn("window", shownInput, unit.rows, unit.columns)] : []);
  };

  const drawMap = (opened: Opened) => {
    const layer = opened.layers[opened.layer];
    shownMap = largeOf(layer, opened.map, opened.plain);
    map.update(content(shownMap, layer.signed, topOf(opened.layers, opened.layer, opened.map, opened.scale)));
    const { block } = shownMap;
    write(mapDims, `${layer.size.join(" × ")}${block > 1 ? `, means of ${block} × ${block}` : ""}`);
    const cell = { row: Math.floor(opened.place[0] / block), col: Math.floor(opened.place[1] / block) };
    map.setCursor(cell);
    markMap();
  };

  const otherSheet = changes();
  const drawSheet = ({ layers, layer, map: own, unit, room }: Opened) => {
    const source = layers[layers[layer].from[0] ?? -1];
    const count = unit?.kind === "conv" && unit.window ? unit.window.shape[0] : 0;
    which.el.hidden = !unit?.window || unit.window.shape[0] < 2;
    if (unit?.window) which.limit(0, unit.window.shape[0] - 1);
    which.show(channel);
    const fits = source && unit && unit.first + count <= source.maps.shape[0] && `${unit.size}` === `${source.size}`;
    sheet.el.hidden = count < 2 || !fits;
    if (sheet.el.hidden || !fits) return;
    if (otherSheet(layers, layer, own, room)) {
      const parts = contributions(layers, layer, own);
      const [, rows, cols] = source.maps.shape;
      const each = rows * cols;
      const shown = parts ?? {
        data: source.maps.data.subarray(unit.first * each, (unit.first + count) * each),
        shape: [count, rows, cols],
      };
      const top = largest(shown.data);
      sheet.title(
        parts ? "What each channel adds" : "Channels",
        parts ? `to the map: the sum over ${count}` : `of ${source.name}: the sum goes over ${count}`,
        "",
        "Channel whose products are shown",
      );
      sheet.draw(
        { ...shown, signed: parts ? true : source.signed, top: (one) => (parts ? top : source.tops[unit.first + one]) },
        room,
      );
      sheet.paint();
    }
    sheet.mark(channel);
  };

  const drawProducts = (unit: Unit | undefined) => {
    products.hidden = !unit?.window;
    if (!unit?.window) return;
    const { window, weight, kind } = unit;
    const merged = kind === "merge" || kind === "other";
    // A merge has a number of each source, beside one another.
    const [rows, cols] = merged ? [1, window.shape[0]] : window.shape.slice(1);
    const each = rows * cols;
    const from = merged ? 0 : Math.min(channel, window.shape[0] - 1) * each;
    const part = (data: Float64Array) => data.subarray(from, from + each);
    const textures = merged
      ? []
      : unit.rows.flatMap((_, i) =>
          unit.columns.flatMap((_, j) =>
            isPadding(unit, i, j) ? [{ kind: "pad zero" as const, row: i, col: j, rows: 1, cols: 1 }] : [],
          ),
        );
    const values = [window.data, weight?.data, weight && window.data.map((v, i) => v * weight.data[i])];
    grids.forEach((grid, i) => {
      const data = values[i];
      panels[i].hidden = !data;
      if (!data) return;
      const shown = { data: part(data), rows, cols, block: 1 };
      grid.update({ ...content(shown, true, largest(data), 2), textures: i === 1 ? [] : textures });
      write(dims[i], `${rows} × ${cols}`);
    });
    const max = unit.mode === "max";
    const best = max ? Array.from(window.data).findIndex((v, i) => v === maxInside(unit) && isInside(unit, i)) : -1;
    if (best >= 0) grids[0].mark([single("winner", { row: Math.floor(best / cols), col: best % cols })]);
    else mark();
  };

  const draw = () => {
    if (!now) return;
    const { layers, layer, map: own, place, unit, asks, deep } = now;
    const plain = layers[layer];
    const channels = unit?.window?.shape[0] ?? 1;
    channel = Math.min(channel, channels - 1);
    backButton.replaceChildren(icon("back"), deep ? "Map" : "All maps");
    write(title, `${plain.name}, map ${own} of ${plain.maps.shape[0]}`);
    write(label, plain.label);
    write(flag, flagOf(plain, own));
    drawMap(now);
    drawInput(now);
    drawSheet(now);
    drawProducts(unit);
    missing.hidden = unit !== undefined || layer === 0;
    write(why, asks ? ASKING : NOT_RECORDED);
    const other = now.instead;
    instead.hidden = !other;
    if (other) write(instead, `Open map ${other.map} at ${placeText(other.place)}`);
    sum.hidden = unit === undefined;
    if (!unit) return;
    const written = writeUnit(unit, `y${placeText(place)}`, plain.label, channel);
    while (sum.childElementCount > written.length) sum.lastChild!.remove();
    while (sum.childElementCount < written.length) sum.append(h("div"));
    written.forEach((nodes, i) => patch(sum.children[i], nodes));
  };

  return {
    el,
    /** Go to the map with the keys. */
    focus: () => map.el.focus({ preventScroll: true }),
    channel: () => channel,
    show: (opened: Opened) => {
      const other = !now || now.layer !== opened.layer || now.map !== opened.map;
      now = opened;
      hot = pointed = undefined;
      if (other) channel = strongestChannel(opened.unit);
      draw();
    },
    close: () => {
      now = undefined;
    },
    destroy: () => {
      for (const grid of [map, input, ...grids]) grid.destroy();
    },
  };
};

/** The channel that adds most. */
const strongestChannel = (unit: Unit | undefined): number => {
  if (unit?.mode !== "sum") return 0;
  const sums = partials(unit);
  return sums.reduce((best, value, i) => (Math.abs(value) > Math.abs(sums[best]) ? i : best), 0);
};

const isInside = (unit: Unit, i: number): boolean =>
  !isPadding(unit, Math.floor(i / unit.columns.length), i % unit.columns.length);
const maxInside = (unit: Unit): number =>
  Array.from(unit.window!.data).reduce((most, v, i) => (isInside(unit, i) ? Math.max(most, v) : most), -Infinity);
