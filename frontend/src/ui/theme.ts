/** Which theme is the page in? JupyterLab, VS Code and the book each say it in their own way. */

const pageIsDark = (): boolean => {
  const { body, documentElement: html } = document;
  const said =
    html.dataset.theme ?? // Jupyter Book
    { true: "light", false: "dark" }[body.dataset.jpThemeLight ?? ""] ?? // JupyterLab
    body.dataset.vscodeThemeKind; // VS Code: vscode-light, vscode-dark, vscode-high-contrast[-light]
  if (said) return /dark|contrast$/.test(said);
  return matchMedia("(prefers-color-scheme: dark)").matches;
};

/** Keep `root`'s `data-theme` in step with the page; returns a function that stops. */
export const followTheme = (root: HTMLElement): (() => void) => {
  const apply = () => void (root.dataset.theme = pageIsDark() ? "dark" : "light");
  const observer = new MutationObserver(apply);
  const attributeFilter = ["data-theme", "data-jp-theme-light", "data-vscode-theme-kind"];
  for (const element of [document.documentElement, document.body]) observer.observe(element, { attributeFilter });
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", apply);
  apply();
  return () => {
    observer.disconnect();
    media.removeEventListener("change", apply);
  };
};

export interface Tones<Name extends string> {
  /** The colour that each name stands for in the style sheet, as it is now. */
  now(): Record<Name, string>;
  stop(): void;
}

/** Colours for a canvas, which no style sheet reaches: `names` says which of `--cnn-…` each is. When the theme is
 * another, `repaint` is called. */
export const tonesOf = <Name extends string>(
  root: HTMLElement,
  names: Record<Name, string>,
  repaint: () => void,
): Tones<Name> => {
  let known: Record<Name, string> | undefined;
  const observer = new MutationObserver(() => {
    known = undefined;
    repaint();
  });
  observer.observe(root, { attributeFilter: ["data-theme"] });
  return {
    now: () => {
      if (known) return known;
      const style = getComputedStyle(root);
      const tone = (name: string) => style.getPropertyValue(`--cnn-${name}`).trim() || "#888";
      const pairs = Object.entries<string>(names).map(([name, of]) => [name, tone(of)]);
      const found = Object.fromEntries(pairs) as Record<Name, string>;
      if (root.isConnected) known = found; // a view is drawn before it is in the page, and has no tones there
      return found;
    },
    stop: () => observer.disconnect(),
  };
};
