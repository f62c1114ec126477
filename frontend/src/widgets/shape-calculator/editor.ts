/** The editor of the shape calculator's chosen row: its fields, its place, and how its numbers come about. */
import { KINDS, parametersOf, TITLES, type Kind } from "../../math/chain";
import { select } from "../../ui/controls/controls";
import { h, icon } from "../../ui/dom";
import { writeSizes, writeSums } from "./arithmetic";
import type { Chain } from "./chain";
import { type Field, parameterField, shapeField } from "./fields";
import { COLUMNS } from "./lines";
import { turned } from "./state";
import { inputSums, layerSums } from "./sums";

export const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** What the editor asks of the view. */
interface Asks {
  endGroup(): void;
  /** Draw now and not with the next frame, for something is to be focused. */
  update(): void;
  focusRow(): void;
}

export interface Editor {
  el: HTMLElement;
  show(): void;
}

export const editor = (chain: Chain, { endGroup, update, focusRow }: Asks): Editor => {
  const fields = h("div", { class: "fields" });
  const formula = h("div", { class: "formula" });
  const working = h("div", { class: "working" });
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
  const el = h(
    "div",
    { role: "row", class: "open" },
    h(
      "div",
      { role: "cell", "aria-colspan": COLUMNS.length },
      h("div", { class: "cnn-row spread" }, fields, arrange),
      formula,
      working,
    ),
  );

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
  const build = () => {
    const layer = chain.chosen();
    const key = layer ? `${chain.selected()} ${layer.kind}` : "input";
    if (key === shownFor) return;
    shownFor = key;
    formula.replaceChildren();
    working.replaceChildren();
    shown = layer
      ? parametersOf(layer.kind).map((parameter) => parameterField(chain, endGroup, parameter))
      : [shapeField(chain, endGroup)];
    fields.replaceChildren(...(layer ? [kindMenu(layer.kind)] : []), ...shown.map((field) => field.el));
  };

  /** How the chosen row's numbers come about; while one is being typed, what was there before stays, greyed. */
  const explain = () => {
    const [layer, at] = [chain.chosen(), chain.selected()];
    const row = chain.rows()[at - 1];
    el.classList.toggle("idle", row?.error !== undefined);
    if (row?.error !== undefined) return;
    if (row) formula.replaceChildren(...writeSizes(row));
    working.replaceChildren(
      ...writeSums(
        layer ? layerSums(layer, chain.rows(), at, chain.shape()) : inputSums(chain.shape(), chain.drafts.shape()),
      ),
    );
  };

  return {
    el,
    show: () => {
      build();
      const at = chain.selected();
      for (const field of shown) field.show(chain.rows()[at - 1]?.error);
      arrange.hidden = !at;
      up.disabled = at < 2;
      down.disabled = at >= chain.layers().length;
      explain();
    },
  };
};
