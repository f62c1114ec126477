/** “?”: a button, and a panel that says in words what the controls do. A title shows under a mouse alone. */
import { h } from "../dom";

/** What is pressed, and what its title says, for all controls in `root` that are there and have a text. */
const explained = (root: HTMLElement): [text: string, title: string][] =>
  [...root.querySelectorAll<HTMLElement>("[title]")]
    .filter((control) => !control.closest("[hidden]") && control.textContent?.trim())
    .map((control): [string, string] => [control.textContent!.trim(), control.title])
    .filter(([text, title]) => text !== title)
    // A name that begins with what stands there goes on from it.
    .map(([text, title]) => [text, /^[,:] /.test(title.slice(text.length)) ? title.slice(text.length + 2) : title]);

export interface HelpPanel {
  button: HTMLElement;
  el: HTMLElement;
  /** Have a button only where there is something to explain. */
  offer(): void;
}

export const helpPanel = (root: HTMLElement): HelpPanel => {
  const list = h("dl");
  const el = h("div", { class: "help", hidden: true, role: "group", "aria-label": "What the controls do" }, list);
  const button = h(
    "button",
    {
      type: "button",
      "aria-label": "What the controls do",
      "aria-expanded": "false",
      onclick: () => {
        el.hidden = !el.hidden;
        button.setAttribute("aria-expanded", String(!el.hidden));
        list.replaceChildren(
          ...explained(root).flatMap(([text, title]) => [h("dt", {}, text), h("dd", {}, `${title}.`)]),
        );
      },
    },
    "?",
  );
  return { button, el, offer: () => void (button.hidden = explained(root).length === 0) };
};
