/** The fields of the shape calculator's chosen row. What is being typed is not rewritten under the hand. */
import { read, readShape, valueOf, wellFormed, write, type Layer, type Parameter } from "../../math/chain";
import { h } from "../../ui/dom";
import type { Chain } from "./chain";
import { nameOf } from "./words";

export interface Field {
  el: HTMLElement;
  /** Show what is there, and whether it is to blame for the row's error. */
  show(error?: string): void;
}

/** These may be one number for each axis, 1 × 2 × 2. */
const PER_AXIS = new Set<Parameter>(["kernel", "stride", "padding", "dilation", "output_padding"]);

interface Text {
  label: string;
  perAxis?: boolean;
  mode?: string;
  placeholder?: string;
  /** What stands there when nobody types. */
  now(): string;
  /** Whether a text means the same. */
  same(text: string): boolean;
  type(text: string): void;
  /** One more, or one less. */
  step?(by: number): void;
  endGroup(): void;
  blamed(error: string | undefined): boolean;
}

const textField = (text: Text): Field => {
  const input = h("input", {
    type: "text",
    class: text.perAxis && "axes",
    inputmode: text.mode ?? "decimal",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: text.placeholder ?? "",
    oninput: () => text.type(input.value),
    onblur: () => {
      text.endGroup();
      input.value = text.now();
    },
    onkeydown: (event: KeyboardEvent) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (event.altKey || !by || !text.step) return;
      event.preventDefault();
      text.step(by);
    },
  });
  return {
    el: h("label", {}, text.label, input),
    show: (error) => {
      if (!text.same(input.value)) input.value = text.now();
      input.setAttribute("aria-invalid", String(text.blamed(error)));
    },
  };
};

const tickField = (chain: Chain): Field => {
  const input = h("input", {
    type: "checkbox",
    onchange: () => chain.replace({ ...chain.chosen()!, bias: input.checked }),
  });
  return {
    el: h("label", {}, "bias", input),
    show: (error) => {
      input.checked = valueOf(chain.chosen()!, "bias") as boolean;
      input.setAttribute("aria-invalid", String(blames(error, "bias")));
    },
  };
};

const blames = (error: string | undefined, parameter: Parameter): boolean =>
  Boolean(error?.replace(/^the /, "").startsWith(nameOf(parameter)));

/** The field of a parameter of the chosen layer. */
export const parameterField = (chain: Chain, endGroup: () => void, parameter: Parameter): Field => {
  if (parameter === "bias") return tickField(chain);
  const layer = (): Layer => chain.chosen()!;
  const draft = () => chain.drafts.of(layer(), parameter);
  const value = () => valueOf(layer(), parameter);
  const now = () => draft() ?? (value() == null ? "" : write(value()!, " × "));
  return textField({
    label: nameOf(parameter),
    perAxis: PER_AXIS.has(parameter),
    mode: parameter === "padding" ? "text" : undefined,
    placeholder: parameter === "stride" && layer().kind === "pool" ? "= kernel" : undefined,
    now,
    same: (shown) =>
      shown === now() ||
      (draft() === undefined && shown.trim() !== "" && JSON.stringify(read(shown)) === JSON.stringify(value())),
    type: (text) => chain.type(parameter, text),
    step: (by) => {
      const from = value() ?? (parameter === "stride" ? valueOf(layer(), "kernel") : undefined);
      if (typeof from === "number" && wellFormed(parameter, from + by)) chain.type(parameter, String(from + by));
    },
    endGroup,
    blamed: (error) => blames(error, parameter) || draft() !== undefined,
  });
};

/** The field of the input's shape. */
export const shapeField = ({ shape, drafts, typeShape }: Chain, endGroup: () => void): Field =>
  textField({
    label: "shape",
    now: () => drafts.shape() ?? shape().join(" × "),
    same: (shown) =>
      drafts.shape() === shown || (drafts.shape() === undefined && `${readShape(shown)}` === `${shape()}`),
    type: typeShape,
    endGroup,
    blamed: () => drafts.shape() !== undefined,
  });
