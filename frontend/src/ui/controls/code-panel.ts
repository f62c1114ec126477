/** “Copy as code”: a button, and the panel that it opens. */
import { segments } from "./controls";
import { h } from "../dom";

export interface CodePanel {
  button: HTMLElement;
  el: HTMLElement;
  /** Write the code anew, if the panel is open. */
  show(): void;
}

export const codePanel = <Library extends string>(
  libraries: Library[],
  write: (library: Library) => string,
): CodePanel => {
  let library = libraries[0];
  const code = h("pre", { tabindex: 0, "aria-label": "Python code" });
  const copy = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        try {
          await navigator.clipboard.writeText(code.textContent ?? "");
          copy.textContent = "Copied";
        } catch {
          getSelection()?.selectAllChildren(code);
          copy.textContent = "Selected: press Ctrl+C";
        }
        setTimeout(() => (copy.textContent = "Copy"), 2000);
      },
    },
    "Copy",
  );
  const choice = segments(
    "Copy as",
    libraries.map((name): [string, string] => [name, name]),
    (name) => {
      library = name as Library;
      show();
    },
  );
  const el = h(
    "div",
    { class: "code", hidden: true },
    h("div", { class: "cnn-row" }, h("span", { class: "name" }, "Copy as"), choice.el, copy),
    code,
  );
  const button = h(
    "button",
    {
      type: "button",
      "aria-expanded": "false",
      onclick: () => {
        el.hidden = !el.hidden;
        button.setAttribute("aria-expanded", String(!el.hidden));
        show();
      },
    },
    "Copy as code",
  );
  const show = () => {
    choice.show(library);
    const text = el.hidden ? "" : write(library);
    if (code.textContent !== text) code.textContent = text;
  };
  return { button, el, show };
};
