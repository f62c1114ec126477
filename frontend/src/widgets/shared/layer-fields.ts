/** The chosen layer of a chain, to be changed: its kind, a field for each parameter, and its place. */
import { KINDS, parametersOf, TITLES, type Kind } from "../../math/chain";
import { select } from "../../ui/controls/controls";
import { h, icon } from "../../ui/dom";
import type { Chain } from "./chain";
import { type Field, parameterField, shapeField } from "./fields";
import { turned } from "./state";

export const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** What the fields ask of the view. */
export interface Asks {
  endGroup(): void;
  /** Draw now and not with the next frame, for something is to be focused. */
  update(): void;
  focusRow(): void;
}

export interface LayerFields {
  fields: HTMLElement;
  /** The buttons that move and remove the layer. */
  arrange: HTMLElement;
  /** Show what is there; returns whether the fields are others than before. */
  show(): boolean;
}

export const layerFields = (chain: Chain, { endGroup, update, focusRow }: Asks): LayerFields => {
  const fields = h("div", { class: "fields" });
  const mover = (text: string, by: number, key: string, kind: Parameters<typeof icon>[0]) => {
    const button: HTMLButtonElement = h(
      "button",
      {
        type: "button",
        "aria-label": text,
        title: `${text} (Alt+${key})`,
        onclick: () => {
          chain.move(by);
          update(); // the editor has moved: the finger stays on its button
          button.focus();
        },
      },
      icon(kind),
    );
    return button;
  };
  const up = mover("Move up", -1, "↑", "up");
  const down = mover("Move down", 1, "↓", "down");
  const drop = h(
    "button",
    {
      type: "button",
      title: "Remove this layer (Delete)",
      onclick: () => {
        chain.remove();
        update();
        focusRow();
      },
    },
    "Remove",
  );
  const arrange = h("div", { class: "cnn-row arrange" }, up, down, drop);

  const kindMenu = (now: Kind): HTMLElement => {
    const menu = select(
      "Kind of layer",
      KIND_NAMES.map((kind): [string, string] => [kind, TITLES[kind]]),
      (kind) => {
        chain.replace(turned(kind as Kind, chain.chosen()));
        update();
        (fields.firstElementChild as HTMLElement).focus();
      },
    );
    menu.show(now);
    return menu.el;
  };

  let shown: Field[] = [];
  let shownFor = "";
  /** Other fields, for another row or another kind of layer. */
  const build = (): boolean => {
    const layer = chain.chosen();
    const key = layer ? `${chain.selected()} ${layer.kind}` : "input";
    if (key === shownFor) return false;
    shownFor = key;
    shown = layer
      ? parametersOf(layer.kind).map((parameter) => parameterField(chain, endGroup, parameter))
      : [shapeField(chain, endGroup)];
    fields.replaceChildren(...(layer ? [kindMenu(layer.kind)] : []), ...shown.map((field) => field.el));
    return true;
  };

  return {
    fields,
    arrange,
    show: () => {
      const others = build();
      const at = chain.selected();
      for (const field of shown) field.show(chain.rows()[at - 1]?.error);
      arrange.hidden = !at;
      up.disabled = at < 2;
      down.disabled = at >= chain.layers().length;
      return others;
    },
  };
};

/** Buttons that put a new layer below the chosen one. */
export const adder = (chain: Chain): { el: HTMLElement; show(): void } => {
  const below = h("span", { class: "name" });
  return {
    el: h(
      "div",
      { class: "cnn-row add", role: "group", "aria-label": "Add a layer" },
      below,
      ...KIND_NAMES.map((kind) =>
        h("button", { type: "button", onclick: () => chain.insert(kind) }, `+ ${TITLES[kind]}`),
      ),
    ),
    show: () => {
      below.textContent = chain.selected() ? `Add below layer ${chain.selected()}:` : "Add below the input:";
    },
  };
};

/** The menu of known networks. */
export const presetMenu = (presets: Record<string, string>, take: (link: string) => void) => {
  const menu = select(
    "Start from a known network",
    [["", "Known networks"], ...Object.keys(presets).map((one): [string, string] => [one, one])],
    (one) => one && take(presets[one]),
  );
  return {
    el: menu.el,
    show: (link: string) => menu.show(Object.keys(presets).find((one) => `#layers=${presets[one]}` === link) ?? ""),
  };
};
