// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { h } from "../../src/ui/dom";
import { followTheme } from "../../src/ui/theme";

describe("the theme", () => {
  it("follows the book, JupyterLab and VS Code", async () => {
    const root = h("div");
    const stop = followTheme(root);
    const seen: (string | undefined)[] = [];
    const look = async () => (await new Promise((resolve) => setTimeout(resolve, 0)), seen.push(root.dataset.theme));
    document.documentElement.dataset.theme = "dark";
    await look();
    document.documentElement.dataset.theme = "light";
    await look();
    delete document.documentElement.dataset.theme;
    document.body.dataset.jpThemeLight = "false";
    await look();
    document.body.dataset.jpThemeLight = "true";
    await look();
    delete document.body.dataset.jpThemeLight;
    document.body.dataset.vscodeThemeKind = "vscode-high-contrast";
    await look();
    document.body.dataset.vscodeThemeKind = "vscode-high-contrast-light";
    await look();
    stop();
    document.body.dataset.vscodeThemeKind = "vscode-dark";
    await look();
    delete document.body.dataset.vscodeThemeKind;
    expect(seen).toEqual(["dark", "light", "dark", "light", "dark", "light", "light"]);
  });
});
