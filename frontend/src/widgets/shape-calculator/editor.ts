/** The editor of the shape calculator's chosen row: its fields, its place, and how its numbers come about. */
import { h } from "../../ui/dom";
import type { Chain } from "../shared/chain";
import { type Asks, layerFields } from "../shared/layer-fields";
import { writeSizes, writeSums } from "./arithmetic";
import { COLUMNS } from "./lines";
import { inputSums, layerSums } from "./sums";

export interface Editor {
  el: HTMLElement;
  show(): void;
}

export const editor = (chain: Chain, asks: Asks): Editor => {
  const layer = layerFields(chain, asks);
  const formula = h("div", { class: "formula" });
  const working = h("div", { class: "working" });
  const el = h(
    "div",
    { role: "row", class: "open" },
    h(
      "div",
      { role: "cell", "aria-colspan": COLUMNS.length },
      h("div", { class: "cnn-row spread" }, layer.fields, layer.arrange),
      formula,
      working,
    ),
  );

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
      if (layer.show()) {
        formula.replaceChildren();
        working.replaceChildren();
      }
      explain();
    },
  };
};
