/** Labelled native controls. Each returns its element and a way to show a value without firing its handler. */
import { changes, h, write } from "../dom";
import { range } from "./range";

export interface Control<T> {
  el: HTMLElement;
  show(value: T): void;
}

export interface SliderControl extends Control<number> {
  limit(min: number, max: number): void;
  /** Grey it out where it has nothing to say. */
  disable(off: boolean): void;
}

export const slider = (
  label: string,
  min: number,
  max: number,
  onInput: (value: number) => void,
  text: (value: number) => string = String,
): SliderControl => {
  const input = range({ min, max }, (now) => {
    show(now);
    onInput(now);
  });
  const value = h("output");
  const show = (now: number) => {
    input.value = String(now);
    write(value, text(now));
  };
  return {
    el: h("label", { class: "slider" }, label, input, value),
    show,
    limit: (low, high) => {
      input.min = String(low);
      input.max = String(high);
    },
    disable: (off) => void (input.disabled = off),
  };
};

export const select = (
  label: string,
  options: [value: string, text: string][],
  onChange: (value: string) => void,
  hideLabel = true,
): Control<string> & { input: HTMLSelectElement } => {
  const input = h(
    "select",
    { onchange: () => onChange(input.value), "aria-label": hideLabel && label },
    ...options.map(([value, text]) => h("option", { value }, text)),
  );
  return { el: hideLabel ? input : h("label", {}, label, input), input, show: (value) => void (input.value = value) };
};

export const number = (label: string, onChange: (value: number) => void): Control<number> => {
  const input = h("input", {
    type: "number",
    step: "any",
    onchange: () => (Number.isFinite(input.valueAsNumber) ? onChange(input.valueAsNumber) : show(last)),
  });
  let last = 0;
  const show = (value: number) => void (input.value = String((last = value)));
  return { el: h("label", {}, label, input), show };
};

export const toggle = (label: string, onChange: (on: boolean) => void, title?: string): Control<boolean> => {
  let on = false;
  const button = h("button", { type: "button", "aria-pressed": "false", title, onclick: () => onChange(!on) }, label);
  return { el: button, show: (value) => button.setAttribute("aria-pressed", String((on = value))) };
};

/** One of several: a radio group with the arrow keys. */
export const segments = (
  label: string,
  options: [value: string, content: string | (() => Node), name?: string][],
  onChange: (value: string) => void,
  className = "segments",
): Control<string> => {
  const buttons = options.map(([value, content, name]) =>
    h(
      "button",
      {
        type: "button",
        role: "radio",
        "data-value": value,
        "aria-label": name,
        title: name,
        onclick: () => onChange(value),
      },
      typeof content === "string" ? content : content(),
    ),
  );
  const el = h(
    "div",
    {
      class: className,
      role: "radiogroup",
      "aria-label": label,
      onkeydown: (event: KeyboardEvent) => {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        const at = buttons.indexOf(event.target as HTMLButtonElement);
        const next = buttons[(at + by + buttons.length) % buttons.length];
        next.focus();
        next.click();
      },
    },
    ...buttons,
  );
  const isOther = changes(); // attributes that are set anew are matched with the sheet anew
  const show = (value: string) => {
    if (!isOther(value)) return;
    const known = buttons.some((button) => button.dataset.value === value);
    buttons.forEach((button, i) => {
      const checked = button.dataset.value === value;
      button.setAttribute("aria-checked", String(checked));
      button.tabIndex = checked || (!known && i === 0) ? 0 : -1;
    });
  };
  return { el, show };
};
