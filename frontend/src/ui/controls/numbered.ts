/** One of a few planes by its number: which channel is shown, which kernel. Nothing where there is but one. */
import { h } from "../dom";
import { segments } from "./controls";

export interface Numbered {
  el: HTMLElement;
  /** Show which of how many is chosen. */
  show(index: number, many: number): void;
}

export const numbered = (noun: string, most: number, take: (index: number) => void): Numbered => {
  const choice = segments(
    `The ${noun} that is shown`,
    Array.from({ length: most }, (_, index) => [String(index), String(index), `${noun} ${index}`]),
    (index) => take(Number(index)),
  );
  const el = h("span", { class: "cnn-row dims" }, noun, choice.el);
  return {
    el,
    show: (index, many) => {
      el.hidden = many < 2;
      [...choice.el.children].forEach((button, i) => ((button as HTMLElement).hidden = i >= many));
      choice.show(String(index));
    },
  };
};
