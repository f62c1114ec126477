/** What every view is framed by: a title, a line for what went wrong, a voice for those who listen, the page's theme,
 * and one redrawing a frame however many traits change. */
import type { Model } from "../model";
import { helpPanel } from "./controls/help-panel";
import { h } from "./dom";
import type { Grid } from "./grids/grid";
import type { Tone } from "./words/terms";
import { followTheme } from "./theme";

export interface Frame {
  root: HTMLElement;
  /** Say something in the status line, as an alarm or not. */
  say(text: string, alarm?: boolean): void;
  /** Read something out, once the hand or the key has come to rest. */
  announce(text: () => string): void;
  /** Redraw before the next frame. */
  schedule(): void;
  /** Put title, tools and body into `el`, draw, and follow the model. */
  open(el: HTMLElement, tools: Node[], ...body: Node[]): void;
  close(): void;
}

/** A titled grid with its tools below. A group, not a landmark: a page may hold several widgets. */
export const panel = (tone: Tone, title: string | Node, dims: Node, grid: Grid, ...below: Node[]): HTMLElement =>
  h(
    "div",
    { class: `panel ${tone}`, role: "group", "aria-label": typeof title === "string" ? title : tone },
    h("header", {}, typeof title === "string" ? h("span", { class: `name t-${tone}` }, title) : title, dims),
    grid.stage,
    h("div", { class: "tools" }, ...below),
  );

/** Controls beside one another. */
export const row = (...children: Node[]): HTMLElement => h("div", { class: "cnn-row" }, ...children);

/** What stands between two panels: ∗, =, →. */
export const sign = (text?: string): HTMLElement => h("div", { class: "sign", "aria-hidden": "true" }, text);

/** Where a sum is written out. */
export const arithmetic = (className = "sum"): HTMLElement =>
  h("div", { class: className, tabindex: 0, role: "group", "aria-label": "The arithmetic" });

const QUIET = 400; // ms of rest before something is read out

/** A plain key pressed in a widget stays in it: notebooks and books have shortcuts on plain keys (d d deletes a cell,
 * an arrow goes to the next cell or page). Escape, and Enter with Shift, which runs a cell, go on to the page. */
const keepPlainKeys = (event: KeyboardEvent): void => {
  const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
  if (!altKey && !ctrlKey && !metaKey && key !== "Escape" && !(key === "Enter" && shiftKey)) event.stopPropagation();
};

export const frame = (title: string, model: Model, traits: string[], update: () => void): Frame => {
  const status = h("div", { class: "status", role: "status" });
  const live = h("div", { class: "cnn-hidden", "aria-live": "polite" });
  const root = h("div", { class: "cnnviz", role: "group", "aria-label": title });
  let next = 0;
  let rest: ReturnType<typeof setTimeout> | undefined;
  let unfollow = () => {};
  const schedule = () => {
    next ||= requestAnimationFrame(() => {
      next = 0;
      live.textContent = ""; // it told of what was there before
      update();
    });
  };
  return {
    root,
    schedule,
    say: (text, alarm = false) => {
      status.textContent = text;
      status.classList.toggle("alarm", alarm);
    },
    announce: (text) => {
      clearTimeout(rest);
      rest = setTimeout(() => (live.textContent = text().slice(0, 400)), QUIET);
    },
    open: (el, tools, ...body) => {
      const help = helpPanel(root);
      root.append(
        h(
          "div",
          { class: "cnnviz-body" },
          h(
            "div",
            { class: "cnn-row spread" },
            h("span", { class: "name" }, title),
            status,
            h("div", { class: "cnn-row toolbar" }, ...tools, help.button),
          ),
          help.el,
          ...body,
          live,
        ),
      );
      for (const trait of traits) model.on(`change:${trait}`, schedule);
      root.addEventListener("keydown", keepPlainKeys);
      unfollow = followTheme(root);
      el.append(root);
      update();
      help.offer();
    },
    close: () => {
      for (const trait of traits) model.off(`change:${trait}`, schedule);
      cancelAnimationFrame(next);
      clearTimeout(rest);
      unfollow();
      root.remove();
    },
  };
};
