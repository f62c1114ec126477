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
