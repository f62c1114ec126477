/** Draw a digit, and see every map of a network and what it takes the digit for. */
import type { View } from "../../model";
import { pack, unpack } from "../../ui/state/packed";
import { segments, toggle } from "../../ui/controls/controls";
import { paintLight } from "../../ui/grids/colour";
import { changes, h } from "../../ui/dom";
import { frame, row } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { hasMaps, namesOf, type PlainLayer, shapesOf, SIDE } from "../shared/network";
import { drawingPad } from "./pad";
import { scoreBars } from "./scores";
import { type LayerSheet, largeMap, layerSheet } from "./sheets";
import { ALSO, enlarged, type Example, KEYS, reader, type Reading, SHEET, type State } from "./state";
import { SCHEMA } from "./schema";
import { spoken, wordsOf } from "./words";

/** A picture (28, 28) on a canvas of its own size. */
const small = (label?: string) => {
  const canvas = h("canvas", { width: SIDE, height: SIDE, role: label && "img", "aria-label": label });
  const pixels = new Uint8ClampedArray(4 * SIDE * SIDE);
  return {
    canvas,
    draw: (values: Float64Array, top: number) => {
      paintLight([values], 0, top, pixels);
      canvas.getContext("2d")?.putImageData(new ImageData(pixels, SIDE), 0, 0);
    },
  };
};

export const DigitPad: View = checked(SCHEMA, ({ model, el }) => {
  const { root, announce, schedule, open, close } = frame("Digit pad", model, [...KEYS, ...ALSO], () => update());
  const traits = store<State>(model, KEYS, root, schedule);
  const { get, set } = traits;
  const plain = () => model.get("model") as PlainLayer[];
  const examples = () => model.get("examples") as Example[];
  const read = reader(plain);
  const now = (): Reading => read(get);
  const tell = () => announce(() => spoken(wordsOf(now(), get("label"))));

  // ---- what is drawn -----------------------------------------------------------------------------
  const pad = drawingPad(traits, () => now().sheet, announce);
  const clear = h(
    "button",
    {
      type: "button",
      onclick: () => {
        set({ drawing: pack(new Uint8Array(SHEET * SHEET), [SHEET, SHEET], "uint8"), label: null });
        tell();
      },
    },
    "Clear",
  );
  const place = toggle(
    "centre and scale",
    (on) => (set({ centred: on }), tell()),
    "Scales the drawing into 20 × 20 pixels and centres it in 28 × 28, as the digits that the network has learned are",
  );
  const pictures = examples().map(({ picture, label }, i) => {
    const { canvas, draw } = small();
    draw(unpack(picture).data, 255);
    return [String(i), () => canvas, `example ${i + 1}: a ${label}`] as [string, () => Node, string];
  });
  const offered = segments(
    "Example digits",
    pictures,
    (value) => {
      const { picture, label } = examples()[Number(value)];
      set({ drawing: pack(enlarged(unpack(picture)), [SHEET, SHEET], "uint8"), label });
      tell();
    },
    "examples",
  );
  const shownExample = (): string => {
    const at = examples().findIndex(({ picture, label }) => {
      if (label !== get("label")) return false;
      return pack(enlarged(unpack(picture)), [SHEET, SHEET], "uint8").data === get("drawing").data;
    });
    return String(at);
  };
  const seen = small("The digit as the network sees it");

  // ---- what the network makes of it --------------------------------------------------------------
  const look = (layer: number, map: number) => set({ looked_at: [layer, map] });
  const sheetsEl = h("div", { class: "layers", role: "group", "aria-label": "All maps" });
  const large = largeMap();
  let sheets: LayerSheet[] = [];
  let names: string[] = [];
  const build = () => {
    names = namesOf(plain());
    const shapes = shapesOf(plain()).slice(0, -1);
    sheets = shapes.map((shape, i) => layerSheet(names[i], shape, (map) => look(i, map)));
    sheetsEl.replaceChildren(...sheets.map((sheet) => sheet.el));
  };
  const bars = scoreBars();

  // ---- drawing -----------------------------------------------------------------------------------
  const [built, drawn, marked, chosen] = [changes(), changes(), changes(), changes()];
  const update = () => {
    traits.show();
    const isNew = built(plain());
    if (isNew) build();
    const reading = now();
    place.show(get("centred"));
    if (chosen(get("drawing"), get("label"), examples())) offered.show(shownExample());
    if (drawn(reading)) {
      pad.draw(reading.sheet);
      seen.draw(reading.digit, 1);
      sheets.forEach((sheet, i) => sheet.draw(reading.layers[i]));
    }
    const [layer, map] = nearest(reading, get("looked_at"));
    if (marked(layer, map, isNew)) sheets.forEach((sheet, i) => sheet.mark(i === layer ? map : undefined));
    large.draw(names[layer], reading.layers[layer], map);
    bars.show(reading, get("label"));
  };

  open(
    el,
    traits.buttons,
    h(
      "div",
      { class: "digit" },
      h(
        "div",
        { class: "drawn panel input", role: "group", "aria-label": "Drawing" },
        h("header", {}, h("span", { class: "name t-input" }, "Drawing"), h("span", { class: "dims" }, "draw here")),
        pad.el,
        row(clear, place.el),
        offered.el,
      ),
      h("div", { class: "read panel output", role: "group", "aria-label": "Reading" }, bars.el),
      sheetsEl,
      h(
        "div",
        { class: "near" },
        h(
          "div",
          { class: "large" },
          h(
            "header",
            {},
            h("span", { class: "name t-input" }, "As it is read"),
            h("span", { class: "dims" }, "28 × 28"),
          ),
          h("div", { class: "square" }, seen.canvas),
        ),
        large.el,
      ),
    ),
  );
  return close;
});

/** A map that there is: the model may have changed before what is looked at has. */
const nearest = ({ layers }: Reading, [layer, map]: number[]): [number, number] => {
  const at = Math.min(layer, layers.length - 2);
  const { shape } = layers[at];
  return [at, Math.min(map, hasMaps(shape) ? shape[0] - 1 : 0)];
};
