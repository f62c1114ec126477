/** The ten scores as bars, and the reading in words. */
import { h, write } from "../../ui/dom";
import { CLASSES, ranked } from "../shared/network";
import type { Reading } from "./state";
import { percent, wordsOf } from "./words";

export interface ScoreBars {
  el: HTMLElement;
  show(reading: Reading, label: number | null): void;
}

export const scoreBars = (): ScoreBars => {
  const digit = h("b", { class: "says t-output" });
  const runners = h("span", {});
  const note = h("span", { class: "doubts" });
  const rows = Array.from({ length: CLASSES }, (_, d) => {
    const bar = h("i");
    const share = h("span", { class: "share" });
    return {
      bar,
      share,
      el: h("li", {}, h("span", { class: "which" }, String(d)), h("span", { class: "bar" }, bar), share),
    };
  });
  return {
    el: h(
      "div",
      { class: "reading" },
      h("div", { class: "verdict" }, digit, h("div", {}, runners, note)),
      h("ol", { class: "bars", "aria-label": "Probability of each digit" }, ...rows.map(({ el }) => el)),
    ),
    show: (reading, label) => {
      const words = wordsOf(reading, label);
      const [first, second, third] = ranked(reading.shares);
      write(digit, words.digit);
      write(runners, words.runners);
      write(note, words.note);
      note.classList.toggle("alarm", words.doubt);
      rows.forEach(({ bar, share, el }, d) => {
        const value = reading.empty ? 0 : reading.shares[d];
        bar.style.width = `${100 * value}%`;
        write(share, reading.empty ? "" : percent(value));
        el.className = reading.empty ? "" : d === first ? "first" : d === second || d === third ? "runner" : "";
      });
    },
  };
};
